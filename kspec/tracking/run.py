"""Runs a spec, and sends the run to trackers meanwhile."""

from __future__ import annotations

import os
from collections.abc import Iterable

from kspec.language import Spec
from kspec.runs.members import run_spec
from kspec.runs.run import Run
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
    """
    console = Console(quiet)
    with tracking((NONE,) if smoke else track, spec.folder, console) as tracked:
        return run_spec(spec, out=out, smoke=smoke, quiet=quiet, console=console, on_folder=tracked.begin)
