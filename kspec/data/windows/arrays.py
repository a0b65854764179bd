"""Windows over an array of rows, gathered when a batch needs them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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
        starts: The first row of each window, shape (n,).
        length: The rows of a window.
    """

    base: Array
    starts: Array
    length: int

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.starts), self.length, *self.base.shape[1:])

    @property
    def dtype(self) -> Any:
        return self.base.dtype

    @property
    def nbytes(self) -> int:
        """The bytes of a copy of all windows."""
        each = TEXT_BYTES if self.dtype.kind in "OU" else self.dtype.itemsize
        return math.prod(self.shape) * each

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, chosen: Any) -> WindowArray:
        return WindowArray(self.base, self.starts[chosen], self.length)

    def array(self) -> Array:
        """A copy of all windows, shape (n, length, …)."""
        import numpy

        rows: Array = self.base[self.starts[:, numpy.newaxis] + numpy.arange(self.length)]
        return rows

    def decoder(self) -> Callable[[Any], Any]:
        """A TensorFlow function: indices, shape (b,) → windows, shape (b, length, …)."""
        import numpy

        from kspec.backend.tensorflow import import_tensorflow

        tf = import_tensorflow()

        with tf.device("CPU"):
            base, starts = tf.constant(self.base), tf.constant(self.starts.astype(numpy.int64))
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
