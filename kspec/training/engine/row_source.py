"""The rows of a loop: tensors in memory, or chunks of batches prepared ahead within a memory budget."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from kspec.data.pipeline import CHUNK_BYTES, Batches
from kspec.training.engine.tensors import Signature, Tensors

Order = np.ndarray[Any, Any]
"""Indices of examples, shape (n,)."""


def memory_budget() -> int:
    """Bytes of examples that may be held in memory as tensors: a quarter of the machine's memory."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 4
    except (AttributeError, ValueError, OSError):
        return 2 << 30


class Rows(NamedTuple):
    """A chunk of batches.

    Args:
        tensors: Structured like a batch, first axis examples.
        batches: The number of batches, including a smaller last one.
        full: The number of full batches.
    """

    tensors: Tensors
    batches: int
    full: int


class RowSource:
    """Supplies examples chunk by chunk, in the order of each pass.

    Args:
        batches: The examples.
        budget: Examples of up to so many bytes are held in memory as tensors, and gathered there.
        chunk_bytes: Bytes of a chunk; if chunks are prepared ahead, two are in memory.

    Attributes:
        signature: The specs of the rows.
        chunk_batches: Full batches in a chunk.
    """

    def __init__(self, batches: Batches, *, budget: int | None = None, chunk_bytes: int = CHUNK_BYTES) -> None:
        self.batches = batches
        self.steps = batches.steps
        size = batches.batch_size
        largest = max(1, chunk_bytes // max(1, batches.bytes_each * size))
        chunks = -(-self.steps // largest)
        self.chunk_batches = max(1, min(-(-self.steps // chunks), batches.examples // size))
        budget = memory_budget() if budget is None else budget
        is_copied = batches.in_memory and not batches.is_mapped
        self.resident = is_copied and batches.bytes_each * batches.stored <= budget
        if self.resident:
            self._tensors: Tensors = batches.tensors()
        else:
            self._pick = batches.picker()
        first = self._tensors if self.resident else self._pick(np.arange(min(1, batches.examples)))
        self.signature: Signature = tf.nest.map_structure(lambda t: tf.TensorSpec([None, *t.shape[1:]], t.dtype), first)

    def passes(self, numbers: Iterable[int]) -> Iterator[Rows]:
        """The chunks of these passes over the examples, each pass in the order of its epoch."""
        if self.resident:
            for number in numbers:
                yield from self._resident(number)
        else:
            yield from self._prefetch(order for number in numbers for order in self._orders(number))

    def _prefetch(self, orders: Iterable[Order]) -> Iterator[Rows]:
        """Prepares each chunk while the one before it is in use."""
        with ThreadPoolExecutor(1, "kspec-rows") as executor:
            pending: tuple[Future[Tensors], int] | None = None
            for order in orders:
                ready, pending = pending, (executor.submit(self._pick, order), len(order))
                if ready is not None:
                    yield self._rows(ready[0].result(), ready[1])
            if pending is not None:
                yield self._rows(pending[0].result(), pending[1])

    def _resident(self, number: int) -> Iterator[Rows]:
        if not self.batches.shuffle and self.batches.drawn is None and self.chunk_batches >= self.steps - 1:
            yield self._rows(self._tensors, self.batches.examples)
            return
        for order in self._orders(number):
            yield self._rows(_gather(self._tensors, tf.constant(order)), len(order))

    def _orders(self, number: int) -> Iterator[Order]:
        """The indices of the examples in each chunk of a pass."""
        order = self.batches.order(number)
        span = self.chunk_batches * self.batches.batch_size
        rest = len(order) - len(order) // span * span
        if 0 < rest < self.batches.batch_size:  # a smaller last batch joins the chunk before it
            ends = [*range(span, len(order) - span, span), len(order)]
        else:
            ends = [*range(span, len(order), span), len(order)]
        start = 0
        for end in ends:
            yield order[start:end]
            start = end

    def _rows(self, tensors: Tensors, count: int) -> Rows:
        full, rest = divmod(count, self.batches.batch_size)
        return Rows(tensors, full + bool(rest), full)


@functools.partial(tf.function, autograph=False, reduce_retracing=True)
def _gather(tensors: Tensors, order: tf.Tensor) -> Tensors:
    """The rows of tensors in some order; traced once for all sources of like examples.

    Args:
        tensors: First axis examples.
        order: The indices of the rows, int64.
    """
    rows: Tensors = tf.nest.map_structure(lambda tensor: tf.gather(tensor, order), tensors)
    return rows
