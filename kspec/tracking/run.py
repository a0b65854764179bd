"""Runs a spec, or goes on with a run, and sends the run to trackers meanwhile."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable

from kspec.language import Permissions, Spec
from kspec.runs.members import run_spec
from kspec.runs.resume import resume_run
from kspec.runs.run import Run
from kspec.runs.saved_model import SavedModel
from kspec.tracking.targets import NONE
from kspec.tracking.tracking import tracking
from kspec.training.console import Console


def run_tracked(
    spec: Spec, track: Iterable[str], *, out: str | os.PathLike[str], smoke: bool = False, quiet: bool = True
) -> Run:
    """Runs a spec; see `kspec.run`.

    Args:
        spec: A loaded spec.
        track: The trackers, as after `--track`; those of the project if there are none.
        out: Where run folders are made.
        smoke: Run a few batches through every step, and send nothing.
        quiet: Print nothing.

    Raises:
        SpecError: If there is no such tracker, or with every error in the spec or its data.
        MissingTracker: If its package is not installed.
    """
    console = Console(quiet)
    with tracking((NONE,) if smoke else track, spec.folder, console) as tracked:
        run = run_spec(spec, out=out, smoke=smoke, quiet=quiet, console=console, on_folder=tracked.begin)
    permissions = spec.permissions
    for each in (run, *run.members):
        if each.folder is not None:
            each.trained = SavedModel(os.fspath(each.folder), permissions.code, permissions.outside)
    return _end(run)


def resume_tracked(
    place: str, overrides: Iterable[str], track: Iterable[str], permissions: Permissions, *, quiet: bool = True
) -> Run:
    """Goes on with a run; see `kspec.resume`.

    Args:
        place: The run folder, or the name of a spec that has been run.
        overrides: What changes from here on.
        track: The trackers, as after `--track`; those of the project if there are none.
        permissions: What the user allows the run's spec to do.
        quiet: Print nothing.

    Raises:
        RunFolderError: If there is no such run, it is still running, or it has finished and nothing changes.
        SpecError: If there is no such tracker, or the spec or its data has changed.
    """
    from pathlib import Path

    console = Console(quiet)
    with tracking(track, Path.cwd(), console) as tracked:
        run = resume_run(place, overrides, permissions=permissions, console=console, on_folder=tracked.begin)
    run.trained = SavedModel(os.fspath(run.folder or place), permissions.code, permissions.outside)
    return _end(run)


def _end(run: Run) -> Run:
    """Ends the process after SIGTERM or SIGHUP, as it was told to, now that what was trained is saved."""
    if run.interrupted_by not in ("", "SIGINT"):
        signal.raise_signal(signal.Signals[run.interrupted_by])
    return run
