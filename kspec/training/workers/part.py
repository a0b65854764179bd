"""The part of a batch that a worker computes, and values of all parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from kspec.training.workers.cluster import Cluster


class Part(NamedTuple):
    """The rows of a batch from `start` to before `stop`, of `rows` in all; int32 scalars.

    Args:
        cluster: The workers.
        rows: The rows of the batch.
        start: The first that this worker computes.
        stop: The row before which its part ends.
        full: The rows of a full batch.
    """

    cluster: Cluster
    rows: tf.Tensor
    start: tf.Tensor
    stop: tf.Tensor
    full: int

    @classmethod
    def of(cls, cluster: Cluster, rows: tf.Tensor, full: int) -> Part:
        """The part of this worker: parts differ by one row at most, and may be empty in a smaller last batch.

        Args:
            cluster: The workers.
            rows: The rows of the batch.
            full: The rows of a full batch.
        """
        rank, count = cluster.rank, cluster.count
        return cls(cluster, rows, rows * rank // count, rows * (rank + 1) // count, full)

    @property
    def size(self) -> tf.Tensor:
        """How many rows it has."""
        return self.stop - self.start

    @property
    def fraction(self) -> tf.Tensor:
        """Its share of the batch's rows, float32."""
        return tf.cast(self.size, tf.float32) / tf.cast(self.rows, tf.float32)

    def of_batch(self, tensor: tf.Tensor) -> tf.Tensor:
        """The part's rows of a tensor.

        Args:
            tensor: Shape (rows, …).
        """
        return tensor[self.start : self.stop]

    def gather(self, tensor: tf.Tensor) -> tf.Tensor:
        """The values of all parts, as one worker would have computed them.

        A row's gradient goes to the worker that computed it.

        Args:
            tensor: The values of this part, shape (size, …).

        Returns:
            Shape (rows, …).
        """
        number = self._number()

        @tf.custom_gradient  # type: ignore[untyped-decorator]
        def collect(values: tf.Tensor) -> Any:
            return self._fill(values, self.start, self.rows, number), self.of_batch

        rows: tf.Tensor = collect(tensor)
        rows.set_shape([None, *tensor.shape[1:]])
        return rows

    def gather_slices(self, slices: Sequence[tf.IndexedSlices]) -> list[tf.IndexedSlices]:
        """The gradients of embeddings, for each of which a part names the rows that its examples look up.

        They stay apart from each other: Keras's optimizers square a row's gradients before they add them up.

        Args:
            slices: The gradients of this part.
        """
        if not slices:
            return []
        cluster = self.cluster
        own = tf.stack([tf.shape(each.indices)[0] for each in slices])
        sizes = cluster.reduce(tf.one_hot(cluster.rank, cluster.count, dtype=tf.int32)[:, None] * own, self._number())
        starts, totals = tf.reduce_sum(sizes[: cluster.rank], 0), tf.reduce_sum(sizes, 0)
        return [
            tf.IndexedSlices(
                self._fill(each.values, starts[place], totals[place], self._number()),
                self._fill(each.indices, starts[place], totals[place], self._number()),
                each.dense_shape,
            )
            for place, each in enumerate(slices)
        ]

    def _fill(self, values: tf.Tensor, start: tf.Tensor, rows: tf.Tensor, number: tf.Tensor) -> tf.Tensor:
        """The rows of all workers: each adds zeros for those of the others.

        Args:
            values: The rows of this worker, shape (n, …).
            start: The place of the first of them.
            rows: How many there are in all.
            number: The number of the sum.
        """
        after = rows - start - tf.shape(values)[0]
        padded = tf.pad(
            tf.cast(values, tf.int32) if values.dtype == tf.bool else values,
            [[start, after], *[[0, 0]] * (len(values.shape) - 1)],
        )
        return tf.cast(self.cluster.reduce(padded, number), values.dtype)

    def _number(self) -> tf.Tensor:
        """The number of a sum whose shape follows from the number of rows: a smaller last batch has its own."""
        whole, rest = self.cluster.numbers(2)
        return tf.where(tf.equal(self.rows, self.full), whole, rest)
