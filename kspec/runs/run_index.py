"""Lists runs from their folders, even from incomplete ones."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from kspec.analysis.metric_direction import Direction
from kspec.runs.process import status_of
from kspec.runs.run_folder import STAMPED, finite, run_folders
from kspec.runs.run_record import DamagedFile, MetricsJson, RunJson, read_part
from kspec.syntax.bounded_json import InvalidJson, read_bounded

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
            **({} if self.sweep is None else {"sweep": {"trials": self.sweep}}),
            "message": self.message or None,
        }


def past_runs(out: str | os.PathLike[str], name: str | None = None) -> list[RunRecord]:
    """Lists the runs in a folder, newest first; none if there is no such folder.

    Args:
        out: The parent of the run folders.
        name: List only runs of the spec with this name.
    """
    runs = [_read(path) for path in run_folders(Path(out)) if name is None or path.parent.name == name]
    return sorted(runs, key=_age, reverse=True)


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


def _read(path: Path) -> RunRecord:
    run = RunRecord(path, path.parent.name, started=_time_in_name(path))
    try:
        record, _ = read_part(path / "run.json", RunJson)
    except (OSError, DamagedFile) as error:
        run.message = _reason("run.json", error)
        run.epochs = _rows(path / "history.csv")
        return run
    run.name, run.message, run.overrides = record.name or run.name, record.message, record.overrides
    run.status = status_of(record.model_dump(include={"status", "process"}))
    if record.started is not None:
        run.started = datetime.fromisoformat(record.started).timestamp()
    run.seconds, run.kept_epoch = record.seconds, record.kept_epoch
    run.sweep = None if record.sweep is None else record.sweep.trials
    run.epochs = record.epochs or _rows(path / "history.csv")
    _read_metrics(run)
    return run


def _read_metrics(run: RunRecord) -> None:
    """Reads the metrics of evaluation and validation, if there were any."""
    try:
        metrics, _ = read_part(run.path / "metrics.json", MetricsJson)
    except FileNotFoundError:
        return
    except (OSError, DamagedFile) as error:
        run.message = f"{run.message}; {_reason('metrics.json', error)}".removeprefix("; ")
        return
    run.split = metrics.evaluate.split
    run.metrics = _numbers(metrics.evaluate.model_extra or {})
    run.deviation = _numbers(metrics.deviation)
    run.validation = {f"val_{name}": value for name, value in _numbers(metrics.validation).items()}


def _numbers(metrics: Mapping[str, float | None]) -> dict[str, float]:
    return {name: float(value) for name, value in metrics.items() if value is not None}


def _reason(name: str, error: OSError | DamagedFile) -> str:
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


def _rows(path: Path) -> int | None:
    """The number of epochs in a history, for a run that is still running or was killed."""
    try:
        return max(0, len(read_bounded(path, MAX_HISTORY).splitlines()) - 1)
    except (OSError, InvalidJson):
        return None
