"""The distinct values of a column, found piece by piece."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from kspec.data.storage.mapped_arrays import empty, pieces, true_rows
from kspec.data.storage.scratch import copied_for_a_while

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

SMALL_RANGE = 1 << 16
"""Integers of a range up to this are counted rather than sorted."""
IN_CACHE = 64
"""How many times less is looked at together where each step makes an array: so much stays in the processor's cache."""
MAX_COUNTED = 1 << 20
"""More distinct texts are sorted rather than counted, if they lie in a file."""


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
    if values.dtype.kind in "iu" and (bounds := small_bounds(values)) is not None:
        return (numpy.flatnonzero(integer_counts(values, *bounds)) + bounds[0]).astype(values.dtype)
    found = values[:0]
    for piece in pieces(len(values)):
        found = numpy.unique(numpy.concatenate([found, numpy.unique(values[piece])]))
    return found


def numbered(values: Array) -> tuple[Array, Array]:
    """The distinct values, sorted, and the number of each value among these, int32, shape (n,): as `numpy.unique`.

    Args:
        values: Texts, or numbers without NaN, shape (n,).
    """
    import numpy

    known = distinct(values)
    known = known.astype(str) if known.dtype == object else known
    numbers = empty(len(values), numpy.int32, values)
    for piece in pieces(len(values), max(8, known.itemsize)):
        own = values[piece]
        numbers[piece] = numpy.searchsorted(known, own.astype(str) if own.dtype == object else own)
    return known, numbers


def count_texts(values: Array, missing: Array, most: int) -> tuple[int, dict[str, int]]:
    """The number of distinct texts and, if they are no more than `most`, how many rows have each.

    Args:
        values: Texts, shape (n,).
        missing: Which are missing, shape (n,).
        most: The most texts that are counted.
    """
    counts: Counter[str] = Counter()
    for piece in pieces(len(values)):
        known = values[piece]
        counts.update((known[~missing[piece]] if missing[piece].any() else known).tolist())
        if len(counts) > MAX_COUNTED and values.dtype != object:
            with in_order(values, missing) as ordered:
                return count_numbers(ordered, most)
    return len(counts), dict(counts) if len(counts) <= most else {}


def count_numbers(ordered: Array, most: int) -> tuple[int, dict[Any, int]]:
    """The number of distinct values and, if they are no more than `most`, how many rows have each.

    Args:
        ordered: Numbers, booleans or texts of one width in ascending order, shape (n,), n > 0.
        most: The most values that are counted.
    """
    import numpy

    count = 1
    for piece in pieces(len(ordered) - 1):
        count += int(numpy.count_nonzero(ordered[piece] != ordered[piece.start + 1 : piece.stop + 1]))
    if ordered.dtype.kind == "f" and numpy.isnan(ordered[-1]):
        count -= len(ordered) - 1 - int(numpy.searchsorted(ordered, numpy.nan))
    if count > most:
        return count, {}
    counts, start = {}, 0
    while start < len(ordered):
        end = int(numpy.searchsorted(ordered, ordered[start], side="right"))
        counts[ordered[start].item()] = end - start
        start = end
    return count, counts


@contextmanager
def in_order(values: Array, missing: Array) -> Iterator[Array]:
    """The numbers, booleans or texts of one width that are not missing, in ascending order; for a while.

    Args:
        values: Shape (n,).
        missing: Which are missing, shape (n,).
    """
    with copied_for_a_while(values, true_rows(~missing) if missing.any() else None) as ordered:
        ordered.sort()
        yield ordered


def small_bounds(values: Array) -> tuple[int, int] | None:
    """The least and the largest of integers; None if they are far apart, or if there are none."""
    if not len(values):
        return None
    least, most = int(values.min()), int(values.max())
    return (least, most) if most - least < SMALL_RANGE else None


def integer_counts(values: Array, least: int, most: int) -> Array:
    """How many rows have each integer from `least` to `most`.

    Args:
        values: Shape (n,).
        least: The least of them.
        most: The largest.
    """
    import numpy

    counts = numpy.zeros(most - least + 1, numpy.int64)
    for piece in pieces(len(values), IN_CACHE * 8):
        wide = values[piece] if values.dtype.kind == "u" else values[piece].astype(numpy.int64, copy=False)
        counts += numpy.bincount((wide - wide.dtype.type(least)).astype(numpy.int64), minlength=len(counts))
    return counts
