"""Goes on with a run that was stopped, or trains on with one that has finished."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from kspec.cluster.connect import Cluster
from kspec.language import Permissions, Spec
from kspec.runs.execute import execute
from kspec.runs.folder_lock import locked
from kspec.runs.members import resume_members
from kspec.runs.run import Run
from kspec.runs.run_folder import TRIALS, RunFolder, RunFolderError, find_run
from kspec.runs.run_record import read_record
from kspec.runs.spec_fingerprint import fingerprint_of
from kspec.runs.stopped_run import is_member, require_stopped, resumption_of
from kspec.runs.workers.launch import has_workers, resume_with_workers
from kspec.syntax.path_policy import PathPolicy
from kspec.training.console import Console


def resume_run(
    place: str | os.PathLike[str],
    overrides: Iterable[str] = (),
    *,
    runs: str | os.PathLike[str] = "runs",
    permissions: Permissions | None = None,
    console: Console | None = None,
    force: bool = False,
    jobs: int | None = None,
    cluster: Cluster | None = None,
    on_folder: Callable[[Path], None] = lambda _: None,
) -> Run:
    """Goes on with a run in its own folder, and ends with the bits of a run that was never stopped.

    Args:
        place: A run folder, or the name of a spec that has been run: then its newest run that has not finished.
        overrides: What changes from here on, as after `--set`.
        runs: The folder of the run folders.
        permissions: What the user allows the run's spec to do.
        console: Where to print; nowhere by default.
        force: Go on with a run although it may still be running on another machine.
        jobs: How many folds or repeats go on side by side; by default one, or as many as a cluster has room for.
        cluster: Where folds, repeats or the workers of one model go on; by default on this machine.
        on_folder: Called with the run folder, once it is certain that the run goes on.

    Returns:
        The run.

    Raises:
        RunFolderError: If there is no such run, it is still running, or it has finished and nothing changes.
        SpecError: If its spec or data has changed, or would change in a way that it may not.
    """
    overrides, permissions = tuple(overrides), permissions or Permissions()
    folder = find_unfinished(place, runs)
    opener, console = PathPolicy(folder, permissions._replace(folders=())).open_file, console or Console(True)
    if read_record(folder, opener).get("sweep"):
        raise RunFolderError(f"{folder} is a sweep; the command goes on with it: kspec resume {folder}")
    if is_member(folder):
        whole = folder.parent
        raise RunFolderError(f"{folder} is a part of the run {whole}; go on with all of it: kspec resume {whole}")
    if folder.parent.name == TRIALS and (folder.parent.parent / "run.json").is_file():
        sweep = folder.parent.parent
        raise RunFolderError(f"{folder} is a trial of {sweep}; its spec: kspec render {sweep} --trial {folder.name}")
    require_stopped(folder, read_record(folder, opener), bool(overrides), force)
    with locked(folder):
        record = read_record(folder, opener)  # again: until now, another process may have gone on with the run
        require_stopped(folder, record, bool(overrides), force)
        if record.get("members"):
            on_folder(folder)
            return resume_members(RunFolder(folder), record, overrides, permissions, console, jobs, force, cluster)
        resumption = resumption_of(folder, record, overrides, permissions, opener)
        for warning in resumption.warnings:
            console.step("warning", warning)
        console.step("resume", f"{folder}: {resumption.describe()}")
        on_folder(folder)
        if has_workers(resumption.spec):
            return resume_with_workers(resumption, console, cluster)
        if cluster is not None:
            raise RunFolderError(f"{folder} is one run in one process, which no cluster can share: omit --ray")
        return execute(resumption.spec, console=console, folder=resumption.folder, resumption=resumption)


def find_unfinished(place: str | os.PathLike[str], runs: str | os.PathLike[str] = "runs") -> Path:
    """The folder of a run; of a spec's runs, the newest that has not finished, or else the latest.

    Args:
        place: A run folder, or the name of a spec that has been run.
        runs: The folder of the run folders.

    Raises:
        RunFolderError: If there is none.
    """
    from kspec.runs.run_index import past_runs

    path = Path(place)
    if not path.exists() and path.name == str(path):
        for run in past_runs(runs, str(path)):
            if run.sweep is None and run.status not in ("finished", "unknown"):
                return run.path.resolve()
    return find_run(place, runs)


def unfinished_run_of(spec: Spec, runs: str | os.PathLike[str] = "runs") -> Path | None:
    """The newest run of a spec that has not finished and is not running; None if there is none.

    Args:
        spec: The spec, with its overrides.
        runs: The folder of the run folders.
    """
    from kspec.runs.run_index import past_runs

    for run in past_runs(runs, spec.name):
        if run.sweep is None and run.status in ("killed", "interrupted", "failed"):
            try:
                record = read_record(run.path)
            except RunFolderError:
                continue
            if record.get("source") == fingerprint_of(spec):
                return run.path.resolve()
    return None
