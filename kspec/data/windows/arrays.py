"""Windows over an array of rows, gathered when a batch needs them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kspec.data.storage.mapped_arrays import PIECE_BYTES, empty, is_mapped, pieces, row_bytes

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

TEXT_BYTES = 64
"""What a text counts as."""


@dataclass(slots=True)
class WindowArray:
    """Windows of one length over the rows of an array, which they share.

    Args:
        base: The rows, shape (rows, …).
        anchors: A row of each window, shape (n,); inputs and targets of the same examples share it.
        length: The rows of a window.
        shift: Where a window begins, counted from that row.
    """

    base: Array
    anchors: Array
    length: int
    shift: int = 0

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.anchors), self.length, *self.base.shape[1:])

    @property
    def dtype(self) -> Any:
        return self.base.dtype

    @property
    def nbytes(self) -> int:
        """The bytes of a copy of all windows."""
        each = TEXT_BYTES if self.dtype.kind in "OU" else self.dtype.itemsize
        return math.prod(self.shape) * each

    def __len__(self) -> int:
        return len(self.anchors)

    def __getitem__(self, chosen: Any) -> WindowArray:
        return WindowArray(self.base, self.anchors[chosen], self.length, self.shift)

    def array(self) -> Array:
        """A copy of all windows, shape (n, length, …), in a file if it is large and their rows lie in one.

        A row beyond the last one is that.
        """
        import numpy

        is_small = self.nbytes <= PIECE_BYTES
        copy = numpy.empty(self.shape, self.dtype) if is_small else empty(self.shape, self.dtype, self.base)
        for piece in pieces(len(self), row_bytes(copy)):
            copy[piece] = self._rows(self.anchors[piece])
        return copy

    def _rows(self, anchors: Array) -> Array:
        """The windows with these anchors, shape (m,), as an array of shape (m, length, …)."""
        import numpy

        rows = anchors[:, numpy.newaxis] + numpy.arange(self.shift, self.shift + self.length)
        return numpy.take(self.base, rows, axis=0, mode="clip")

    def decoder(self) -> Callable[[Any], Any]:
        """A TensorFlow function: indices, shape (b,) → windows, shape (b, length, …)."""
        import numpy

        from kspec.backend.tensorflow import import_tensorflow

        tf = import_tensorflow()

        if is_mapped(self.base):
            kind = tf.as_dtype(self.dtype)

            def gather_from_file(chosen: Any) -> Any:
                rows = tf.numpy_function(lambda each: self._rows(self.anchors[each]), [chosen], kind, stateful=False)
                rows.set_shape([None, *self.shape[1:]])
                return rows

            return gather_from_file

        with tf.device("CPU"):
            base, starts = tf.constant(self.base), tf.constant(self.anchors.astype(numpy.int64) + self.shift)
            steps = tf.range(self.length, dtype=tf.int64)

        def gather(chosen: Any) -> Any:
            return tf.gather(base, tf.gather(starts, chosen)[:, tf.newaxis] + steps)

        return gather


def copied_if_small(values: Any, most: int) -> Any:
    """A copy of windows of at most so many bytes, which every engine takes; other values as they are.

    Args:
        values: An array, windows, or files of images.
        most: The largest copy, in bytes.
    """
    return values.array() if isinstance(values, WindowArray) and values.nbytes <= most else values
