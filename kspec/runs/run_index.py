"""Lists runs from their folders, even from incomplete ones."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from kspec.analysis.metric_direction import Direction
from kspec.runs.file_index import FileIndex, file_index
from kspec.runs.process import status_of
from kspec.runs.run_folder import BEST, STAMPED, SWEEP, finite, run_folders
from kspec.runs.tags import TAGS, InvalidTags, read_tags
from kspec.syntax.bounded_json import InvalidJson, read_bounded, read_json

MAX_HISTORY = 64 << 20
"""The most bytes of a history whose epochs are counted."""


@dataclass(slots=True)
class RunRecord:
    """A run as its folder describes it.

    Args:
        path: The run folder.
        name: The spec's name.
        status: `running`, `finished`, `interrupted`, `failed`; `killed` if its process has ended without a word;
            `unknown` if `run.json` is missing or unreadable.
        started: Seconds since 1970; None if unknown.
        seconds: Its duration, or the time until it last wrote.
        epochs: Epochs trained.
        kept_epoch: The epoch whose weights the model has; None if unknown.
        overrides: Overrides of values of the spec: `fit.epochs=5`.
        split: The split that was evaluated; empty if there was no evaluation.
        metrics: Metrics of the evaluation, by name.
        validation: Metrics of the same weights on the validation split, by their names in the history: `val_loss`.
        deviation: Of a run with folds or repeats, the standard deviation of each metric, which is a mean then.
        message: Why it failed, or why it cannot be read.
        sweep: How many trials were planned, of a sweep; else None.
        trials: How many of them have ended.
        parameters: How many numbers the model has; None if unknown.
        vars: The values of the spec's variables; of a sweep, those of its best point.
        tags: What a user has marked it with.
        note: What a user has noted of it.
    """

    path: Path
    name: str
    status: str = "unknown"
    started: float | None = None
    seconds: float | None = None
    epochs: int | None = None
    kept_epoch: int | None = None
    overrides: list[str] = field(default_factory=list)
    split: str = ""
    metrics: dict[str, float] = field(default_factory=dict)
    validation: dict[str, float] = field(default_factory=dict)
    deviation: dict[str, float] = field(default_factory=dict)
    message: str = ""
    sweep: int | None = None
    trials: int = 0
    parameters: int | None = None
    vars: dict[str, Any] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    note: str = ""

    @property
    def model_folder(self) -> Path | None:
        """The folder of its model: of a sweep, that of its best point; None if that is a link."""
        if self.sweep is None:
            return self.path
        best = self.path / BEST
        return None if best.is_symlink() else best

    def value(self, metric: str) -> float:
        """A metric of the evaluation or the validation; NaN without it."""
        return self.metrics.get(metric, self.validation.get(metric, math.nan))

    def to_json(self) -> dict[str, Any]:
        """Plain values; metrics that are NaN or infinite become None."""
        started = None if self.started is None else datetime.fromtimestamp(self.started).astimezone().isoformat()
        return {
            "run": self.path.as_posix(),
            "name": self.name,
            "status": self.status,
            "started": started,
            "seconds": self.seconds,
            "epochs": self.epochs,
            "kept_epoch": self.kept_epoch,
            "overrides": self.overrides,
            "split": self.split or None,
            "metrics": finite(self.metrics),
            "validation": finite(self.validation),
            **({"deviation": finite(self.deviation)} if self.deviation else {}),
            **({} if self.sweep is None else {"sweep": {"trials": self.sweep, "ended": self.trials}}),
            "message": self.message or None,
            "tags": self.tags,
            "note": self.note or None,
        }


def past_runs(out: str | os.PathLike[str], name: str | None = None) -> list[RunRecord]:
    """Lists the runs in a folder, newest first; none if there is no such folder.

    Args:
        out: The parent of the run folders.
        name: List only runs of the spec with this name.
    """
    folder = Path(out)
    with file_index(folder, "facts") as index:
        runs = [_read(path, index) for path in run_folders(folder) if name is None or path.parent.name == name]
    return sorted(runs, key=_age, reverse=True)


def read_run(path: Path) -> RunRecord:
    """A run by its folder alone, in any state.

    Args:
        path: The run folder; that of a trial or fold, too.
    """
    return _read(path, FileIndex(None, "facts"))


def metric_names(runs: Iterable[RunRecord], *, validation: bool = False) -> list[str]:
    """The metrics of all runs, in order of appearance.

    Args:
        runs: The runs.
        validation: Whether to add, after those of the evaluations, those of the validations.
    """
    names = dict.fromkeys(name for run in runs for name in run.metrics)
    if validation:
        names |= dict.fromkeys(name for run in runs for name in run.validation)
    return list(names)


def best_first(runs: Iterable[RunRecord], metric: str, better: Direction) -> list[RunRecord]:
    """Sorts runs by a metric, stably; runs without a value for it come last.

    Args:
        runs: The runs.
        metric: The metric's name.
        better: `max` if larger values are better, else `min`.

    Returns:
        The runs, best first.
    """
    sign = -1.0 if better == "max" else 1.0

    def rank(run: RunRecord) -> tuple[bool, float]:
        value = run.value(metric)
        return (True, 0.0) if math.isnan(value) else (False, sign * value)

    return sorted(runs, key=rank)


def _age(run: RunRecord) -> tuple[float, int]:
    stamp = STAMPED.fullmatch(run.path.name)
    return run.started or 0.0, int(stamp[2]) if stamp else 0


def _read(path: Path, index: FileIndex) -> RunRecord:
    run, place = RunRecord(path, path.parent.name), os.fspath(path)
    try:
        facts = index.value(f"{place}/run.json", _run_facts)
    except OSError as error:
        facts = {"problem": _reason("run.json", error)}
    if "problem" in facts:
        run.started, run.message, run.epochs = _time_in_name(path), facts["problem"], _epochs(place, index)
    else:
        run.name, run.message, run.overrides = facts["name"] or run.name, facts["message"], facts["overrides"]
        run.status, run.started, run.seconds = status_of(facts), facts["started"], facts["seconds"]
        run.kept_epoch, run.sweep, run.parameters = facts["kept_epoch"], facts["sweep"], facts["parameters"]
        run.vars, run.epochs = facts["vars"], facts["epochs"] or _epochs(place, index)
        if run.started is None:
            run.started = _time_in_name(path)
        _read_metrics(run, place, index)
        if run.sweep is not None:
            with suppress(OSError):
                run.trials = index.value(f"{place}/{SWEEP}", _ended_trials)
            _read_best(run, place, index)
    _read_tags(run, place, index)
    return run


def _run_facts(path: Path) -> dict[str, Any]:
    """What the list shows of a `run.json`, or the problem with it."""
    from kspec.runs.run_record import DamagedFile, RunJson, read_part

    try:
        record, plain = read_part(path, RunJson)
    except DamagedFile as error:
        return {"problem": _reason(path.name, error)}
    parameters = plain.get("parameters")
    return {
        **record.model_dump(include={"name", "status", "seconds", "kept_epoch", "epochs", "overrides", "message"}),
        "process": record.process if record.status == "running" else None,
        "started": None if record.started is None else datetime.fromisoformat(record.started).timestamp(),
        "sweep": None if record.sweep is None else record.sweep.trials,
        "parameters": parameters if type(parameters) is int else None,
        "vars": record.vars,
    }


def _read_metrics(run: RunRecord, place: str, index: FileIndex) -> None:
    """Reads the metrics of evaluation and validation, if there were any."""
    try:
        facts = index.value(f"{place}/metrics.json", _metric_facts)
    except FileNotFoundError:
        return
    except OSError as error:
        facts = {"problem": _reason("metrics.json", error)}
    if "problem" in facts:
        run.message = f"{run.message}; {facts['problem']}".removeprefix("; ")
        return
    run.split, run.metrics, run.deviation = facts["split"], facts["metrics"], facts["deviation"]
    run.validation = facts["validation"]


def _metric_facts(path: Path) -> dict[str, Any]:
    """What the list shows of a `metrics.json`, or the problem with it."""
    from kspec.runs.run_record import DamagedFile, MetricsJson, read_part

    try:
        metrics, _ = read_part(path, MetricsJson)
    except DamagedFile as error:
        return {"problem": _reason(path.name, error)}
    return {
        "split": metrics.evaluate.split,
        "metrics": _numbers(metrics.evaluate.model_extra or {}),
        "deviation": _numbers(metrics.deviation),
        "validation": {f"val_{name}": value for name, value in _numbers(metrics.validation).items()},
    }


def _read_best(run: RunRecord, place: str, index: FileIndex) -> None:
    """Reads what the model of a sweep is: its metrics are those of its best point, and so are its variables."""
    run.vars, run.parameters = {}, None
    if run.model_folder is None:
        return
    with suppress(OSError):
        facts = index.value(f"{place}/{BEST}/run.json", _run_facts)
        run.vars, run.parameters = facts.get("vars", {}), facts.get("parameters")


def _ended_trials(path: Path) -> int:
    """How many trials of a sweep have ended; 0 of one whose file is damaged."""
    try:
        trials = read_json(path).get("trials")
    except (InvalidJson, AttributeError):
        return 0
    return len(trials) if isinstance(trials, list) else 0


def _read_tags(run: RunRecord, place: str, index: FileIndex) -> None:
    """Reads what a user has marked a run with."""
    try:
        facts = index.value(f"{place}/{TAGS}", _tag_facts)
    except FileNotFoundError:
        return
    except OSError as error:
        facts = {"problem": _reason(TAGS, error)}
    if "problem" in facts:
        run.message = f"{run.message}; {facts['problem']}".removeprefix("; ")
    else:
        run.tags, run.note = facts["tags"], facts["note"]


def _tag_facts(path: Path) -> dict[str, Any]:
    try:
        return read_tags(path.parent).to_json()
    except InvalidTags as error:
        return {"problem": _reason(TAGS, error)}


def _numbers(metrics: Mapping[str, float | None]) -> dict[str, float]:
    return {name: float(value) for name, value in metrics.items() if value is not None}


def _reason(name: str, error: OSError | ValueError) -> str:
    """Why a file of a run folder is not read, in a line."""
    if isinstance(error, FileNotFoundError):
        return f"it has no {name}"
    if isinstance(error, OSError):
        return f"its {name} cannot be read: {error.strerror or error}"
    return f"its {name} is damaged: {str(error).splitlines()[0]}"


def _time_in_name(path: Path) -> float | None:
    """The time in a folder's name."""
    stamp = STAMPED.fullmatch(path.name)
    try:
        return time.mktime(time.strptime(stamp[1], "%Y%m%d-%H%M%S")) if stamp else None
    except (ValueError, OverflowError):
        return None


def _epochs(place: str, index: FileIndex) -> int | None:
    """The number of epochs in a history, for a run that is still running or was killed."""
    try:
        found: int | None = index.value(f"{place}/history.csv", _rows)
    except OSError:
        return None
    return found


def _rows(path: Path) -> int | None:
    try:
        return max(0, len(read_bounded(path, MAX_HISTORY).splitlines()) - 1)
    except InvalidJson:
        return None
