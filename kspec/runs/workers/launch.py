"""Starts the workers of a run, waits for its end, and replaces a worker that is lost."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from kspec.compiler.compile import compile_spec
from kspec.diagnostics import SpecError
from kspec.language import Spec
from kspec.runs.folder_lock import locked
from kspec.runs.resumption import Resumption
from kspec.runs.run import Run
from kspec.runs.run_folder import RunFolder, RunFolderError
from kspec.runs.run_record import read_record
from kspec.runs.side_by_side import ignoring_interrupts
from kspec.runs.stopped_run import resumption_of
from kspec.runs.workers.task import Task
from kspec.runs.workers.worker import serve
from kspec.syntax.path_policy import PathPolicy
from kspec.training.console import Console
from kspec.training.interrupt import Interrupt

MOST_LOSSES = 3
"""A run is given up once so many workers in a row are lost without a new checkpoint."""

LOSS_SECONDS = 2.0
"""How long after the failure of a worker another one may be found to be the cause: killed, which the first noticed."""


class WorkerLost(Exception):
    """A worker has ended without a word; the message says which one and how.

    Args:
        message: The message.
        code: The exit status; negative for a signal.
    """

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code

    @property
    def is_killed(self) -> bool:
        """Whether it was killed, and is not to blame."""
        return self.code < 0


def has_workers(spec: Spec) -> bool:
    """Whether several workers train the model of a spec."""
    return (spec.document.fit.workers or 1) > 1 and spec.document.data is not None


def run_with_workers(
    spec: Spec, folder: RunFolder | None, console: Console, *, out: str | os.PathLike[str], smoke: bool, cache: bool
) -> Run:
    """Runs a spec whose model several workers train; see `execute`.

    Args:
        spec: A loaded spec.
        folder: The run folder; by default a new one in `out`.
        console: Where to print.
        out: Where run folders are made.
        smoke: Run a few batches through every step, and write nothing.
        cache: Store the data for the next run, even if its table is not large.

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
        return _run(replace(task, cache=cache), console)
    folder = folder or RunFolder.create(out, spec.name)
    with locked(folder.path):
        return _run(replace(task, folder=folder.path, cache=cache), console)


def resume_with_workers(resumption: Resumption, console: Console) -> Run:
    """Goes on with a run whose model several workers train; the caller has locked its folder.

    Args:
        resumption: How it goes on.
        console: Where to print.
    """
    task = _task(resumption.spec, console)
    changes = tuple(resumption.overrides)
    return _run(replace(task, folder=resumption.folder.path, goes_on=True, changes=changes), console)


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


def _run(task: Task, console: Console) -> Run:
    """Runs a task to its end, with other workers for those that are lost."""
    losses, checkpoints = 0, _checkpoints(task)
    with Interrupt() as interrupt:
        while True:
            try:
                return _Workers(task, interrupt).result()
            except WorkerLost as loss:
                if interrupt.signal is not None:
                    return Run(task.source.name, task.folder, "interrupted", interrupted_by=interrupt.signal.name)
                now = _checkpoints(task)
                losses, checkpoints = losses + 1 if now == checkpoints else 1, now
                if task.folder is None or losses == MOST_LOSSES or not loss.is_killed:
                    again = "" if losses < 2 else f", {losses} times without a checkpoint in between"
                    raise RunFolderError(f"{loss}{again}") from None
                console.step("workers", f"{loss}; the run goes on from its last checkpoint")
                task = _going_on(task)


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


class _Workers:
    """The processes of a run on this machine.

    Args:
        task: The run.
        interrupt: Remembers a signal that ends it.
    """

    def __init__(self, task: Task, interrupt: Interrupt) -> None:
        self._interrupt = interrupt
        self._processes: list[BaseProcess] = []
        self._results: list[Connection] = []
        context = multiprocessing.get_context("spawn")
        addresses = [f"127.0.0.1:{port}" for port in free_ports(task.workers)]
        threads = max(1, (os.cpu_count() or 1) // task.workers)
        for rank in range(task.workers):
            place = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": rank}}
            own, other = context.Pipe(duplex=False)
            process = context.Process(target=serve, args=(rank, task, json.dumps(place), threads, other))
            if rank:
                with ignoring_interrupts():  # the chief ends the others
                    process.start()
            else:
                process.start()
            other.close()
            self._processes.append(process)
            self._results.append(own)

    def result(self) -> Run:
        """Waits for the end of the run.

        Raises:
            WorkerLost: If a process was killed, or ended without a word.
            Exception: That of a worker.
        """
        try:
            while True:
                try:
                    run = self._next()
                except KeyboardInterrupt:
                    self._forward()
                    continue
                if run is not None:
                    return run
        finally:
            self._end()

    def _next(self) -> Run | None:
        """Waits until something happens; returns the run if that was its end."""
        running = {process.sentinel: rank for rank, process in enumerate(self._processes) if process.is_alive()}
        ready = wait([self._results[0], *running])
        if self._results[0] in ready:
            return self._received(0)
        for sentinel in ready:
            rank = running[sentinel]  # type: ignore[index]
            if self._results[rank].poll():
                self._received(rank)
            elif (loss := self._loss(rank)).code != 0:
                raise loss
        return None

    def _received(self, rank: int) -> Run | None:
        """What a worker has sent.

        Raises:
            WorkerLost: If it has ended without a word.
            Exception: That of the worker.
        """
        try:
            result = self._results[rank].recv()
        except EOFError:
            raise self._loss(rank) from None
        if isinstance(result, SpecError):
            raise result
        if isinstance(result, BaseException):
            wait([process.sentinel for place, process in enumerate(self._processes) if place != rank], LOSS_SECONDS)
            lost = self._lost()
            if lost is not None:  # that is why this one has failed
                raise self._loss(lost)
            raise result
        if result is None and rank == 0:  # a signal came before the run had begun
            raise WorkerLost("the chief was interrupted", 1)
        return result if isinstance(result, Run) else None

    def _lost(self) -> int | None:
        """A worker that was killed; None if there is none."""
        return next((rank for rank, each in enumerate(self._processes) if (each.exitcode or 0) < 0), None)

    def _loss(self, rank: int) -> WorkerLost:
        self._processes[rank].join()  # its files are closed a moment before it is gone
        code = self._processes[rank].exitcode or 0
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with the exit status {code}"
        return WorkerLost(f"worker {rank + 1} of {len(self._processes)} {how}", code)

    def _forward(self) -> None:
        """Hands a signal on to the chief, which saves what it has trained."""
        self._interrupt.clear()
        chief = self._processes[0]
        if chief.pid is not None and chief.is_alive() and self._interrupt.signal is not None:
            with suppress(OSError):
                os.kill(chief.pid, self._interrupt.signal)

    def _end(self) -> None:
        """Ends the processes; nothing is left to save."""
        self._processes[0].join(10.0 if self._lost() is None else 0.0)
        for process in self._processes:
            if process.is_alive():
                process.kill()
            process.join()
        for results in self._results:
            results.close()


def free_ports(count: int) -> Sequence[int]:
    """Ports of this machine that nobody listens to."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()
