"""Repeated rows: which rows of a table are the first with their values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kspec.data.table import Column

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


def first_rows(columns: Sequence[Column], rows: int) -> Array:
    """Which rows are the first with their values in all columns; missing values are equal to each other.

    Args:
        columns: The columns, each of shape (rows, …).
        rows: The number of rows.

    Returns:
        Booleans, shape (rows,).
    """
    import numpy

    group = numpy.zeros(rows, numpy.int64)
    for column in columns:
        codes = _codes(column)
        _, group = numpy.unique(group * (int(codes.max(initial=0)) + 1) + codes, return_inverse=True)
        group = group.reshape(-1)
    first = numpy.zeros(rows, bool)
    first[numpy.unique(group, return_index=True)[1]] = True
    return first


def _codes(column: Column) -> Array:
    """Numbers that are equal where the values are; 0 for a missing one, shape (rows,)."""
    import numpy
    import pyarrow as pa

    values = column.values
    if values.ndim > 1:
        flat = numpy.ascontiguousarray(values).reshape(len(values), -1)
        values = numpy.array([row.tobytes() for row in flat], dtype=object)
    if values.dtype == object:
        indices = pa.array(values.tolist()).dictionary_encode().indices
        codes = indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(numpy.int64)
    else:
        codes = numpy.unique(values, return_inverse=True)[1].reshape(-1)
    return numpy.where(column.missing, 0, codes + 1)
