"""A worker that is a process of this machine."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection

from kspec.runs.run import Run
from kspec.runs.side_by_side import ignoring_interrupts
from kspec.runs.workers.gpus import gpu_environment, visible_gpus
from kspec.runs.workers.one_worker import WorkerLost
from kspec.runs.workers.task import Task
from kspec.runs.workers.worker import serve


class LocalWorker:
    """A process of this machine.

    Args:
        rank: Which worker it is, from 0; that is the chief.
        task: The run.
        address: Where the others reach it.
        environment: Variables of its environment.
        machine: The name of this machine.
    """

    def __init__(self, rank: int, task: Task, address: str, environment: Mapping[str, str], machine: str = "") -> None:
        self.address, self.machine, self._environment = address, machine, environment
        self._rank, self._count = rank, task.workers
        self._has_result = False
        self._results: Connection | None = None
        self._process = multiprocessing.get_context("spawn").Process()

    def begin(self, task: Task, config: str, neighbors: int) -> None:
        """See `Worker.begin`."""
        context = multiprocessing.get_context("spawn")
        threads = max(1, (os.cpu_count() or 1) // neighbors)
        self._results, other = context.Pipe(duplex=False)
        environment = {**self._environment, "TF_CONFIG": config}
        self._process = context.Process(target=serve, args=(self._rank, task, environment, threads, other))
        if self._rank:
            with ignoring_interrupts():  # the chief ends the others
                self._process.start()
        else:
            self._process.start()
        other.close()

    @property
    def signs(self) -> list[Connection | int]:
        """See `Worker.signs`."""
        return [] if self._has_result or self._results is None else [self._results, self._process.sentinel]

    @property
    def end_sign(self) -> int:
        """See `Worker.end_sign`."""
        return self._process.sentinel

    @property
    def is_running(self) -> bool:
        """See `Worker.is_running`."""
        return self._process.is_alive()

    def take(self) -> Run | BaseException | None:
        """See `Worker.take`."""
        assert self._results is not None
        self._has_result = True
        try:
            if self._results.poll():
                result: Run | BaseException | None = self._results.recv()
                return result
        except EOFError:
            pass
        raise self._ended()

    def loss(self) -> WorkerLost | None:
        """See `Worker.loss`."""
        return self._ended() if (self._process.exitcode or 0) < 0 else None

    def interrupt(self, number: int) -> None:
        """Hands a signal on to it."""
        if self._process.pid is not None and self._process.is_alive():
            with suppress(OSError):
                os.kill(self._process.pid, number)

    def end(self, seconds: float) -> None:
        """See `Worker.end`."""
        if self._results is None:
            return
        self._process.join(seconds)
        if self._process.is_alive():
            self._process.kill()
        self._process.join()
        self._results.close()

    def _ended(self) -> WorkerLost:
        self._process.join()  # its files are closed a moment before it is gone
        code = self._process.exitcode or 0
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with the exit status {code}"
        return WorkerLost(f"worker {self._rank + 1} of {self._count} {how}", code < 0)


def local_workers(task: Task) -> list[LocalWorker]:
    """The workers of a run, all of them on this machine."""
    gpus, ports = visible_gpus(), free_ports(task.workers)
    return [
        LocalWorker(rank, task, f"127.0.0.1:{port}", gpu_environment(rank, gpus)) for rank, port in enumerate(ports)
    ]


def free_ports(count: int, host: str = "127.0.0.1") -> Sequence[int]:
    """Ports of this machine that nobody listens to.

    Args:
        count: How many.
        host: An address of this machine; "" for all of them.
    """
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind((host, 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()
