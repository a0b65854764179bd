"""What has been run: read from the run folders, whatever state a run has left its files in."""

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
from typing import Any, Literal

Direction = Literal["max", "min"]

_STAMPED = re.compile(r"(\d{8}-\d{6})-(\d+)")
"""The name of a run's folder: when it was made, and which of that second it is."""
_LESS_IS_BETTER = re.compile(
    r"loss|error|false_|crossentropy|hinge|divergence|poisson|perplexity|log_?cosh|(^|_)(mae|mse|msle|mape|rmse|nll|kld?)$"
)
_MORE_IS_BETTER = re.compile(
    r"acc|auc|precision|recall|sensitivity|specificity|true_|similarity|correlation|score|r2|io_?u|dice|(^|_)(f\d?|fbeta)($|_)"
)


@dataclass(slots=True)
class RunRecord:
    """A run as its folder tells of it.

    Args:
        path: The run folder.
        name: The spec's name.
        status: running, finished, interrupted, failed; `unknown` where `run.json` is missing or cannot be read.
        started: In seconds since 1970; None where nothing tells.
        seconds: How long it took, or had taken when it last wrote.
        epochs: How many were trained.
        split: What the metrics were measured on; empty where nothing was evaluated.
        metrics: By name.
        message: Why it failed, or why it cannot be read.
    """

    path: Path
    name: str
    status: str = "unknown"
    started: float | None = None
    seconds: float | None = None
    epochs: int | None = None
    split: str = ""
    metrics: dict[str, float] = field(default_factory=dict)
    message: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain values; a metric that is no number is null, for JSON has no other word."""
        started = None if self.started is None else datetime.fromtimestamp(self.started).astimezone().isoformat()
        return {
            "run": self.path.as_posix(),
            "name": self.name,
            "status": self.status,
            "started": started,
            "seconds": self.seconds,
            "epochs": self.epochs,
            "split": self.split or None,
            "metrics": {name: value if math.isfinite(value) else None for name, value in self.metrics.items()},
            "message": self.message or None,
        }


def past_runs(out: str | os.PathLike[str], name: str | None = None) -> list[RunRecord]:
    """The runs in a folder, newest first; none where there is no such folder.

    Args:
        out: The folder that run folders are made in.
        name: Only those of the spec of this name.
    """
    runs = [_read(path) for path in _folders(Path(out)) if name is None or path.parent.name == name]
    return sorted(runs, key=_age, reverse=True)


def spec_names(out: str | os.PathLike[str]) -> list[str]:
    """The specs that there are runs of."""
    return sorted({path.parent.name for path in _folders(Path(out))})


def metric_names(runs: Iterable[RunRecord]) -> list[str]:
    """All metrics that some run has, in the order that they are met."""
    return list(dict.fromkeys(name for run in runs for name in run.metrics))


def direction(metric: str) -> Direction | None:
    """Whether more or less of a metric is better; None where its name does not tell."""
    name = metric.lower()
    if _LESS_IS_BETTER.search(name):
        return "min"
    return "max" if _MORE_IS_BETTER.search(name) else None


def best_first(runs: Iterable[RunRecord], metric: str, better: Direction) -> list[RunRecord]:
    """Runs by a metric, in their order where equal; those without it, or for which it is no number, come last."""
    sign = -1.0 if better == "max" else 1.0

    def rank(run: RunRecord) -> tuple[bool, float]:
        value = run.metrics.get(metric, math.nan)
        return (True, 0.0) if math.isnan(value) else (False, sign * value)

    return sorted(runs, key=rank)


def _folders(out: Path) -> Iterator[Path]:
    """The folders of runs: those with a `run.json`, or with a run's name; `latest` is not another one."""
    for parent in _below(out):
        for path in _below(parent):
            if not path.is_symlink() and (_STAMPED.fullmatch(path.name) or (path / "run.json").is_file()):
                yield path


def _below(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    except OSError:
        return []


def _age(run: RunRecord) -> tuple[float, int]:
    stamp = _STAMPED.fullmatch(run.path.name)
    return run.started or 0.0, int(stamp[2]) if stamp else 0


def _read(path: Path) -> RunRecord:
    run = RunRecord(path, path.parent.name, started=_stamped(path))
    try:
        record = _json_object(path / "run.json")
    except (OSError, ValueError) as error:
        run.message = "it has no run.json" if isinstance(error, FileNotFoundError) else "its run.json cannot be read"
        run.epochs = _rows(path / "history.csv")
        return run
    run.name = str(record.get("name") or run.name)
    run.status = str(record.get("status") or run.status)
    run.message = str(record.get("message") or "")
    run.started = _seconds_since_1970(record.get("started")) or run.started
    run.seconds = _number(record.get("seconds"))
    epochs = _number(record.get("epochs"))
    run.epochs = int(epochs) if epochs and math.isfinite(epochs) else _rows(path / "history.csv")
    _read_metrics(run)
    return run


def _read_metrics(run: RunRecord) -> None:
    """What was evaluated; where nothing was, there are none."""
    try:
        evaluated = _json_object(run.path / "metrics.json").get("evaluate")
    except (OSError, ValueError):
        return
    if not isinstance(evaluated, dict):
        return
    run.split = str(evaluated.get("split") or "")
    numbers = {name: _number(value) for name, value in evaluated.items() if name not in ("split", "examples")}
    run.metrics = {name: value for name, value in numbers.items() if value is not None}


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


def _stamped(path: Path) -> float | None:
    """When a folder was made, by its name."""
    stamp = _STAMPED.fullmatch(path.name)
    try:
        return time.mktime(time.strptime(stamp[1], "%Y%m%d-%H%M%S")) if stamp else None
    except (ValueError, OverflowError):
        return None


def _rows(path: Path) -> int | None:
    """The epochs that a history has: its lines below the heading; for a run that is still going, or was cut off."""
    try:
        with path.open("rb") as file:
            return max(0, sum(1 for _ in file) - 1)
    except OSError:
        return None
