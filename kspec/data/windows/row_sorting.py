"""Rows in the order of series and times, sorted series by series: a sort takes memory for the rows of one alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kspec.data.storage.mapped_arrays import counted, empty, pieces, taken

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


def order_by(keys: Array | None, rows: int, like: Array | None = None) -> Array:
    """The rows in the order of their keys, those of one key as they stand: indices, int64, shape (rows,).

    Args:
        keys: A number from 0 for each row, shape (rows,); None for one key.
        rows: The number of rows.
        like: An array of the same table.
    """
    import numpy

    if keys is None:
        return counted(0, rows, like)
    ends = _ends(keys)
    free = numpy.append(0, ends[:-1])  # by key, the place of its next row
    order = empty(rows, numpy.int64, keys)
    for piece in pieces(rows):
        own = numpy.argsort(keys[piece], kind="stable")
        sorted_keys = keys[piece][own]
        counts = numpy.bincount(sorted_keys, minlength=len(ends))
        before = numpy.cumsum(counts) - counts
        order[(free - before)[sorted_keys] + numpy.arange(len(own))] = own + piece.start
        free += counts
    return order


def sort_within(order: Array, keys: Array | None, values: Array) -> bool:
    """Sorts the rows of each key by their values; rows with equal ones stay as they are.

    Args:
        order: The rows in the order of their keys, shape (rows,); is sorted.
        keys: As in `order_by`.
        values: The value of each row, shape (rows,).

    Returns:
        Whether they were in order.
    """
    import numpy

    ends = numpy.array([len(order)]) if keys is None else _ends(keys)
    were_sorted, start = True, 0
    largest = next(pieces(len(order))).stop if len(order) else 0
    while start < len(order):
        place = int(numpy.searchsorted(ends, start + largest, side="right")) - 1
        end = int(ends[place]) if place >= 0 and ends[place] > start else int(ends[place + 1])
        part = order[start:end]  # whole keys: as many as are sorted together, or one that is larger
        if not _are_sorted(part, keys, values):
            own = taken(values, part)
            arranged = numpy.lexsort((own,) if keys is None else (own, keys[part]))
            order[start:end] = taken(part, arranged)
            were_sorted = False
        start = end
    return were_sorted


def are_followed(keys: Array) -> Array:
    """Whether a row and the one after it have the same key: booleans, shape (rows - 1,)."""
    followed: Array = keys[1:] == keys[:-1]
    return followed


def _ends(keys: Array) -> Array:
    """By key, how many rows have it or one before it."""
    import numpy

    counts = numpy.zeros(0, int)
    for piece in pieces(len(keys)):
        own = numpy.bincount(keys[piece], minlength=len(counts))
        own[: len(counts)] += counts
        counts = own
    return numpy.cumsum(counts)


def _are_sorted(order: Array, keys: Array | None, values: Array) -> bool:
    """Whether rows in the order of their keys have ascending values.

    Args:
        order: The rows, shape (n,).
        keys: As in `order_by`.
        values: The value of each row of the table.
    """
    import numpy

    for piece in pieces(len(order)):
        rows = order[piece.start : piece.stop + 1]
        own = values[rows]
        falls = own[1:] < own[:-1]
        if keys is not None:
            falls &= are_followed(keys[rows])
        if numpy.any(falls):
            return False
    return True
