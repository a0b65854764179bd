"""A run that was stopped: whether it can go on, with which spec, and from which checkpoint."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from kspec.diagnostics import Report, Source
from kspec.language import Permissions, Spec, load_file
from kspec.runs.changes_on_resume import report_changes
from kspec.runs.process import status_of
from kspec.runs.resolved_file import RESOLVED, resolved_file
from kspec.runs.resumption import Resumption
from kspec.runs.run_folder import RunFolder, RunFolderError
from kspec.runs.spec_fingerprint import plain_values
from kspec.syntax.regular_files import Opener


class NothingLeft(RunFolderError):
    """A run has trained all of its epochs."""


def require_stopped(folder: Path, record: dict[str, Any], changes: bool, force: bool) -> None:
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
    host = process.get("host")
    is_here = host == socket.gethostname()
    is_own = is_here and process.get("pid") == os.getpid()  # the lock tells whether it is still at it
    if status == "running" and not is_own and (is_here or not force):
        where = "" if is_here else f" on {host}"
        hint = "; if that machine is gone, add --force" if where else ""
        raise RunFolderError(f"the run {folder} is still running, in process {process.get('pid')}{where}{hint}")
    if status == "finished" and not changes:
        epochs = record.get("epochs")
        after = f", after {epochs} epochs" if isinstance(epochs, int) and epochs else ""
        raise RunFolderError(
            f"the run {folder} has finished{after}; to train on, raise its epochs: "
            f"kspec resume {folder} --set fit.epochs={2 * epochs if isinstance(epochs, int) and epochs else 100}"
        )


def resumption_of(
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
    run_folder, warnings = RunFolder(folder, is_part=is_member(folder)), list[str]()
    checkpoint = CheckpointStore(folder, run_folder.write).newest(warnings.append, opener)
    if not (folder / RESOLVED).exists():
        return Resumption(run_folder, record, spec_as_written(folder, record, overrides, permissions), overrides)
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


def is_member(folder: Path) -> bool:
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
        raise NothingLeft(f"the run {folder} has trained its {done} epochs; to train on, raise `{key}`")


def spec_as_written(folder: Path, record: dict[str, Any], overrides: tuple[str, ...], permissions: Permissions) -> Spec:
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
