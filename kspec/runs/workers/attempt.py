"""One attempt to bring a run to its end: all of its workers, from their beginning to their end."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Sequence
from multiprocessing.connection import wait

from kspec.diagnostics import SpecError
from kspec.runs.run import Run
from kspec.runs.workers.local_worker import LocalWorker
from kspec.runs.workers.one_worker import Worker, WorkerLost
from kspec.runs.workers.task import Task
from kspec.training.interrupt import Interrupt

CHIEF_SECONDS = 10.0
"""How long the chief may take to end, once it has sent its result."""


class Attempt:
    """Workers that train together until the run ends, or one of them is lost.

    Args:
        chief: The first worker.
        others: The other ones, by rank.
        interrupt: Remembers a signal that ends the run.
        loss_seconds: How long after the failure of a worker another one may be found to be the cause: killed, which
            the first noticed.
    """

    def __init__(self, chief: LocalWorker, others: Sequence[Worker], interrupt: Interrupt, loss_seconds: float) -> None:
        self._chief = chief
        self._workers: list[Worker] = [chief, *others]
        self._interrupt = interrupt
        self._loss_seconds = loss_seconds

    def run(self, task: Task) -> Run:
        """Runs a task to its end.

        Raises:
            WorkerLost: If a worker was killed, or ended without a word.
            Exception: That of a worker.
        """
        try:
            self._begin(task)
            while True:
                try:
                    run = self._next()
                except KeyboardInterrupt:  # the chief saves what it has trained
                    self._interrupt.clear()
                    if self._interrupt.signal is not None:
                        self._chief.interrupt(self._interrupt.signal)
                    continue
                if run is not None:
                    return run
        finally:
            self.end()

    def end(self) -> None:
        """Ends the workers; nothing is left to save."""
        lost = any(worker.loss() for worker in self._workers)
        for worker in self._workers:
            worker.end(CHIEF_SECONDS if worker is self._chief and not lost else 0.0)

    def _begin(self, task: Task) -> None:
        addresses = [worker.address for worker in self._workers]
        on_machine = Counter(worker.machine for worker in self._workers)
        for rank, worker in enumerate(self._workers):
            place = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": rank}}
            worker.begin(task, json.dumps(place), on_machine[worker.machine])

    def _next(self) -> Run | None:
        """Waits until something happens; returns the run if that was its end."""
        signs = {sign: worker for worker in self._workers for sign in worker.signs}
        ready = [signs[sign] for sign in wait(list(signs))]  # type: ignore[index]
        for worker in self._workers:  # the chief, if it has a result, is heard first
            if worker in ready and (run := self._hear(worker)) is not None:
                return run
        return None

    def _hear(self, worker: Worker) -> Run | None:
        """Takes the result of a worker.

        Raises:
            WorkerLost: If it has ended without one.
            Exception: That of the worker.
        """
        result = worker.take()
        if isinstance(result, SpecError):
            raise result
        if isinstance(result, BaseException):
            raise self._loss_beside(worker) or result  # that is why this one has failed
        if result is None and worker is self._chief:  # a signal came before the run had begun
            raise WorkerLost("the chief was interrupted", False)
        return result

    def _loss_beside(self, worker: Worker) -> WorkerLost | None:
        """Waits until another worker turns out to be lost; None if there is none."""
        end = time.monotonic() + self._loss_seconds
        while True:
            for each in self._workers:
                if (loss := each.loss()) is not None:
                    return loss
            running = [each.end_sign for each in self._workers if each is not worker and each.is_running]
            left = end - time.monotonic()
            if not running or left <= 0:
                return None
            wait(running, left)
