"""Goes on with a run that was stopped, or trains on with one that has finished."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kspec.diagnostics import Report, Source
from kspec.language import Permissions, Spec, load_file
from kspec.runs.changes_on_resume import report_changes
from kspec.runs.execute import execute
from kspec.runs.folder_lock import locked
from kspec.runs.process import status_of
from kspec.runs.resolved_file import RESOLVED, resolved_file
from kspec.runs.resumption import Resumption
from kspec.runs.run import Run
from kspec.runs.run_folder import RunFolder, RunFolderError, find_run
from kspec.runs.run_record import read_record
from kspec.runs.spec_fingerprint import fingerprint_of, plain_values
from kspec.syntax.path_policy import PathPolicy
from kspec.syntax.regular_files import Opener
from kspec.training.console import Console


def resume_run(
    place: str | os.PathLike[str],
    overrides: Iterable[str] = (),
    *,
    runs: str | os.PathLike[str] = "runs",
    permissions: Permissions | None = None,
    console: Console | None = None,
    force: bool = False,
) -> Run:
    """Goes on with a run in its own folder, and ends with the bits of a run that was never stopped.

    Args:
        place: A run folder, or the name of a spec that has been run: then its newest run that has not finished.
        overrides: What changes from here on, as after `--set`.
        runs: The folder of the run folders.
        permissions: What the user allows the run's spec to do.
        console: Where to print; nowhere by default.
        force: Go on with a run although it may still be running on another machine.

    Returns:
        The run.

    Raises:
        RunFolderError: If there is no such run, it is still running, or it has finished and nothing changes.
        SpecError: If its spec or data has changed, or would change in a way that it may not.
    """
    overrides, permissions = tuple(overrides), permissions or Permissions()
    folder = find_unfinished(place, runs)
    opener, console = PathPolicy(folder, permissions._replace(folders=())).open_file, console or Console(True)
    _require_stopped(folder, read_record(folder, opener), bool(overrides), force)
    with locked(folder):
        record = read_record(folder, opener)  # again: until now, another process may have gone on with the run
        _require_stopped(folder, record, bool(overrides), force)
        resumption = _prepare(folder, record, overrides, permissions, opener)
        for warning in resumption.warnings:
            console.step("warning", warning)
        console.step("resume", f"{folder}: {resumption.describe()}")
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
            if run.status not in ("finished", "unknown"):
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
        if run.status in ("killed", "interrupted", "failed"):
            try:
                record = read_record(run.path)
            except RunFolderError:
                continue
            if record.get("source") == fingerprint_of(spec):
                return run.path.resolve()
    return None


def _require_stopped(folder: Path, record: dict[str, Any], changes: bool, force: bool) -> None:
    """Checks that a run can go on.

    Args:
        folder: The run folder.
        record: Its `run.json`.
        changes: Whether something of its spec changes.
        force: Whether it may be running on another machine.

    Raises:
        RunFolderError: If it cannot.
    """
    import socket

    status, process = status_of(record), record.get("process") or {}
    if record.get("members"):
        parts = sorted(path.parent for path in folder.glob("*/run.json"))
        example = parts[-1] if parts else folder / "fold-1"
        raise RunFolderError(f"the run {folder} has several runs in it; name the one to go on with: {example}")
    host = process.get("host")
    is_here = host == socket.gethostname()
    is_own = is_here and process.get("pid") == os.getpid()  # the lock tells whether it is still at it
    if status == "running" and not is_own and (is_here or not force):
        where = "" if is_here else f" on {host}"
        hint = "; if that machine is gone, add --force" if where else ""
        raise RunFolderError(f"the run {folder} is still running, in process {process.get('pid')}{where}{hint}")
    if status == "finished" and not changes:
        epochs = record.get("epochs")
        raise RunFolderError(
            f"the run {folder} has finished, after {epochs} epochs; to train on, raise them: "
            f"kspec resume {folder} --set fit.epochs={2 * epochs if isinstance(epochs, int) else 100}"
        )


def _prepare(
    folder: Path, record: dict[str, Any], overrides: tuple[str, ...], permissions: Permissions, opener: Opener
) -> Resumption:
    """Loads the spec and the newest checkpoint of a run, and checks that they fit together.

    Args:
        folder: The run folder.
        record: Its `run.json`.
        overrides: What changes from here on.
        permissions: What the user allows the run's spec to do.
        opener: Opens files of the run.

    Raises:
        RunFolderError: If the run has no spec.
        SpecError: If what may not change does.
    """
    from kspec.training.checkpoints.store import FOLDER, CheckpointStore

    for path in (*folder.iterdir(), *(folder / FOLDER).glob("*")):
        if path.is_symlink():
            raise RunFolderError(f"{path} is a link; the run could write through it to another place")
    run_folder, warnings = RunFolder(folder, is_part=_is_member(folder)), list[str]()
    checkpoint = CheckpointStore(folder, run_folder.write).newest(warnings.append, opener)
    if not (folder / RESOLVED).exists():
        return Resumption(run_folder, record, _spec_as_written(folder, record, overrides, permissions), overrides)
    resolved = resolved_file(folder, record)
    spec = load_file(resolved, overrides, permissions)
    base = load_file(resolved, (), permissions) if overrides else spec
    stage, report = 1 if checkpoint is None else checkpoint.facts.stage, Report()
    if checkpoint is not None:
        report_changes(checkpoint.facts.spec, base, stage, report, edited=True)
        report.raise_errors()
    if overrides:
        report_changes(plain_values(base), spec, stage, report)
        report.raise_errors()
    resumption = Resumption(run_folder, record, spec, overrides, checkpoint, warnings)
    _require_epochs(resumption)
    return resumption


def _is_member(folder: Path) -> bool:
    """Whether a run is a fold or a repeat of the run in whose folder it lies."""
    return (folder.parent / "run.json").is_file()


def _require_epochs(resumption: Resumption) -> None:
    """Checks that there is something left to train, where the epochs have been changed.

    Raises:
        RunFolderError: If there is not.
    """
    checkpoint, spec, folder = resumption.checkpoint, resumption.spec, resumption.folder.path
    if checkpoint is None or not resumption.overrides:
        return
    fit, facts = spec.document.fit, checkpoint.facts
    stages = [fit.epochs] if fit.stages is None else [stage.epochs or fit.epochs for stage in fit.stages]
    before = sum(row.get("stage", 1) < facts.stage for row in facts.history)
    done, planned = facts.epoch - before, stages[facts.stage - 1]
    if planned < done:
        raise RunFolderError(f"the run {folder} has already trained {done} epochs, more than {planned}")
    if resumption.record.get("status") == "finished" and planned == done and len(stages) == facts.stage:
        key = "fit.epochs" if fit.stages is None else f"fit.stages.{fit.stages[-1].name or facts.stage - 1}.epochs"
        raise RunFolderError(f"the run {folder} has trained its {done} epochs; to train on, raise `{key}`")


def _spec_as_written(
    folder: Path, record: dict[str, Any], overrides: tuple[str, ...], permissions: Permissions
) -> Spec:
    """The spec of a run that was stopped before its spec was resolved; its paths are relative to where it was.

    Args:
        folder: The run folder.
        record: Its `run.json`.
        overrides: What changes from here on.
        permissions: What the user allows the run's spec to do.

    Raises:
        RunFolderError: If it cannot be read, or lay in a place that the user has not allowed.
    """
    name, given = record.get("spec"), [str(each) for each in record.get("overrides", [])]
    place = Path(os.path.abspath(name)).parent if isinstance(name, str) else Path.cwd()
    if not permissions.outside and not place.is_relative_to(Path.cwd()):
        raise RunFolderError(f"the run {folder} has not begun to train; run its spec again: kspec run {name}")
    try:
        text = (folder / "spec.yaml").read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise RunFolderError(f"{folder / 'spec.yaml'} cannot be read: {error}") from error
    return load_file(Source(str(name or folder / "spec.yaml"), text), [*given, *overrides], permissions)
