"""Where a loop's rows come from: tensors that lie in memory, or runs of batches made ahead within bounds."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from kspec.data.pipeline import CHUNK_BYTES, Batches


def memory_budget() -> int:
    """Bytes of examples that may lie in memory as tensors: a quarter of the machine's memory."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 4
    except (AttributeError, ValueError, OSError):
        return 2 << 30


class Rows(NamedTuple):
    """A run of batches.

    Args:
        tensors: As a batch has them, first axis rows.
        batches: How many, a smaller last one among them.
        whole: How many of them are whole.
    """

    tensors: Any
    batches: int
    whole: int


class RowSource:
    """The rows of a part, run after run, in the order of each pass.

    Args:
        batches: The examples.
        budget: Bytes up to which they are laid in memory as tensors, and gathered there.
        run_bytes: Bytes of a run; of those that are made ahead, two are in memory.
    """

    def __init__(self, batches: Batches, *, budget: int | None = None, run_bytes: int = CHUNK_BYTES) -> None:
        self.batches = batches
        self.steps = batches.steps
        size = batches.batch_size
        most = max(1, run_bytes // max(1, batches.bytes_each * size))
        runs = -(-self.steps // most)
        self.several = max(1, min(-(-self.steps // runs), batches.examples // size))
        budget = memory_budget() if budget is None else budget
        self.resident = batches.in_memory and batches.bytes_each * batches.examples <= budget
        if self.resident:
            self._tensors = batches.tensors()
        else:
            self._some = batches.picker()
        first = self._tensors if self.resident else self._some(np.arange(min(1, batches.examples)))
        self.signature = tf.nest.map_structure(lambda t: tf.TensorSpec([None, *t.shape[1:]], t.dtype), first)
        self._gather = tf.function(self._gathered, [tf.TensorSpec([None], tf.int64)], autograph=False)

    def passes(self, numbers: Iterable[int]) -> Iterator[Rows]:
        """The runs of these passes, one after the other, each pass in the order of its epoch."""
        if self.resident:
            for number in numbers:
                yield from self._resident(number)
        else:
            yield from self._made_ahead(order for number in numbers for order in self._orders(number))

    def _made_ahead(self, orders: Iterable[Any]) -> Iterator[Rows]:
        """Each run made while the one before it is in use."""
        with ThreadPoolExecutor(1, "kspec-rows") as maker:
            coming: Any = None
            for order in orders:
                ready, coming = coming, (maker.submit(self._some, order), len(order))
                if ready is not None:
                    yield self._rows(ready[0].result(), ready[1])
            if coming is not None:
                yield self._rows(coming[0].result(), coming[1])

    def _resident(self, number: int) -> Iterator[Rows]:
        if not self.batches.shuffle and self.several >= self.steps - 1:
            yield self._rows(self._tensors, self.batches.examples)
            return
        for order in self._orders(number):
            yield self._rows(self._gather(order), len(order))

    def _orders(self, number: int) -> Iterator[Any]:
        """The examples of each run of a pass."""
        order = self.batches.order(number)
        span = self.several * self.batches.batch_size
        rest = len(order) - len(order) // span * span
        if 0 < rest < self.batches.batch_size:  # a smaller last batch goes with the run before it
            ends = [*range(span, len(order) - span, span), len(order)]
        else:
            ends = [*range(span, len(order), span), len(order)]
        start = 0
        for end in ends:
            yield order[start:end]
            start = end

    def _gathered(self, order: Any) -> Any:
        return tf.nest.map_structure(lambda tensor: tf.gather(tensor, order), self._tensors)

    def _rows(self, tensors: Any, count: int) -> Rows:
        whole, rest = divmod(count, self.batches.batch_size)
        return Rows(tensors, whole + bool(rest), whole)
