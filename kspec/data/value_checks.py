"""Which values of a column an input can take."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from kspec.data.storage.mapped_arrays import WRITTEN, by_rows, pieces, row_bytes
from kspec.data.table import Column

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

FLOATS = {"float16", "float32", "float64", "bfloat16"}
SMALL = 4096
"""An array of so few values is looked at as a whole: a request may have thousands of columns, and a single row."""
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?inf(inity)?", re.IGNORECASE)
_TRUTHS = {"true": 1, "false": 0}


def by_row(bad: Array) -> Array:
    """Which rows have a bad value, shape (rows,).

    Args:
        bad: Which values are bad, shape (rows, …).
    """
    import numpy

    return numpy.asarray(bad.any(axis=tuple(range(1, bad.ndim))))


def non_finite(column: Column) -> Array:
    """The rows with an infinite number. In arrays, NaN counts too: imputation fills only scalar columns."""
    import numpy

    values = column.values
    if column.kind == "list":
        bad_lists = (row.dtype.kind == "f" and not numpy.isfinite(row).all() for row in values)
        return numpy.fromiter(bad_lists, bool, len(values)) & ~column.missing
    if values.dtype.kind != "f" or _are_finite(values):
        return numpy.zeros(len(values), bool)

    def bad_rows(values: Array) -> Array:
        return by_row(numpy.isinf(values) if column.kind != "array" else ~numpy.isfinite(values))

    bad: Array = by_rows(bad_rows, values)
    return bad & ~column.missing


def _are_finite(values: Array) -> bool:
    import numpy

    if values.size <= SMALL:
        return bool(numpy.isfinite(values).all())
    parts = pieces(len(values), WRITTEN * row_bytes(values))
    return all(bool(numpy.isfinite(values[part]).all()) for part in parts)


def misfits(dtype: str, column: Column) -> Array:
    """The rows with a value that a dtype cannot hold: fractions, and numbers out of range.

    Args:
        dtype: A Keras dtype; floats hold all numbers.
        column: A column of finite numbers.
    """
    bad: Array = by_rows(lambda values: by_row(_unfit(dtype, values)), column.values)
    return bad & ~column.missing


def misfit_in_row(dtype: str, column: Column, row: int) -> Any:
    """The first value in a row that a dtype cannot hold.

    Args:
        dtype: A Keras dtype.
        column: A column of numbers.
        row: A row that `misfits` finds.
    """
    import numpy

    values = numpy.ravel(column.values[row])
    return values[_unfit(dtype, values)][0]


def _unfit(dtype: str, values: Array) -> Array:
    """Which numbers a dtype cannot hold, in the shape of `values`."""
    import numpy

    if dtype in FLOATS or values.dtype.kind == "b":
        return numpy.zeros(values.shape, bool)
    if dtype == "bool":
        low, high = 0, 1
    else:
        bounds = numpy.iinfo(dtype)
        low, high = int(bounds.min), int(bounds.max)
    bad: Array = (values < low) | (values > high)
    if values.dtype.kind == "f":
        bad |= values != numpy.floor(values)
    return bad


def read_numbers(column: Column) -> tuple[Column, Array] | None:
    """The numbers of a column of text in which some value is none; without a number, its booleans.

    Returns:
        A column of floats, and the rows with another text, shape (n,); None if there is neither number nor boolean.
    """
    import numpy

    texts = [str(text).strip() for text in column.texts().tolist()]
    numbers = [float(text) if _NUMBER.fullmatch(text) else None for text in texts]
    if all(number is None for number in numbers):
        numbers = [_TRUTHS.get(text.lower()) for text in texts]
    unread = numpy.array([number is None for number in numbers], bool) & ~column.missing
    if (unread | column.missing).all():
        return None
    values = numpy.array([0.0 if number is None else number for number in numbers])
    return Column(column.name, "float", values, column.missing, column.texts), unread
