"""A worker as the process that starts it sees it, wherever it runs, and how it is lost."""

from __future__ import annotations

from multiprocessing.connection import Connection
from typing import Protocol

from kspec.runs.run import Run
from kspec.runs.workers.task import Task


class WorkerLost(Exception):
    """A worker has ended without a word; the message says which one and how.

    Args:
        message: The message.
        is_killed: Whether it was killed, and is not to blame.
    """

    def __init__(self, message: str, is_killed: bool) -> None:
        super().__init__(message)
        self.is_killed = is_killed


class Worker(Protocol):
    """A worker."""

    @property
    def address(self) -> str:
        """`HOST:PORT`, where the other workers reach it."""

    @property
    def machine(self) -> str:
        """Names the machine that it runs on."""

    def begin(self, task: Task, config: str, neighbors: int) -> None:
        """Begins its share of a run.

        Args:
            task: The run.
            config: The value of `TF_CONFIG`.
            neighbors: The workers of the run on its machine, with this one.
        """

    @property
    def signs(self) -> list[Connection | int]:
        """What is ready, for `multiprocessing.connection.wait`, once it has a result or is gone; nothing after that."""

    @property
    def end_sign(self) -> Connection | int:
        """What is ready once it has ended."""

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""

    def take(self) -> Run | BaseException | None:
        """Its result, once there is one: that of a run, if it is the chief; or an error.

        Raises:
            WorkerLost: If it has ended without one.
        """

    def loss(self) -> WorkerLost | None:
        """How it was killed; None if it was not."""

    def end(self, seconds: float) -> None:
        """Ends it.

        Args:
            seconds: How long it may take to end by itself.
        """
