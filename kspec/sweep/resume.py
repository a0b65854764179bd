"""Finds a sweep that was stopped."""

from __future__ import annotations

import os

from kspec.language import Spec
from kspec.runs.run_folder import RunFolder, RunFolderError
from kspec.runs.run_index import past_runs
from kspec.runs.run_record import read_record
from kspec.runs.spec_fingerprint import fingerprint_of
from kspec.sweep.study import JOURNAL


def unfinished_sweep_of(spec: Spec, runs: str | os.PathLike[str]) -> RunFolder | None:
    """The newest sweep of this very spec that was stopped; None if there is none.

    Args:
        spec: The spec, with its overrides.
        runs: The folder of the run folders.
    """
    for run in past_runs(runs, spec.name):
        if run.status not in ("killed", "interrupted", "failed") or not (run.path / JOURNAL).is_file():
            continue
        try:
            record = read_record(run.path)
        except RunFolderError:
            continue
        if record.get("source") == fingerprint_of(spec):
            return RunFolder(run.path)
    return None
