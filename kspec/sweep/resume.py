"""Finds a sweep that was stopped, and loads its spec. Needs no Optuna."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kspec.diagnostics import Path as ValuePath
from kspec.diagnostics import Report, SpecError, codes
from kspec.language import Permissions, Spec
from kspec.runs.changes_on_resume import differences
from kspec.runs.process import status_of
from kspec.runs.run_folder import RunFolder, RunFolderError, find_folder
from kspec.runs.run_index import past_runs
from kspec.runs.run_record import read_record
from kspec.runs.spec_fingerprint import fingerprint_of, plain_values
from kspec.runs.stopped_run import require_stopped, spec_as_written
from kspec.syntax.path_policy import PathPolicy
from kspec.syntax.yaml_flow import abbreviate

CHANGEABLE = ("trials", "time_limit", "then")
"""What of `sweep` may change while a sweep goes on: none of the trials so far depends on it."""
_STOPPED = ("killed", "interrupted", "failed")
_SHOWN = 3
_MISSING = "none"


@dataclass(frozen=True, slots=True)
class StoppedSweep:
    """A sweep that was stopped, compared with a spec of the same name.

    Args:
        folder: Its folder.
        goes_on: Whether it can go on with that spec.
        changes: What differs: `fit.epochs 3 → 5`.
    """

    folder: Path
    goes_on: bool = True
    changes: str = ""


def stopped_sweep_of(spec: Spec, runs: str | os.PathLike[str]) -> StoppedSweep | None:
    """The newest sweep of a spec that was stopped; one of another spec of this name only if there is no such.

    Args:
        spec: The spec, with its overrides.
        runs: The folder of the run folders.
    """
    other = None
    for run in past_runs(runs, spec.name):
        if run.status not in _STOPPED or run.sweep is None:
            continue
        try:
            record = read_record(run.path)
        except RunFolderError:
            continue
        if record.get("source") == fingerprint_of(spec):
            return StoppedSweep(run.path)
        other = other or _compared(spec, run.path, record)
    return other


def _compared(spec: Spec, folder: Path, record: dict[str, Any]) -> StoppedSweep:
    """A sweep of another spec.

    Args:
        spec: The spec that it is compared with.
        folder: Its folder.
        record: Its `run.json`.
    """
    try:
        before = plain_values(spec_as_written(folder, record, (), spec.permissions))
    except (SpecError, RunFolderError):
        return StoppedSweep(folder, False)
    now = plain_values(spec)
    places = list(differences(before, now))
    texts = [f"{_name(place)} {_shown(before, place)} → {_shown(now, place)}" for place in places]
    more = f" and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else ""
    return StoppedSweep(folder, bool(places) and all(map(_may_change, places)), ", ".join(texts[:_SHOWN]) + more)


def sweep_to_resume(place: str, runs: str | os.PathLike[str]) -> Path | None:
    """The folder of a sweep that goes on; None if the place is a run.

    Args:
        place: A folder, or the name of a spec that has been run: then its newest unfinished run or sweep.
        runs: The folder of the run folders.

    Raises:
        RunFolderError: If there is neither.
    """
    newest = None
    if not Path(place).exists() and Path(place).name == place:
        newest = next((run.path for run in past_runs(runs, place) if run.status in (*_STOPPED, "running")), None)
    folder = newest or find_folder(place, runs)
    return folder.resolve() if read_record(folder, _opener(folder)).get("sweep") else None


def load_sweep(folder: Path, changes: Sequence[str], permissions: Permissions, *, force: bool = False) -> Spec:
    """Loads the spec of a sweep that goes on.

    Args:
        folder: The folder of the sweep.
        changes: What changes in the spec from here on, as `--set` has it.
        permissions: What the user allows the spec to do.
        force: Go on although another machine may still be running it.

    Raises:
        RunFolderError: If it is still running, has finished and nothing changes, or its spec cannot be read.
        SpecError: If something changes that may not.
    """
    record = read_record(folder, _opener(folder))
    if not changes and status_of(record) == "finished":
        count = record["sweep"]["trials"]
        more = f"for more: kspec resume {folder} --set sweep.trials={2 * count}"
        raise RunFolderError(f"the sweep {folder} has finished its {count} trials; {more}")
    require_stopped(folder, record, bool(changes), force)
    spec = spec_as_written(folder, record, tuple(changes), permissions)
    before, report = plain_values(spec_as_written(folder, record, (), permissions)), Report()
    for place in differences(before, plain_values(spec)):
        if not _may_change(place):
            report.error(
                codes.FIXED_ON_RESUME,
                f"`{_name(place)}` cannot change while a sweep goes on: its trials could not be compared",
                spec.positions.value(place),
                help=f"only {', '.join(f'`sweep.{name}`' for name in CHANGEABLE)} can; to change anything else, "
                "start a new sweep with `kspec sweep`",
            )
    report.raise_errors()
    return spec


def trials_at_first(folder: Path) -> int | None:
    """How many trials a sweep began with, by which it chose its engines; None if it does not say."""
    sweep = read_record(folder, _opener(folder)).get("sweep") or {}
    trials: int | None = sweep.get("began_with") or sweep.get("trials")
    return trials


def keeps_models(folder: Path) -> bool:
    """Whether the trained models of a sweep's trials are saved."""
    return bool((read_record(folder, _opener(folder)).get("sweep") or {}).get("keeps_models"))


def stopped_folder(folder: Path) -> RunFolder:
    """The folder of a sweep, to write to.

    Raises:
        RunFolderError: If a link in it would lead what is written to another place.
    """
    link = next((path for path in folder.iterdir() if path.is_symlink()), None)
    if link is not None:
        raise RunFolderError(f"{link} is a link; the sweep could write through it to another place")
    return RunFolder(folder)


def _opener(folder: Path) -> Any:
    return PathPolicy(folder, Permissions(folders=())).open_file


def _may_change(place: ValuePath) -> bool:
    return len(place) > 1 and place[0] == "sweep" and place[1] in CHANGEABLE


def _name(place: ValuePath) -> str:
    return ".".join(map(str, place))


def _shown(values: Any, place: ValuePath) -> str:
    """The value at a place, in a few words."""
    for key in place:
        if isinstance(values, dict) and key not in values:
            return _MISSING
        values = values[key]
    return abbreviate(values)
