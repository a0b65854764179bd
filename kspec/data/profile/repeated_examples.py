"""Examples that occur in training and in another split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kspec.data.parallel import in_parallel
from kspec.data.storage.mapped_arrays import pieces, row_bytes

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

MAX_COMPARED_BYTES = 1 << 27
"""Larger data is not searched for examples that occur in two splits."""
AT_ONCE = 8
"""How many times less is hashed at once, so that there is something to do for every thread."""
_PRIME = 0x9E3779B97F4A7C15


def repeated_examples(splits: Mapping[str, Array], arrays: Sequence[Any]) -> dict[str, int]:
    """How many examples of each other split also occur in training; empty if comparing them would take long.

    Args:
        splits: By split, the indices of its examples.
        arrays: The inputs and targets, each of shape (n, …).
    """
    import numpy

    in_memory = all(isinstance(array, numpy.ndarray) for array in arrays)
    if len(splits) < 2 or not in_memory or sum(array.nbytes for array in arrays) > MAX_COMPARED_BYTES:
        return {}
    hashes = numpy.zeros(len(arrays[0]), numpy.uint64)
    for array in arrays:
        hashes = hashes * numpy.uint64(_PRIME) + _hashes(array)
    of_train = numpy.sort(hashes[splits["train"]])
    others = {split: rows for split, rows in splits.items() if split != "train"}
    found = numpy.concatenate([_in_both(numpy.sort(hashes[rows]), of_train) for rows in others.values()])
    if not len(found):
        return dict.fromkeys(others, 0)
    suspects = {split: rows[numpy.isin(hashes[rows], found)] for split, rows in splits.items()}
    seen = set(_keys(arrays, suspects["train"]))  # equal hashes are looked at in full
    return {split: sum(key in seen for key in _keys(arrays, suspects[split])) for split in others}


def _in_both(values: Array, others: Array) -> Array:
    """The values that are among others; both are sorted."""
    import numpy

    places = numpy.minimum(numpy.searchsorted(others, values), len(others) - 1)
    return numpy.asarray(values[others[places] == values])


def _hashes(array: Array) -> Array:
    """A hash of each example, uint64, shape (n,): equal examples have equal ones."""
    import numpy

    if not array.size:
        return numpy.zeros(len(array), numpy.uint64)
    if array.dtype == object:
        rows = array.reshape(len(array), -1).tolist()
        return numpy.array([hash(tuple(row)) for row in rows], numpy.int64).view(numpy.uint64)
    flat = numpy.ascontiguousarray(array).reshape(len(array), -1)
    size = flat.shape[1] * flat.itemsize
    numbers = flat.view(next(f"u{width}" for width in (8, 4, 2, 1) if size % width == 0))
    factors = numpy.random.default_rng(0).integers(0, 1 << 63, numbers.shape[1], numpy.uint64) * 2 + 1
    hashes = numpy.empty(len(array), numpy.uint64)

    def hash_rows(piece: slice) -> None:
        numpy.matmul(numbers[piece].astype(numpy.uint64, copy=False), factors, out=hashes[piece])

    in_parallel(hash_rows, pieces(len(array), AT_ONCE * row_bytes(numbers)), numbers.size)
    return hashes ^ (hashes >> numpy.uint64(29))


def _keys(arrays: Sequence[Array], rows: Array) -> list[Any]:
    """A hashable key for each of some examples: equal keys, equal examples.

    Args:
        arrays: Each of shape (n, …).
        rows: The indices of the examples.
    """
    return list(zip(*(_keys_of(array[rows]) for array in arrays), strict=True)) if len(rows) else []


def _keys_of(array: Array) -> list[Any]:
    import numpy

    if not array.size:
        return [()] * len(array)
    if array.dtype == object:
        return [tuple(row) for row in array.reshape(len(array), -1).tolist()]
    flat = numpy.ascontiguousarray(array).reshape(len(array), -1)
    keys: list[Any] = flat.view(numpy.dtype((numpy.void, flat.shape[1] * flat.itemsize))).ravel().tolist()
    return keys
