"""Requests that wait together pass through the model together.

One thread runs a model. While it is busy, requests queue; it then takes what waits, up to a number of rows. Clients
that were answered together mostly ask again together, so that the thread waits a moment for as many as before.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from kspec.serving.job import Job
from kspec.serving.row_errors import RequestError

RETRY_AFTER = 1
"""The seconds after which a client may try again when the queue is full."""


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """How requests are put together.

    Args:
        rows: The most rows that pass through the model together; a larger request passes alone.
        wait: How long a request waits for others, in seconds.
        queue: The most rows that wait.
    """

    rows: int = 64
    wait: float = 0.001
    queue: int = 4096


@dataclass(slots=True)
class _Waiting:
    """The jobs of a request that waits, and the future that its handler awaits."""

    jobs: Sequence[Job]
    future: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop

    @property
    def count(self) -> int:
        """The number of rows."""
        return sum(job.count for job in self.jobs)


class Closed(Exception):
    """The batcher takes no more jobs: another one has taken its place, or the server stops."""


class Batcher:
    """A queue, and the thread that empties it.

    Args:
        run: Computes the results of jobs together, one for each; may return exceptions. Called in the thread.
        limits: How requests are put together.
        observe: Called with the number of rows of each batch.
    """

    def __init__(
        self,
        run: Callable[[Sequence[Job]], Sequence[Any]],
        limits: BatchLimits,
        observe: Callable[[int], None] = lambda _rows: None,
    ) -> None:
        self._run, self._limits, self._observe = run, limits, observe
        self._queue: deque[_Waiting] = deque()
        self._rows, self._expected = 0, 1
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="kspec-model", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """The rows that wait."""
        return self._rows

    async def submit(self, jobs: Sequence[Job]) -> list[Any]:
        """The results of jobs, which pass through the model together.

        Raises:
            RequestError: If the queue is full.
            Closed: If the batcher is.
        """
        loop = asyncio.get_running_loop()
        waiting = _Waiting(jobs, loop.create_future(), loop)
        with self._changed:
            if self._closing:
                raise Closed
            if self._rows and self._rows + waiting.count > self._limits.queue:
                raise RequestError(429, "too many rows wait", f"try again after {RETRY_AFTER} s")
            self._queue.append(waiting)
            self._rows += waiting.count
            if len(self._queue) == 1 or self._is_full():  # else the thread is not to be woken in vain
                self._changed.notify()
        results: list[Any] = await waiting.future
        return results

    def close(self) -> None:
        """Answers what waits, then ends the thread."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _work(self) -> None:
        while batch := self._next():
            done: Sequence[Any]
            jobs = [job for each in batch for job in each.jobs]
            self._observe(sum(job.count for job in jobs))
            try:
                done = self._run(jobs)
            except Exception as error:  # of any kind: each request gets it, and the thread goes on
                done = [error] * len(jobs)
            self._deliver(batch, done)

    def _next(self) -> list[_Waiting]:
        """What passes through the model next; empty when the batcher is closed."""
        with self._changed:
            while not self._queue:
                if self._closing:
                    return []
                self._changed.wait()
            self._changed.wait_for(self._is_full, self._limits.wait)
            batch, rows = list[_Waiting](), 0
            while self._queue and (not batch or rows + self._queue[0].count <= self._limits.rows):
                waiting = self._queue.popleft()
                rows += waiting.count
                if not waiting.future.cancelled():
                    batch.append(waiting)
            self._rows -= rows
            self._expected = max(1, len(batch))
            return batch or self._next()

    def _is_full(self) -> bool:
        """Whether as many requests wait as there were before, or as many rows as pass together."""
        return len(self._queue) >= self._expected or self._rows >= self._limits.rows or self._closing

    @staticmethod
    def _deliver(batch: Sequence[_Waiting], done: Sequence[Any]) -> None:
        """Hands each result to the loop of its request, all in one call."""
        results = iter(done)
        pairs = [(waiting, [next(results) for _ in waiting.jobs]) for waiting in batch]

        def set_results() -> None:
            for waiting, found in pairs:
                if waiting.future.done():  # its client has gone
                    continue
                failure = next((each for each in found if isinstance(each, Exception)), None)
                if failure is not None:
                    waiting.future.set_exception(failure)
                else:
                    waiting.future.set_result(found)

        batch[0].loop.call_soon_threadsafe(set_results)
