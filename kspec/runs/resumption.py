"""How a run that was stopped goes on."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kspec.data import Dataset
from kspec.diagnostics import Report, codes
from kspec.language import Spec
from kspec.runs.run_folder import RunFolder

if TYPE_CHECKING:
    from kspec.training.checkpoints.checkpoint import Checkpoint


@dataclass(slots=True)
class Resumption:
    """How a run goes on.

    Args:
        folder: Its folder.
        record: Its `run.json`.
        spec: The spec to go on with.
        overrides: What changes from here on.
        checkpoint: Where it goes on; None for the beginning.
        warnings: What the user must know of damaged checkpoints.
    """

    folder: RunFolder
    record: dict[str, Any]
    spec: Spec
    overrides: Sequence[str] = ()
    checkpoint: Checkpoint | None = None
    warnings: list[str] = field(default_factory=list)

    def give_back(self) -> None:
        """Leaves the run as it was, as far as its folder can be written."""
        with suppress(OSError):
            self.folder.json("run.json", self.record)

    def check_data(self, dataset: Dataset | None, report: Report) -> None:
        """Reports that the data is no longer that of the run.

        Args:
            dataset: The data as it is now.
            report: Receives the error.
        """
        known = self.record.get("data", {}).get("fingerprints", {})
        before = known if self.checkpoint is None else self.checkpoint.facts.data
        if dataset is None or not before or sorted(before.values()) == sorted(dataset.fingerprint.values()):
            return
        changed = [name for name, value in dataset.fingerprint.items() if value not in before.values()]
        names = ", ".join(f"`{name}`" for name in changed or before)
        report.error(
            codes.DATA_CHANGED,
            f"the data of this run has changed since it began: {names}",
            self.spec.positions.key(("data",)),
            help="put the data back as it was, or train on the new data: start a new run with `kspec run`",
        )

    def describe(self) -> str:
        """Where the run goes on, for the user."""
        if self.checkpoint is None:
            return "no checkpoint: begins anew"
        return f"goes on after {self.checkpoint.facts.place}"

    def facts(self) -> dict[str, Any]:
        """Entries of `run.json` that stay, and one for each time that the run was taken up again."""
        kept = ("parameters", "outputs", "data")
        facts = None if self.checkpoint is None else self.checkpoint.facts
        place = {} if facts is None else {"epoch": facts.epoch, "step": facts.step}
        now = {"at": time.strftime("%Y-%m-%dT%H:%M:%S%z"), **place, "overrides": list(self.overrides)}
        earlier = self.record.get("resumed")
        return {
            **{key: self.record[key] for key in kept if key in self.record},
            "resumed": [*(earlier if isinstance(earlier, list) else []), now],
        }
