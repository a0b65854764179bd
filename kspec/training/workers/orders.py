"""What the chief tells the other workers to do next, so that all of them run the same loops."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from kspec.training.engine.schedule import Schedule
from kspec.training.interrupt import SIGNALS
from kspec.training.workers.cluster import Cluster

_LENGTH = 10
"""Integers in an order."""


class Kind(IntEnum):
    """What an order asks for."""

    DISMISS = 0
    BEGIN = 1
    COPY = 2
    TRAIN = 3
    TEST = 4
    END = 5


class Order(NamedTuple):
    """An order.

    Args:
        kind: What to do: begin a stage, copy the chief's variables, run batches, or end the stage or everything.
        values: Of a beginning, the schedule; of batches, how many, and whether they are the first of a
            validation.
    """

    kind: Kind
    values: tuple[int, ...] = ()

    @classmethod
    def begin(cls, schedule: Schedule) -> Order:
        """The order to begin a stage with a schedule."""
        return cls(Kind.BEGIN, tuple(-1 if each is None else each for each in schedule))

    @property
    def schedule(self) -> Schedule:
        """The schedule of the stage to begin."""
        schedule = Schedule(*self.values[: len(Schedule._fields)])
        return schedule._replace(validation_steps=None) if schedule.validation_steps == -1 else schedule


class Orders:
    """The orders of the chief.

    Args:
        cluster: The workers.
    """

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._number = cluster.numbers(1)[0]

    def give(self, order: Order) -> None:
        """Sends an order to the other workers, and waits until they have it."""
        values = [order.kind, *order.values]
        self._exchange(values + [0] * (_LENGTH - len(values)))

    def receive(self) -> Order:
        """Waits for the next order."""
        kind, *values = self._exchange([0] * _LENGTH)
        return Order(Kind(kind), tuple(values))

    def _exchange(self, values: list[int]) -> list[int]:
        numbers = tf.constant(np.array(values, np.int64))
        return [int(value) for value in self.cluster.reduce(numbers, self._number).numpy()]


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Lets signals wait until the end of the block: a chief that left between an order and its work would lose step."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    received: list[int] = []
    for number, handler in handlers.items():
        if callable(handler):
            signal.signal(number, lambda arrived, _: received.append(arrived))
    try:
        yield
    finally:
        for number, handler in handlers.items():
            if callable(handler):
                signal.signal(number, handler)
        for number in received:
            handler = handlers[signal.Signals(number)]
            assert callable(handler)
            handler(number, None)
