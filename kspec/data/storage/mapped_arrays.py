"""Arrays of tables that are larger than a part of memory: they lie in files that are mapped into memory.

The system writes such an array to its file, and reads it again, as memory allows. In every other way it is an array
like others, so that all that is done to a table is the same for both. Files vanish with the process.

A table is large if it would take a sixteenth of the machine's memory, or 2 GB: see `use_disk`. What goes over all rows
of a table does so piece by piece (`pieces`), and allocates its results here.
"""

from __future__ import annotations

import math
import mmap
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kspec.data.storage.disk_space import (
    RESERVE,
    DiskFull,
    allow_many_files,
    free_space,
    place_of_tables,
    reserve,
    tables_folder,
    temporary_file,
)
from kspec.data.storage.npy_files import mapped, mapping_of, new_npy

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

SHARE, MOST = 16, 2e9
"""A table is large if it takes this part of memory, or so many bytes."""
PIECE_BYTES = 32 << 20
"""What is looked at together, at most."""
STACKED = 64
"""How many times less is looked at together where arrays are stacked: so much stays in the processor's cache."""
STACKED_ROWS = 256
"""How many rows are stacked at once, at least: of fewer, each array takes longer to find than to copy."""
_is_scope: ContextVar[bool] = ContextVar("is_scope", default=False)
_store: ContextVar[Path | None] = ContextVar("store", default=None)
_stored_in: ContextVar[Path | None] = ContextVar("stored_in", default=None)


@contextmanager
def table_arrays(store: Path | None = None) -> Iterator[None]:
    """While a table is read: `use_disk` decides where its arrays lie.

    Args:
        store: The folder for those that a store takes, which is made if there are any; None if none is written.
    """
    scope, folder, place = _is_scope.set(True), tables_folder.set(None), _store.set(store)
    try:
        yield
    finally:
        _store.reset(place)
        tables_folder.reset(folder)
        _is_scope.reset(scope)


@contextmanager
def stored_arrays() -> Iterator[None]:
    """While arrays are made that a store takes: where they lie in files, these have names, and are written once."""
    folder = _store.get() if on_disk() else None
    try:
        if folder is not None:
            folder.mkdir(mode=0o700, exist_ok=True)
    except OSError:  # the store reports it when it is written
        folder = None
    place = _stored_in.set(folder)
    try:
        yield
    finally:
        _stored_in.reset(place)


@contextmanager
def arrays_on_disk() -> Iterator[None]:
    """While more of a large table is read, after all else has been."""
    folder = tables_folder.set(place_of_tables())
    try:
        yield
    finally:
        tables_folder.reset(folder)


def threshold() -> float:
    """The bytes from which a table is large."""
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return MOST
    return min(memory / SHARE, MOST)


def use_disk(memory: float, disk: float) -> bool:
    """Whether the arrays of the table that is read lie in files from now on.

    Args:
        memory: The bytes that the table would take in memory.
        disk: The bytes that all of its arrays take in files.

    Raises:
        DiskFull: If the disk has not so many.
    """
    if not _is_scope.get() or memory < threshold():
        return tables_folder.get() is not None
    folder = place_of_tables()
    free = free_space(folder)
    if free < disk + RESERVE:
        raise DiskFull(folder, disk + RESERVE, free)
    allow_many_files()
    tables_folder.set(folder)
    return True


def on_disk() -> bool:
    """Whether the arrays of the table that is read lie in files."""
    return tables_folder.get() is not None


def is_mapped(array: Any) -> bool:
    """Whether an array lies in a file."""
    return mapping_of(array) is not None


def empty(shape: int | tuple[int, ...], dtype: Any, like: Any = None) -> Array:
    """A new array; in a file if the table is large. Objects, such as texts, always lie in memory.

    Args:
        shape: Its shape.
        dtype: Its type.
        like: An array that it is made from: it lies in a file if this one does.

    Raises:
        DiskFull: If the disk cannot hold it.
    """
    import numpy

    kind = numpy.dtype(dtype)
    size = math.prod(shape if isinstance(shape, tuple) else (shape,)) * kind.itemsize
    if not size or kind.hasobject or not (on_disk() or is_mapped(like)):
        return numpy.empty(shape, kind)
    if (folder := _stored_in.get()) is not None:
        return new_npy(folder, shape if isinstance(shape, tuple) else (shape,), kind, size)
    with temporary_file() as file:
        reserve(file, size)
        return mapped(mmap.mmap(file.fileno(), 0), shape, kind)


def zeros(shape: int | tuple[int, ...], dtype: Any, like: Any = None) -> Array:
    """An array of zeros, in a file if the table is large.

    Args:
        shape: Its shape.
        dtype: Its type.
        like: As in `empty`.
    """
    import numpy

    if on_disk() or is_mapped(like):
        return empty(shape, dtype, like)  # a new file holds zeros
    return numpy.zeros(shape, dtype)


def pieces(count: int, bytes_each: float = 8) -> Iterator[slice]:
    """Divides rows into pieces that are small.

    Args:
        count: The number of rows.
        bytes_each: What a row takes.
    """
    rows = max(1, int(PIECE_BYTES / max(1, bytes_each)))
    for start in range(0, count, rows):
        yield slice(start, min(start + rows, count))


def row_bytes(array: Array) -> int:
    """The bytes of a row of an array, shape (n, …); at least eight."""
    return max(8, int(array.itemsize * math.prod(array.shape[1:])))


def taken(array: Any, rows: Any) -> Any:
    """`array[rows]`, in a file if the array lies in one.

    Args:
        array: Shape (n, …); also `ImageFiles` and other sequences.
        rows: Indices, shape (m,), or which rows, as booleans, shape (n,).
    """
    import numpy

    if not is_mapped(array):
        return array[rows]
    rows = true_rows(rows) if rows.dtype == bool else rows
    result = empty((len(rows), *array.shape[1:]), array.dtype, array)
    for piece in pieces(len(rows), row_bytes(array)):
        numpy.take(array, rows[piece], axis=0, out=result[piece], mode="wrap")  # other modes copy once more
    return result


def true_rows(mask: Array) -> Array:
    """The indices of the rows for which a mask, shape (n,), is true; in a file if the table is large."""
    import numpy

    if not (on_disk() or is_mapped(mask)):
        return numpy.flatnonzero(mask)
    rows, start = empty(int(numpy.count_nonzero(mask)), numpy.int64, mask), 0
    for piece in pieces(len(mask)):
        found = numpy.flatnonzero(mask[piece])
        rows[start : start + len(found)] = found + piece.start
        start += len(found)
    return rows


def without(rows: Array, mask: Array) -> Array:
    """The rows for which a mask is false, in a file if the table is large.

    Args:
        rows: Indices, shape (m,).
        mask: Shape (n,).
    """
    import numpy

    if not mask.any():
        return rows
    if not is_mapped(rows):
        return rows[~mask[rows]]
    kept, end = empty(len(rows), numpy.int64, rows), 0
    for piece in pieces(len(rows)):
        found = rows[piece][~mask[rows[piece]]]
        kept[end : end + len(found)] = found
        end += len(found)
    return kept[:end]


def counted(first: int, count: int, like: Any = None) -> Array:
    """The integers from `first` on, in a file if the table is large.

    Args:
        first: The first.
        count: How many.
        like: As in `empty`.
    """
    import numpy

    numbers = empty(count, numpy.int64, like)
    for piece in pieces(count):
        numbers[piece] = numpy.arange(first + piece.start, first + piece.stop)
    return numbers


def copied(array: Array) -> Array:
    """A copy of an array, in a file if the array lies in one."""
    copy = empty(array.shape, array.dtype, array)
    copy[...] = array
    return copy


def converted(array: Array, dtype: Any) -> Array:
    """The array in another type; itself if it has that type already."""
    import numpy

    if array.dtype == dtype or not is_mapped(array):
        return array.astype(dtype, copy=False)
    result = empty(array.shape, numpy.dtype(dtype), array)
    for piece in pieces(len(array), row_bytes(array)):
        result[piece] = array[piece]
    return result


def stacked(arrays: Sequence[Array], dtype: Any) -> Array:
    """The values of several arrays side by side, shape (n, k), in a file if the table is large.

    Args:
        arrays: Each of shape (n, …).
        dtype: The type of the result.
    """
    flat = [array.reshape(len(array), -1) for array in arrays]
    width = sum(array.shape[1] for array in flat)
    result = empty((len(flat[0]), width), dtype, flat[0])
    for piece in pieces(len(result), min(width * 16 * STACKED, PIECE_BYTES / STACKED_ROWS)):
        at = 0
        for array in flat:
            result[piece, at : at + array.shape[1]] = array[piece]
            at += array.shape[1]
    return result


def joined(arrays: Sequence[Array]) -> Array:
    """The rows of several arrays, in a file if the table is large."""
    import numpy

    shape = (sum(len(array) for array in arrays), *arrays[0].shape[1:])
    return numpy.concatenate(arrays, out=empty(shape, numpy.result_type(*arrays), arrays[0]))


def by_rows(function: Callable[[Array], Array], array: Array) -> Array:
    """`function(array)`, in a file if the array lies in one; each row of the result depends on that row alone.

    Args:
        function: Takes rows, shape (m, …), and returns as many.
        array: Shape (n, …).
    """
    if not is_mapped(array):
        return function(array)
    result: Array | None = None
    for piece in pieces(len(array), row_bytes(array)):
        rows = function(array[piece])
        if result is None:
            result = empty((len(array), *rows.shape[1:]), rows.dtype, array)
        result[piece] = rows
    return function(array) if result is None else result
