"""The facts of a run by their addresses: `status`, `metrics.accuracy`, `vars.width`, `spec.fit.epochs`."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kspec.expand.override_address import addresses, value_at
from kspec.runs.file_index import FileIndex
from kspec.runs.resolved_file import RESOLVED
from kspec.runs.run_folder import RunFolderError, require_inside
from kspec.runs.run_index import RunRecord

OWN: dict[str, Callable[[RunRecord], Any]] = {
    "run": lambda run: run.path.as_posix(),
    "name": lambda run: run.name,
    "status": lambda run: run.status,
    "started": lambda run: run.started,
    "seconds": lambda run: run.seconds,
    "epochs": lambda run: run.epochs,
    "kept_epoch": lambda run: run.kept_epoch,
    "parameters": lambda run: run.parameters,
    "split": lambda run: run.split or None,
    "trials": lambda run: run.sweep,
    "tags": lambda run: run.tags,
    "note": lambda run: run.note or None,
    "overrides": lambda run: run.overrides,
    "message": lambda run: run.message or None,
}
"""The facts that every run has, in the order of their columns."""
NUMBERS: dict[str, Callable[[RunRecord], dict[str, Any]]] = {
    "metrics": lambda run: run.metrics,
    "validation": lambda run: {name.removeprefix("val_"): value for name, value in run.validation.items()},
    "deviation": lambda run: run.deviation,
}
"""The numbers of a run by their names; those of the validation as in its `metrics.json`: `loss`."""
FAMILIES = (*NUMBERS, "vars", "spec")
"""What an address begins with whose rest is a name that a run chose."""
STATUSES = ("running", "finished", "interrupted", "failed", "killed", "unknown")


class UnknownFact(ValueError):
    """No run has such a fact; the message is for the user."""

    def __init__(self, address: str, suggestion: str) -> None:
        super().__init__(f"unknown fact `{address}`" + (f"; {suggestion}" if suggestion else ""))
        self.suggestion = suggestion


@dataclass(slots=True)
class RunFacts:
    """The facts of runs in a folder; their specs are read when an address asks for one, and kept when it is closed.

    Args:
        runs: The runs.
        out: The folder of the run folders.
    """

    runs: Sequence[RunRecord]
    out: str | os.PathLike[str] = "runs"
    _specs: FileIndex | None = field(default=None, init=False)
    _latest: tuple[Path | None, Any] = field(default=(None, None), init=False)

    def value(self, run: RunRecord, address: str) -> Any:
        """A fact of a run; None if it has none, and for NaN.

        Args:
            run: The run.
            address: The fact.
        """
        own = OWN.get(address)
        if own is not None:
            return own(run)
        family, _, name = address.partition(".")
        if family in NUMBERS:
            number = NUMBERS[family](run).get(name)
            return None if number is None or math.isnan(number) else number
        if family == "vars":
            return value_at(run.vars, name)
        return value_at(self._spec(run), name) if family == "spec" else None

    def require(self, names: Iterable[str]) -> None:
        """Checks that addresses are those of facts, and that some run has them.

        Args:
            names: The addresses.

        Raises:
            UnknownFact: If one is not.
        """
        for name in names:
            if self.runs and not self._is_known(name):
                raise UnknownFact(name, self._suggestion(name))

    def __enter__(self) -> RunFacts:
        return self

    def __exit__(self, *_: object) -> None:
        """Keeps what has been read for the next time."""
        if self._specs is not None:
            self._specs.save()

    def names(self, *, specs: bool = True) -> list[str]:
        """The addresses of all facts, those of the newest spec among them.

        Args:
            specs: Whether to add those of the spec.
        """
        found = dict.fromkeys(OWN)
        for family, numbers in NUMBERS.items():
            found |= dict.fromkeys(f"{family}.{name}" for run in self.runs for name in numbers(run))
        found |= dict.fromkeys(f"vars.{name}" for run in self.runs for name in addresses(run.vars))
        newest: dict[str, RunRecord] = {}
        for run in self.runs if specs else ():
            newest.setdefault(run.name, run)
        for run in list(newest.values())[:_MOST_SPECS]:
            found |= dict.fromkeys(f"spec.{name}" for name in addresses(self._spec(run)))
        return list(found)

    def _spec(self, run: RunRecord) -> Any:
        """The values of a run's resolved spec, of a sweep's that of its best point; None if it cannot be read."""
        if self._specs is None:
            self._specs = FileIndex(Path(self.out), "specs")
        if self._latest[0] != run.path:
            folder = run.model_folder
            try:
                text = "null" if folder is None else self._specs.value(os.path.join(folder, RESOLVED), _spec_text)
            except OSError:
                text = "null"
            self._latest = run.path, json.loads(text)
        return self._latest[1]

    def _is_known(self, address: str) -> bool:
        """Whether some run has a fact; a metric that is NaN is one."""
        family, _, name = address.partition(".")
        if family in NUMBERS:
            return any(name in NUMBERS[family](run) for run in self.runs)
        is_named = family in FAMILIES and any(self.value(run, address) is not None for run in self.runs)
        return address in OWN or is_named

    def _suggestion(self, address: str) -> str:
        from kspec.diagnostics.suggest import did_you_mean, nearest

        known, (family, _, rest) = self.names(), address.partition(".")
        own = [name for name in known if name.startswith(f"{family}.")]
        if address in FAMILIES:
            return f"write `{own[0]}`" if own else f"write `{family}.` and a name"
        same = [name for name in known if name.rpartition(".")[2] == address.rpartition(".")[2]]
        if same:
            return f"did you mean `{same[0]}`?"
        if family not in FAMILIES:
            return did_you_mean(address, known)
        similar = nearest(rest, [name.removeprefix(f"{family}.") for name in own])  # the family alone is no likeness
        if similar is not None:
            return f"did you mean `{family}.{similar}`?"
        return f"available: {', '.join(own[:_MOST_SHOWN])}{' …' if len(own) > _MOST_SHOWN else ''}" if own else ""


_MOST_SPECS = 20
"""Of so many spec names, the addresses are suggested."""
_MOST_SHOWN = 12


def _spec_text(path: Path) -> str:
    """The plain values of a resolved spec as JSON; null if it is damaged, or a link that leads out of its run.

    A text, since an index of ten thousand texts is read much faster than one of as many trees of objects.
    """
    from kspec.diagnostics import Report
    from kspec.syntax import parse, read_source

    try:
        require_inside(path, path.parent)
    except RunFolderError:
        return "null"
    report = Report()
    source = read_source(path, report)
    tree = None if source is None else parse(source, report)
    return json.dumps(None if tree is None or report.has_errors else tree.value, default=str)
