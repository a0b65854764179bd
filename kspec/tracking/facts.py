"""What is sent of a run: all of it is read from the run folder, while the run goes on or later, without TensorFlow."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from kspec.compiler.compile import compile_spec
from kspec.diagnostics import Report, Source, SpecError
from kspec.expand.override_address import addresses, value_at
from kspec.language import Permissions
from kspec.runs.process import status_of
from kspec.runs.resolved_file import RESOLVED, resolved_file
from kspec.runs.run_folder import SWEEP
from kspec.runs.run_record import read_record
from kspec.syntax import parse
from kspec.syntax.bounded_json import InvalidJson, read_json
from kspec.syntax.names import entry_head
from kspec.syntax.path_policy import PathPolicy
from kspec.syntax.regular_files import Opener
from kspec.syntax.yaml_flow import to_yaml
from kspec.tracking.tracker import Data, Description, Model, Status, Tensor, Value

MAX_PARAMETERS = 1000
"""Of a larger spec, only the artifact `resolved.yaml` has the rest."""
MAX_SPEC = 16 << 20
MODEL = "model.keras"
FILES = ("run.json", "resolved.yaml", "spec.yaml", "metrics.json", "history.csv", "summary.txt", "summary.json")
"""The files that are sent, besides pictures."""
PATTERNS = ("*.png", "*.svg", "report.html", SWEEP)
_NUMBERS = (bool, int, float)
_NAMES = ("kspec", "name", "description")


class RunFacts:
    """A run as its folder describes it now.

    Args:
        folder: The run folder.
        part: Its path in the folder of the whole run; `.` for that itself.

    Raises:
        RunFolderError: If `run.json` cannot be read.
    """

    def __init__(self, folder: Path, part: str = ".") -> None:
        self.folder = folder
        self.part = part
        self.opener: Opener = PathPolicy(folder, Permissions(folders=())).open_file
        self.record: dict[str, Any] = read_record(folder, self.opener)

    @property
    def status(self) -> Status:
        """How it stands."""
        status = status_of(self.record)
        if status == "finished" and self.record.get("pruned") is True:
            return "pruned"
        return status if status in ("running", "finished", "failed", "interrupted") else "killed"  # type: ignore[return-value]

    @property
    def has_ended(self) -> bool:
        """Whether nothing more comes of it, unless it is resumed."""
        return self.status != "running"

    @property
    def is_ready(self) -> bool:
        """Whether it is worth sending: what ends before its model is built leaves no run folder."""
        is_whole = "members" in self.record or "sweep" in self.record
        return is_whole or self.has_ended or (self.folder / RESOLVED).is_file()

    @property
    def name(self) -> str:
        """Its name at a tracker: `20260131-120000-1`, `trial 3`, `fold-2`, `best`."""
        *outer, last = Path(self.part).parts or (self.folder.resolve().name,)
        return f"trial {last}" if outer[-1:] == ["trials"] else last

    @property
    def started(self) -> float:
        """When it began, in seconds since 1970."""
        try:
            return datetime.fromisoformat(self.record["started"]).astimezone().timestamp()
        except (KeyError, TypeError, ValueError):
            return (self.folder / "run.json").stat().st_mtime

    @property
    def ended(self) -> float:
        """When it last wrote, in seconds since 1970."""
        return self.started + float(self.record.get("seconds") or 0.0)

    @property
    def resumptions(self) -> list[dict[str, Any]]:
        """For each time that it was resumed, the epoch after which it went on, and what changed."""
        known = self.record.get("resumed")
        return [each for each in known if isinstance(each, dict)] if isinstance(known, list) else []

    def epochs_time(self) -> float:
        """When the last epoch of `history.csv` ended, in seconds since 1970."""
        return (self.folder / "history.csv").stat().st_mtime

    def describe(self) -> Description:
        """Its parameters, tags and data."""
        values = self._spec()
        parameters = parameters_of(values)
        tags = {
            "kspec.folder": str(self.record.get("folder") or self.folder),
            "kspec.command": str(self.record.get("command", "")),
            "kspec.source": str(self.record.get("source", "")),
            **{f"kspec.versions.{name}": str(value) for name, value in self._mapping("versions").items()},
        }
        if isinstance(description := values.get("description"), str):
            tags["kspec.description"] = description
        if isinstance(engine := self.record.get("engine"), (str, dict, list)):  # of `auto`, what it has chosen
            tags["kspec.engine"] = to_yaml(engine)
        if self.has_ended:  # MLflow has one word for all that was ended early
            tags["kspec.status"] = self.status
        if overrides := self._overrides():
            tags["kspec.overrides"] = " ".join(overrides)
        if len(parameters) > MAX_PARAMETERS:
            tags["kspec.parameters_left_out"] = str(len(parameters) - MAX_PARAMETERS)
            parameters = dict(list(parameters.items())[:MAX_PARAMETERS])
        return Description(parameters, {name: tag for name, tag in tags.items() if tag}, list(self._data()))

    def final_metrics(self) -> dict[str, float]:
        """The numbers of `metrics.json`: `test/accuracy`, `validation/loss`, `baseline/accuracy`, `deviation/loss`."""
        try:
            values = read_json(self.folder / "metrics.json", self.opener)
        except (OSError, InvalidJson):
            return {}
        if not isinstance(values, dict):
            return {}
        evaluated = values.get("evaluate")
        split = str((isinstance(evaluated, dict) and evaluated.get("split")) or "evaluate")
        groups = {split: evaluated, **{name: values.get(name) for name in ("validation", "baseline", "deviation")}}
        return {
            f"{group}/{name}": float(value)
            for group, numbers in groups.items()
            if isinstance(numbers, dict)
            for name, value in numbers.items()
            if isinstance(value, _NUMBERS) and name != "examples"
        }

    def artifacts(self) -> Iterator[tuple[str, Path]]:
        """The files to send, each with its name; no links, which may lead anywhere."""
        found = [self.folder / name for name in FILES]
        found += [file for pattern in PATTERNS for file in sorted(self.folder.glob(pattern))]
        for file in found:
            if file.is_file() and not file.is_symlink():
                yield file.name, file

    @property
    def model_file(self) -> Path | None:
        """The file of the trained model; None without one."""
        file = self.folder / MODEL
        return file if file.is_file() and not file.is_symlink() else None

    def model(self, file: Path) -> Model:
        """The trained model; its inputs and outputs are not known if code would have to run for that.

        Args:
            file: Its file.
        """
        versions = {name: str(value) for name, value in self._mapping("versions").items()}
        try:
            source = resolved_file(self.folder, self.record)
            _, analysis = compile_spec(source, permissions=Permissions(), is_trained=True).unwrap()
        except SpecError:
            return Model(file, (), (), versions)
        types = {name: call.outputs[0] for name, call in analysis.types.calls.items()}
        inputs = [_tensor(node.name, *types[node.name]) for node in analysis.graph.inputs]
        outputs = [_tensor(name, *types[name]) for name in analysis.graph.outputs]
        return Model(file, inputs, outputs, versions)

    def _overrides(self) -> list[str]:
        own = self.record.get("overrides")
        later = [each.get("overrides") for each in self.resumptions]
        return [str(text) for texts in (own, *later) if isinstance(texts, list) for text in texts]

    def _mapping(self, name: str) -> Mapping[str, Any]:
        value = self.record.get(name)
        return value if isinstance(value, dict) else {}

    def _data(self) -> Iterator[Data]:
        data = self._mapping("data")
        profile, fingerprints = data.get("profile"), data.get("fingerprints")
        source = str(profile.get("source", "")) if isinstance(profile, dict) else ""
        if isinstance(fingerprints, dict):
            for name, fingerprint in fingerprints.items():
                yield Data(str(name), str(fingerprint), source)

    def _spec(self) -> dict[str, Any]:
        """The plain values of the resolved spec; of a run without one, those of the spec as it was written."""
        for name in (RESOLVED, "spec.yaml"):
            try:
                with self.opener(str(self.folder / name)) as file:
                    text = file.read(MAX_SPEC).decode("utf-8", errors="replace")
            except OSError:
                continue
            tree = parse(Source(name, text), Report())
            if tree is not None and isinstance(tree.value, dict):
                return tree.value
        return {}


def parameters_of(spec: dict[str, Any]) -> dict[str, Value]:
    """The values of a spec by address, and the classes whose arguments they are: names of nodes say nothing more.

    Args:
        spec: The plain values of the spec.

    >>> parameters_of({"name": "a", "layers": [{"Dense": {"units": 4}, "name": "y"}], "fit": {"epochs": 5}})
    {'layers.y': 'Dense', 'layers.y.units': 4, 'fit.epochs': 5}
    """
    found: dict[str, Value] = {}
    for address in addresses(spec):
        holder, _, last = address.rpartition(".")
        value = value_at(spec, address)
        if address in _NAMES or (last == "name" and value == holder.rpartition(".")[2]):
            continue
        entry = value_at(spec, holder)
        if holder not in found and isinstance(entry, dict) and last not in entry:
            found[holder] = entry_head(entry)
        found[address] = _plain(value)
    return found


def _plain(value: Any) -> Value:
    """A value as trackers take it: numbers, truth values and texts as they are, the rest as YAML."""
    return value if isinstance(value, (*_NUMBERS, str)) else to_yaml(value)


def _tensor(name: str, shape: Sequence[int | None] | None, dtype: str | None) -> Tensor:
    """An input or output of a model.

    Args:
        name: Its name.
        shape: With the batch first.
        dtype: Its dtype.
    """
    sizes = tuple(-1 if size is None else size for size in shape or (None,))
    return Tensor(name, dtype or "float32", sizes)


def digest_of(value: Any) -> str:
    """A digest of plain values."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:16]


def digest_of_file(file: Path) -> str:
    """A digest of a file's content."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()[:16]
