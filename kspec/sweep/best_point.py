"""The best point of a sweep, read from its folder."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kspec.compiler.search.points import overrides_of
from kspec.diagnostics import Report, Source
from kspec.runs.run_folder import BEST, SWEEP, RunFolderError, find_folder
from kspec.runs.run_index import past_runs
from kspec.runs.run_record import read_record
from kspec.syntax import read_source
from kspec.syntax.bounded_json import InvalidJson, read_json


def best_point(
    place: str, runs: str | os.PathLike[str] = "runs", trial: int | None = None
) -> tuple[Source, tuple[str, ...]]:
    """The text of a sweep's spec, and the overrides that make it that of a trial.

    Args:
        place: The folder of the sweep, or the name of a spec; its newest sweep is found.
        runs: The folder of the run folders.
        trial: The number of the trial; by default the best.

    Raises:
        RunFolderError: If it is no sweep, or has no such trial.
    """
    folder = _folder(place, runs)
    try:
        found = read_json(folder / SWEEP)
        number = _number(found, folder) if trial is None else trial
        point = next(each["point"] for each in found["trials"] if each["number"] == number)
        if not isinstance(point, dict):
            raise TypeError
    except RunFolderError:
        raise
    except (InvalidJson, OSError, KeyError, TypeError) as error:
        raise RunFolderError(f"{folder / SWEEP} is damaged: {error}") from error
    except StopIteration:
        raise RunFolderError(f"the sweep {folder} has no trial {number}") from None
    record: dict[str, Any] = read_record(folder)
    text = read_source(folder / "spec.yaml", report := Report())
    report.raise_errors()
    assert text is not None
    overrides = [str(each) for each in record.get("overrides") or ()]
    # paths in the spec are relative to the file that was run
    return Source(str(record.get("spec", folder / "spec.yaml")), text.text), (
        *overrides,
        *overrides_of(point),
        "sweep=null",
    )


def _number(found: Mapping[str, Any], folder: Path) -> int:
    """The number of the best trial.

    Raises:
        RunFolderError: If there is none, or several goals have a front.
    """
    best = found["best"]
    if not best:
        raise RunFolderError(f"the sweep {folder} has no trial that is complete")
    if len(found["goals"]) > 1:
        front = ", ".join(map(str, best))
        raise RunFolderError(f"the sweep {folder} has several goals: take a trial of its front by --trial: {front}")
    return int(best[0])


def _folder(place: str, runs: str | os.PathLike[str]) -> Path:
    """The folder of a sweep: by its path, or the newest of a spec.

    Raises:
        RunFolderError: If there is none.
    """
    folder = find_folder(place, runs)
    if folder.name == BEST:
        folder = folder.parent
    if not (folder / SWEEP).is_file() and len(Path(place).parts) == 1:
        folder = next((run.path for run in past_runs(runs, place) if (run.path / SWEEP).is_file()), folder)
    if not (folder / SWEEP).is_file():
        raise RunFolderError(f"{place} is no sweep; `kspec sweep` makes one")
    return folder
