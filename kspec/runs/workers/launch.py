"""Starts the workers of a run, waits for its end, and replaces a worker that is lost."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from kspec.cluster.connect import Cluster
from kspec.compiler.compile import compile_spec
from kspec.diagnostics import SpecError
from kspec.language import Spec
from kspec.runs.folder_lock import locked
from kspec.runs.resumption import Resumption
from kspec.runs.run import Run
from kspec.runs.run_folder import RunFolder, RunFolderError
from kspec.runs.run_record import read_record
from kspec.runs.stopped_run import resumption_of
from kspec.runs.workers.attempt import Attempt
from kspec.runs.workers.local_worker import local_workers
from kspec.runs.workers.on_cluster import workers_on_cluster
from kspec.runs.workers.one_worker import WorkerLost
from kspec.runs.workers.task import Task
from kspec.syntax.path_policy import PathPolicy
from kspec.training.console import Console
from kspec.training.interrupt import Interrupt

MOST_LOSSES = 3
"""A run is given up once so many workers in a row are lost without a new checkpoint."""

LOSS_SECONDS = 2.0
"""How long after the failure of a worker another one may be found to be its cause, where all are on this machine."""
CLUSTER_LOSS_SECONDS = 45.0
"""The same on a cluster, which takes longer to notice that a machine is gone."""


def has_workers(spec: Spec) -> bool:
    """Whether several workers train the model of a spec."""
    return (spec.document.fit.workers or 1) > 1 and spec.document.data is not None


def run_with_workers(
    spec: Spec,
    folder: RunFolder | None,
    console: Console,
    *,
    out: str | os.PathLike[str],
    smoke: bool,
    cache: bool,
    cluster: Cluster | None = None,
    on_folder: Callable[[Path], None] = lambda _: None,
) -> Run:
    """Runs a spec whose model several workers train; see `execute`.

    Args:
        spec: A loaded spec.
        folder: The run folder; by default a new one in `out`.
        console: Where to print.
        out: Where run folders are made.
        smoke: Run a few batches through every step, and write nothing.
        cache: Store the data for the next run, even if its table is not large.
        cluster: Where the workers but the chief run; by default on this machine.
        on_folder: Called with a new run folder, before anything is written there.

    Returns:
        The run, without its model.

    Raises:
        SpecError: With every error in the spec or its data.
        StepFailed: If Keras or TensorFlow fails in a step.
        RunFolderError: If the run folder cannot be written, or workers are lost again and again.
    """
    compile_spec(spec).unwrap()
    task = _task(spec, console)
    if smoke:
        return _run(replace(task, cache=cache), console, cluster)
    if folder is None:
        folder = RunFolder.create(out, spec.name)
        on_folder(folder.path)
    with locked(folder.path):
        try:
            return _run(replace(task, folder=folder.path, cache=cache), console, cluster)
        except (SpecError, RunFolderError):
            if not (folder.path / "run.json").exists():  # no worker has begun
                folder.delete()
            raise


def resume_with_workers(resumption: Resumption, console: Console, cluster: Cluster | None = None) -> Run:
    """Goes on with a run whose model several workers train; the caller has locked its folder.

    Args:
        resumption: How it goes on.
        console: Where to print.
        cluster: Where the workers but the chief run; by default on this machine.
    """
    task = _task(resumption.spec, console)
    changes = tuple(resumption.overrides)
    return _run(replace(task, folder=resumption.folder.path, goes_on=True, changes=changes), console, cluster)


def _task(spec: Spec, console: Console) -> Task:
    permissions = spec.permissions
    granted = (permissions.code, permissions.outside, permissions.network)
    workers, is_stderr = spec.document.fit.workers or 1, _is_stderr(console)
    modules = (str(spec.folder),) if spec.document.extensions else ()
    task = Task(spec.source, spec.overrides, granted, None, workers)
    return replace(task, quiet=console.quiet, to_stderr=is_stderr, modules=modules)


def _is_stderr(console: Console) -> bool:
    """Whether a console prints on standard error; a stream of a notebook has no number."""
    try:
        return console.stream.fileno() == 2
    except (AttributeError, OSError):
        return False


def _run(task: Task, console: Console, cluster: Cluster | None) -> Run:
    """Runs a task to its end, with other workers for those that are lost.

    Args:
        task: The task.
        console: Where to print.
        cluster: Where the workers but the chief run; None for this machine.
    """
    losses, checkpoints = 0, _checkpoints(task)
    with Interrupt() as interrupt:
        while True:
            try:
                return _attempt(task, interrupt, console, cluster).run(task)
            except KeyboardInterrupt:  # before the chief has begun
                interrupt.clear()
                return _interrupted(task, interrupt)
            except WorkerLost as loss:
                if interrupt.signal is not None:
                    return _interrupted(task, interrupt)
                now = _checkpoints(task)
                losses, checkpoints = losses + 1 if now == checkpoints else 1, now
                if task.folder is None or losses == MOST_LOSSES or not loss.is_killed:
                    again = "" if losses < 2 else f", {losses} times without a checkpoint in between"
                    raise RunFolderError(f"{loss}{again}") from None
                console.step("workers", f"{loss}; the run goes on from its last checkpoint")
                task = _going_on(task)


def _attempt(task: Task, interrupt: Interrupt, console: Console, cluster: Cluster | None) -> Attempt:
    """The workers of a run.

    Args:
        task: The task.
        interrupt: As for `Attempt`.
        console: As for `_run`.
        cluster: As for `_run`.
    """
    if cluster is None:
        chief, *others = local_workers(task)
        return Attempt(chief, others, interrupt, LOSS_SECONDS)
    chief, placed = workers_on_cluster(cluster, task, lambda text: console.step("ray", text))
    is_here = all(worker.machine == chief.machine for worker in placed)
    return Attempt(chief, placed, interrupt, LOSS_SECONDS if is_here else CLUSTER_LOSS_SECONDS)


def _interrupted(task: Task, interrupt: Interrupt) -> Run:
    """A run that a signal has ended before its chief could."""
    name = "" if interrupt.signal is None else interrupt.signal.name
    return Run(task.source.name, task.folder, "interrupted", interrupted_by=name)


def _going_on(task: Task) -> Task:
    """The task of the workers that go on with a run."""
    assert task.folder is not None
    if not (task.folder / "run.json").is_file():  # it was lost before it began
        return task
    opener = PathPolicy(task.folder, task.granted._replace(folders=())).open_file
    resumption = resumption_of(task.folder, read_record(task.folder, opener), task.changes, task.granted, opener)
    return replace(task, source=resumption.spec.source, overrides=resumption.spec.overrides, goes_on=True)


def _checkpoints(task: Task) -> list[str]:
    """The names of a run's checkpoints."""
    return [] if task.folder is None else sorted(path.name for path in task.folder.glob("checkpoints/*.npz"))
