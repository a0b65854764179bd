"""Columns of a large table that are put side by side only in the rows that a split takes: the disk holds them once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kspec.data.storage.mapped_arrays import gathered, made_of, stacked, stacked_bytes, true_rows

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


class StackedColumns:
    """The values of several columns side by side.

    Args:
        columns: Each of shape (rows, …).
        dtype: Their type, once they are side by side.
        shape: Their shape then, (rows, …).
    """

    def __init__(self, columns: Sequence[Array], dtype: Any, shape: tuple[int, ...]) -> None:
        self._columns, self.dtype, self.shape = columns, dtype, shape

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Array) -> Array:
        """The values of some rows, shape (m, …).

        Args:
            rows: Their indices, shape (m,), or which rows, as booleans, shape (rows,).
        """
        import numpy

        indices = true_rows(rows) if rows.dtype == bool else rows
        flat = [column.reshape(len(self), -1) for column in self._columns]
        width = math.prod(self.shape[1:])

        def values(piece: slice) -> Array:
            result, at, places = numpy.empty((piece.stop - piece.start, width), self.dtype), 0, indices[piece]
            for column in flat:
                result[:, at : at + column.shape[1]] = gathered(column, places)
                at += column.shape[1]
            return result

        found = made_of((len(indices), width), self.dtype, values, bytes_each=stacked_bytes(width))
        return found.reshape(len(indices), *self.shape[1:])

    def whole(self) -> Array:
        """The values of all rows, shape (rows, …)."""
        return stacked(self._columns, self.dtype).reshape(self.shape)
