"""Lists runs from their folders, even from incomplete ones."""

from __future__ import annotations

import json
import math
import os
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from kspec.analysis.metric_direction import Direction
from kspec.runs.process import status_of
from kspec.runs.run_folder import finite

_STAMPED = re.compile(r"(\d{8}-\d{6})-(\d+)")
"""The name of a run folder: a time, and a number that distinguishes runs of the same second."""


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
        message: Why it failed, or why it cannot be read.
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
    message: str = ""

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
            "message": self.message or None,
        }


def past_runs(out: str | os.PathLike[str], name: str | None = None) -> list[RunRecord]:
    """Lists the runs in a folder, newest first; none if there is no such folder.

    Args:
        out: The parent of the run folders.
        name: List only runs of the spec with this name.
    """
    runs = [_read(path) for path in _folders(Path(out)) if name is None or path.parent.name == name]
    return sorted(runs, key=_age, reverse=True)


def spec_names(out: str | os.PathLike[str]) -> list[str]:
    """The names of the specs that have been run."""
    return sorted({path.parent.name for path in _folders(Path(out))})


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


def _folders(out: Path) -> Iterator[Path]:
    """The run folders: those with a `run.json`, or with the name of a run; the link `latest` does not count."""
    for parent in _subfolders(out):
        for path in _subfolders(parent):
            if not path.is_symlink() and (_STAMPED.fullmatch(path.name) or (path / "run.json").is_file()):
                yield path


def _subfolders(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    except OSError:
        return []


def _age(run: RunRecord) -> tuple[float, int]:
    stamp = _STAMPED.fullmatch(run.path.name)
    return run.started or 0.0, int(stamp[2]) if stamp else 0


def _read(path: Path) -> RunRecord:
    run = RunRecord(path, path.parent.name, started=_time_in_name(path))
    try:
        record = _json_object(path / "run.json")
    except (OSError, ValueError) as error:
        run.message = "it has no run.json" if isinstance(error, FileNotFoundError) else "its run.json cannot be read"
        run.epochs = _rows(path / "history.csv")
        return run
    run.name = str(record.get("name") or run.name)
    run.status = status_of(record)
    run.message = str(record.get("message") or "")
    run.started = _seconds_since_1970(record.get("started")) or run.started
    run.seconds = _number(record.get("seconds"))
    epochs = _number(record.get("epochs"))
    run.epochs = int(epochs) if epochs and math.isfinite(epochs) else _rows(path / "history.csv")
    kept, overrides = _number(record.get("kept_epoch")), record.get("overrides")
    run.kept_epoch = int(kept) if kept and math.isfinite(kept) else None
    run.overrides = [str(item) for item in overrides] if isinstance(overrides, list) else []
    _read_metrics(run)
    return run


def _read_metrics(run: RunRecord) -> None:
    """Reads the metrics of evaluation and validation, if there were any."""
    try:
        metrics = _json_object(run.path / "metrics.json")
    except (OSError, ValueError):
        return
    evaluated = metrics.get("evaluate")
    if isinstance(evaluated, dict):
        run.split = str(evaluated.get("split") or "")
    run.metrics = _numbers(evaluated)
    run.validation = {f"val_{name}": value for name, value in _numbers(metrics.get("validation")).items()}


def _numbers(metrics: Any) -> dict[str, float]:
    """The metrics among the values of a step."""
    if not isinstance(metrics, dict):
        return {}
    numbers = {name: _number(value) for name, value in metrics.items() if name not in ("split", "examples")}
    return {name: value for name, value in numbers.items() if value is not None}


def _json_object(path: Path) -> dict[str, Any]:
    value = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _seconds_since_1970(text: Any) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp()
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def _time_in_name(path: Path) -> float | None:
    """The time in a folder's name."""
    stamp = _STAMPED.fullmatch(path.name)
    try:
        return time.mktime(time.strptime(stamp[1], "%Y%m%d-%H%M%S")) if stamp else None
    except (ValueError, OverflowError):
        return None


def _rows(path: Path) -> int | None:
    """The number of epochs in a history, for a run that is still running or was killed."""
    try:
        with path.open("rb") as file:
            return max(0, sum(1 for _ in file) - 1)
    except OSError:
        return None
