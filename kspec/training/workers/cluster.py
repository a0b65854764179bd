"""The processes that train one model together, and the one thing that they do together: they add up tensors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

GROUP = 1
"""The number of the group of all workers among TensorFlow's collective operations."""
_WIDENED = {tf.bool: tf.int32, tf.int8: tf.int32, tf.uint8: tf.int32, tf.int16: tf.int32, tf.uint16: tf.int32}
_WIDENED |= {tf.uint32: tf.int64, tf.float16: tf.float32, tf.bfloat16: tf.float32}
"""Types that are added up as another type, which has all of their values."""


class Cluster:
    """A cluster of workers, each a process with a copy of the model; the first is the chief.

    All workers trace the same functions in the same order, so that a sum has the same number in each of them.

    Args:
        rank: The place of this process, from 0.
        count: The number of workers.
    """

    def __init__(self, rank: int, count: int) -> None:
        self.rank = rank
        self.count = count
        self._sums = 0
        self._latest: tf.Tensor | None = None

    @classmethod
    def join(cls, rank: int, count: int) -> Cluster:
        """Joins the cluster that `TF_CONFIG` describes, and waits until all workers have.

        The strategy connects the processes, and notices when one of them is gone. Variables stay plain ones.

        Args:
            rank: The place of this process, from 0.
            count: The number of workers.
        """
        cluster = cls(rank, count)
        cluster._strategy = tf.distribute.MultiWorkerMirroredStrategy()  # type: ignore[attr-defined]
        return cluster

    @property
    def is_chief(self) -> bool:
        """Whether this is the process that runs the spec; the others only help it to train."""
        return self.rank == 0

    def all_sum(self, tensor: tf.Tensor) -> tf.Tensor:
        """The sum of a tensor over all workers, the same bits in each of them. It can be differentiated.

        Args:
            tensor: A number type; the same shape in each worker, and in each run of the operation.
        """
        forward, backward = self._number(), self._number()

        @tf.custom_gradient  # type: ignore[untyped-decorator]
        def add_up(values: tf.Tensor) -> Any:
            # each worker's loss depends on the sum, and the sum on each worker's values
            return self.reduce(values, forward), lambda upstream: self.reduce(upstream, backward)

        total: tf.Tensor = add_up(tensor)
        return total

    def sum_each(self, tensors: Sequence[tf.Tensor]) -> list[tf.Tensor]:
        """The sums of several tensors over all workers, in one operation for each type.

        Args:
            tensors: Tensors whose shapes are known.
        """
        results: dict[int, tf.Tensor] = {}
        for dtype in dict.fromkeys(tensor.dtype for tensor in tensors):
            own = [(place, tensor) for place, tensor in enumerate(tensors) if tensor.dtype == dtype]
            total = self.reduce(tf.concat([tf.reshape(tensor, [-1]) for _, tensor in own], 0), self._number())
            parts = tf.split(total, [math.prod(tensor.shape) for _, tensor in own])
            for (place, tensor), part in zip(own, parts, strict=True):
                results[place] = tf.reshape(part, tensor.shape)
        return [results[place] for place in range(len(tensors))]

    def numbers(self, count: int) -> list[int]:
        """Reserves the numbers of some sums."""
        return [self._number() for _ in range(count)]

    def reduce(self, tensor: tf.Tensor, number: int | tf.Tensor) -> tf.Tensor:
        """The sum of a tensor over all workers, one after the other where a graph has several.

        Args:
            tensor: A number type, or bool.
            number: Tells the sum from all others; those of one number have one shape.
        """
        dtype = tensor.dtype
        before = [self._latest] if self._is_in_this_graph() else []
        with tf.control_dependencies(before):
            total = tf.raw_ops.CollectiveReduceV2(
                input=tf.cast(tensor, _WIDENED.get(dtype, dtype)),
                group_size=self.count,
                group_key=GROUP,
                instance_key=number,
                ordering_token=[],
                merge_op="Add",
                final_op="Id",
            )
        self._latest = total
        return tf.cast(total, dtype)

    def _is_in_this_graph(self) -> bool:
        if self._latest is None or tf.executing_eagerly():
            return False
        return getattr(self._latest, "graph", None) is tf.compat.v1.get_default_graph()  # eager tensors have none

    def _number(self) -> int:
        self._sums += 1
        return self._sums
