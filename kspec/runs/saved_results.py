"""The results in a run folder: metrics and history, as data."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from kspec.language import Permissions
from kspec.runs.process import status_of
from kspec.runs.run import Run
from kspec.runs.run_folder import RunFolderError
from kspec.runs.run_record import DamagedFile, MetricsJson, read_part, read_record
from kspec.syntax.path_policy import PathPolicy

LONGEST_FILE = 100_000_000
"""Bytes of the largest `history.csv` that is read."""


def read_results(folder: Path) -> Run:
    """The results of a run, without its members and its model.

    Args:
        folder: The run folder.

    Raises:
        RunFolderError: If its files are damaged.
    """
    record = read_record(folder, _opener(folder))
    metrics: dict[str, Any] = {}
    path = folder / "metrics.json"
    try:
        metrics = read_part(path, MetricsJson, _opener(folder))[1]
    except FileNotFoundError:
        pass
    except (OSError, DamagedFile) as error:
        raise RunFolderError(f"{path} is damaged: {error}") from error
    return Run(
        record.get("name", folder.parent.name),
        folder,
        status_of(record),
        metrics.get("evaluate", {}),
        read_history(folder),
        kept_epoch=record.get("kept_epoch"),
        validation=metrics.get("validation", {}),
        baseline=metrics.get("baseline", {}),
        deviation=metrics.get("deviation", {}),
        interval={name: tuple(ends) for name, ends in metrics.get("interval", {}).items()},
        ensemble=metrics.get("ensemble", {}),
        intervals={n: tuple(own) for n, own in metrics.get("intervals", {}).items() if isinstance(own, list)},
        slices=metrics.get("slices", {}),
        sequence_accuracy=metrics.get("sequence_accuracy", {}),
    )


def read_history(folder: Path) -> list[dict[str, float]]:
    """The rows of `history.csv`; none without it.

    Raises:
        RunFolderError: If it is damaged.
    """
    path = folder / "history.csv"
    try:
        with _opener(folder)(str(path)) as file:
            text = file.read(LONGEST_FILE).decode("utf-8")
        rows = csv.DictReader(io.StringIO(text))
        return [{name: _number(name, value) for name, value in row.items() if value} for row in rows]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError, csv.Error) as error:
        raise RunFolderError(f"{path} is damaged: {error}") from error


def _opener(folder: Path) -> Any:
    """Opens files of a run folder, and none outside."""
    return PathPolicy(folder, Permissions(folders=())).open_file


def _number(name: str, text: str) -> float:
    return int(text) if name in ("epoch", "stage") else float(text)
