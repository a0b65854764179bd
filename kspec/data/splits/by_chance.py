"""Splits by chance, also within classes; see `kspec.data.split` for what they promise."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kspec.data.randomness import SPLIT, generator
from kspec.data.storage.mapped_arrays import made_of, pieces, zeros
from kspec.language.source_files import SPLITS

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

VALIDATION, TEST = SPLITS.index("validation"), SPLITS.index("test")


def split_by_chance(count: int, fractions: Mapping[str, float], seed: int, classes: Array | None = None) -> Array:
    """The number of the split of each row, int8, shape (count,).

    Args:
        count: The number of rows.
        fractions: By split, its fraction of the rows.
        seed: The seed of the spec.
        classes: The class of each row, numbered in sorted order, shape (count,); None for a split by chance alone.
    """
    import numpy

    order, split_of = _order(count, seed), zeros(count, numpy.int8)
    test, validation = (math.floor(count * fractions.get(name, 0.0) + 0.5) for name in ("test", "validation"))
    if classes is None:
        for piece in pieces(min(test + validation, count)):
            split_of[order[piece]] = VALIDATION
        for piece in pieces(test):
            split_of[order[piece]] = TEST
        return split_of
    sizes = _sizes(classes)
    spare = numpy.maximum(sizes - 1, 0)
    tests = numpy.minimum(largest_remainder(test, sizes), spare)
    held = tests + numpy.minimum(largest_remainder(validation, sizes), spare - tests)
    before = numpy.zeros(len(sizes), numpy.int64)
    for piece in pieces(count):
        rows = order[piece]
        own = classes[rows]
        ranks = before[own] + _ranks(own)
        before += numpy.bincount(own, minlength=len(sizes))
        split_of[rows] = numpy.where(ranks < tests[own], TEST, numpy.where(ranks < held[own], VALIDATION, 0))
    return split_of


def _order(count: int, seed: int) -> Array:
    """All rows as `permutation(count)` orders them; smaller integers leave more of them in the processor's cache."""
    import numpy

    kind = numpy.int32 if count <= numpy.iinfo(numpy.int32).max else numpy.int64
    order = made_of((count,), kind, lambda piece: numpy.arange(piece.start, piece.stop, dtype=kind))
    generator(seed, SPLIT).shuffle(order)
    return order


def _sizes(classes: Array) -> Array:
    """The number of rows of each class, int64, shape (classes,)."""
    import numpy

    sizes = numpy.zeros(int(classes.max(initial=0)) + 1, numpy.int64)
    for piece in pieces(len(classes)):
        sizes += numpy.bincount(classes[piece], minlength=len(sizes))
    return sizes


def _ranks(classes: Array) -> Array:
    """How many rows before each one have its class.

    >>> import numpy
    >>> _ranks(numpy.array([0, 2, 0, 2, 2])).tolist()
    [0, 0, 1, 1, 2]
    """
    import numpy

    in_order = numpy.argsort(classes, kind="stable")
    sizes = numpy.bincount(classes)
    ranks = numpy.empty(len(classes), numpy.int64)
    ranks[in_order] = numpy.arange(len(classes)) - numpy.repeat(numpy.cumsum(sizes) - sizes, sizes)
    return ranks


def largest_remainder(number: int, sizes: Array) -> Array:
    """Distributes `number` in proportion to `sizes`, as integers that sum to it.

    >>> import numpy
    >>> largest_remainder(5, numpy.array([3, 3, 4])).tolist()
    [2, 1, 2]
    """
    import numpy

    total = int(sizes.sum())
    if not total:
        return numpy.zeros(len(sizes), int)
    floors = number * sizes // total
    remainders = number * sizes % total
    left = number - int(floors.sum())
    first = numpy.argsort(-remainders, kind="stable")[:left]
    floors[first] += 1
    return floors
