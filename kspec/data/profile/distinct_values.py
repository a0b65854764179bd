"""The distinct values of a column, found piece by piece."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from kspec.data.storage.mapped_arrays import empty, pieces, true_rows

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

SMALL_RANGE = 1 << 16
"""Integers of a range up to this are counted rather than sorted."""


def distinct(values: Array) -> Array:
    """The distinct values, sorted; texts by code point.

    Args:
        values: Shape (n,).
    """
    import numpy

    if values.dtype == object:
        texts: set[Any] = set()
        for piece in pieces(len(values)):
            texts.update(values[piece].tolist())
        return numpy.array(sorted(texts), dtype=object)
    if values.dtype.kind in "iu" and (bounds := _small_bounds(values)) is not None:
        return (numpy.flatnonzero(_integer_counts(values, *bounds)) + bounds[0]).astype(values.dtype)
    found = values[:0]
    for piece in pieces(len(values)):
        found = numpy.unique(numpy.concatenate([found, numpy.unique(values[piece])]))
    return found


def count_values(values: Array, missing: Array, most: int) -> tuple[int, dict[Any, int]]:
    """The number of distinct values and, if they are no more than `most`, how many rows have each.

    Args:
        values: Numbers, booleans or texts, shape (n,).
        missing: Which are missing, shape (n,).
        most: The most values that are counted.
    """
    import numpy

    if values.dtype == object:
        counts: Counter[str] = Counter()
        for piece in pieces(len(values)):
            known = values[piece]
            counts.update((known[~missing[piece]] if missing[piece].any() else known).tolist())
        return len(counts), dict(counts) if len(counts) <= most else {}
    known = _known(values, missing)
    if known.dtype.kind == "b":
        truths = int(numpy.count_nonzero(known))
        both = {False: len(known) - truths, True: truths}
        found = {value: count for value, count in both.items() if count}
        return len(found), found
    if known.dtype.kind in "iu" and (bounds := _small_bounds(known)) is not None:
        rows = _integer_counts(known, *bounds)
        present = numpy.flatnonzero(rows)
        if len(present) > most:
            return len(present), {}
        return len(present), dict(zip((present + bounds[0]).tolist(), rows[present].tolist(), strict=True))
    known.sort()
    count = 1
    for piece in pieces(len(known) - 1):
        count += int(numpy.count_nonzero(known[piece] != known[piece.start + 1 : piece.stop + 1]))
    if known.dtype.kind == "f" and numpy.isnan(known[-1]):
        count -= len(known) - 1 - int(numpy.searchsorted(known, numpy.nan))
    if count > most:
        return count, {}
    each, rows = numpy.unique(known, return_counts=True)
    return count, dict(zip(each.tolist(), rows.tolist(), strict=True))


def _known(values: Array, missing: Array) -> Array:
    """A copy of the values that are not missing; in a file if the table is large."""
    import numpy

    if not missing.any():
        known = empty(values.shape, values.dtype, values)
        known[...] = values
        return known
    rows = true_rows(~missing)
    return numpy.take(values, rows, out=empty(len(rows), values.dtype, values), mode="clip")


def _small_bounds(values: Array) -> tuple[int, int] | None:
    """The least and the largest of integers; None if they are far apart, or if there are none."""
    if not len(values):
        return None
    least, most = int(values.min()), int(values.max())
    return (least, most) if most - least < SMALL_RANGE else None


def _integer_counts(values: Array, least: int, most: int) -> Array:
    """How many rows have each integer from `least` to `most`."""
    import numpy

    counts = numpy.zeros(most - least + 1, numpy.int64)
    for piece in pieces(len(values)):
        wide = values[piece] if values.dtype.kind == "u" else values[piece].astype(numpy.int64)
        counts += numpy.bincount((wide - wide.dtype.type(least)).astype(numpy.int64), minlength=len(counts))
    return counts
