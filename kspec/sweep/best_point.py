"""The best point of a sweep, read from its folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from kspec.compiler.search.points import overrides_of
from kspec.diagnostics import Report, Source
from kspec.runs.run_folder import BEST, SWEEP, RunFolderError, run_at
from kspec.runs.run_record import read_record
from kspec.syntax import read_source
from kspec.syntax.bounded_json import InvalidJson, read_json


def best_point(
    place: str, runs: str | os.PathLike[str] = "runs", trial: int | None = None
) -> tuple[Source, tuple[str, ...]]:
    """The text of a sweep's spec, and the overrides that make it that of a trial.

    Args:
        place: The folder of the sweep, or the name of a spec whose latest run is one.
        runs: The folder of the run folders.
        trial: The number of the trial; by default the best.

    Raises:
        RunFolderError: If it is no sweep, or has no such trial.
    """
    folder = _folder(place, runs)
    try:
        found = read_json(folder / SWEEP)
        number = found["best"][0] if trial is None else trial
        point = next(each["point"] for each in found["trials"] if each["number"] == number)
        if not isinstance(point, dict):
            raise TypeError
    except (InvalidJson, OSError, KeyError, TypeError) as error:
        raise RunFolderError(f"{folder / SWEEP} is damaged: {error}") from error
    except IndexError:
        raise RunFolderError(f"the sweep {folder} has no trial that is complete") from None
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


def _folder(place: str, runs: str | os.PathLike[str]) -> Path:
    """The folder of a sweep.

    Raises:
        RunFolderError: If there is none.
    """
    if (Path(place) / SWEEP).is_file():
        return Path(place)
    run = run_at(place, runs)
    if run is None or run.name != BEST or not (run.parent / SWEEP).is_file():
        raise RunFolderError(f"{place} is no sweep; `kspec sweep` makes one")
    return run.parent
