"""Arrays of tables that are larger than a part of memory: they lie in files that are mapped into memory.

The system writes such an array to its file, and reads it again, as memory allows. In every other way it is an array
like others, so that all that is done to a table is the same for both. Files vanish with the process.

A table is large if it would take a sixteenth of the machine's memory, or 2 GB: see `use_disk`. What goes over all rows
of a table does so piece by piece (`pieces`), and allocates its results here.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kspec.data.storage.array_files import SharedFiles, WrittenArray, empty_in_file, shared_files
from kspec.data.storage.disk_space import (
    RESERVE,
    DiskFull,
    allow_many_files,
    free_space,
    place_of_tables,
    tables_folder,
)
from kspec.data.storage.npy_files import mapping_of

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

SHARE, MOST = 16, 2e9
"""A table is large if it takes this part of memory, or so many bytes."""
PIECE_BYTES = 32 << 20
"""What is looked at together, at most."""
WRITTEN = 16
"""How many times less is made at once of an array that is written: so much stays in the processor's cache."""
STACKED = 64
"""The same where arrays are stacked."""
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
    shared = shared_files.set(SharedFiles())
    try:
        yield
    finally:
        shared_files.reset(shared)
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
    folder, shared = tables_folder.set(place_of_tables()), shared_files.set(SharedFiles())
    try:
        yield
    finally:
        shared_files.reset(shared)
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

    kind, whole = numpy.dtype(dtype), shape if isinstance(shape, tuple) else (shape,)
    return empty_in_file(whole, kind, _stored_in.get()) if _in_file(whole, kind, like) else numpy.empty(whole, kind)


def made_of(
    shape: tuple[int, ...], dtype: Any, rows: Callable[[slice], Array], like: Any = None, bytes_each: float = 0
) -> Array:
    """A new array from its rows, which are made piece by piece; in a file if the table is large.

    Args:
        shape: Its shape, (n, …).
        dtype: Its type.
        rows: Returns the rows of a slice of these, shape (m, …).
        like: As in `empty`.
        bytes_each: What the rows that are made at once take for each of them; by default what they take in the array.

    Raises:
        DiskFull: If the disk cannot hold it.
    """
    import numpy

    kind = numpy.dtype(dtype)
    parts = pieces(shape[0], WRITTEN * (bytes_each or max(8, kind.itemsize * math.prod(shape[1:]))))
    if not _in_file(shape, kind, like):
        result = numpy.empty(shape, kind)
        for piece in parts:
            result[piece] = rows(piece)
        return result
    written = WrittenArray(shape, kind, _stored_in.get())
    for piece in parts:
        written.write(rows(piece))
    return written.whole()


def _in_file(shape: tuple[int, ...], dtype: Any, like: Any) -> bool:
    """Whether a new array lies in a file.

    Args:
        shape: Its shape.
        dtype: Its type.
        like: As in `empty`.
    """
    return bool(math.prod(shape)) and not dtype.hasobject and (on_disk() or is_mapped(like))


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

    if not is_mapped(array):
        return array[rows]
    rows = true_rows(rows) if rows.dtype == bool else rows
    return made_of((len(rows), *array.shape[1:]), array.dtype, lambda piece: gathered(array, rows[piece]), array)


def gathered(array: Array, rows: Array) -> Array:
    """The rows of an array, shape (m, …), as a new array.

    Args:
        array: Shape (n, …).
        rows: Their indices, shape (m,).
    """
    import numpy

    if array.dtype.hasobject:
        return numpy.asarray(array[rows])
    result = numpy.empty((len(rows), *array.shape[1:]), array.dtype)
    return numpy.take(array, rows, axis=0, out=result, mode="wrap")  # other modes copy once more


def true_rows(mask: Array) -> Array:
    """The indices of the rows for which a mask, shape (n,), is true; in a file if the table is large."""
    import numpy

    if not (on_disk() or is_mapped(mask)):
        return numpy.flatnonzero(mask)
    count = int(numpy.count_nonzero(mask))
    if not count:
        return numpy.zeros(0, numpy.int64)
    written = WrittenArray((count,), numpy.dtype(numpy.int64), None)
    for piece in pieces(len(mask), WRITTEN * 8):
        written.write(numpy.flatnonzero(mask[piece]) + piece.start)
    return written.whole()


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

    def numbers(piece: slice) -> Array:
        return numpy.arange(first + piece.start, first + piece.stop, dtype=numpy.int64)

    return made_of((count,), numpy.int64, numbers, like)


def copied(array: Array) -> Array:
    """A copy of an array, in a file if the array lies in one."""
    return array.copy() if array.dtype.hasobject else made_of(array.shape, array.dtype, array.__getitem__, array)


def converted(array: Array, dtype: Any) -> Array:
    """The array in another type; itself if it has that type already."""

    if array.dtype == dtype or not is_mapped(array):
        return array.astype(dtype, copy=False)
    return made_of(array.shape, dtype, array.__getitem__, array)


def stacked(arrays: Sequence[Array], dtype: Any) -> Array:
    """The values of several arrays side by side, shape (n, k), in a file if the table is large.

    Args:
        arrays: Each of shape (n, …).
        dtype: The type of the result.
    """
    import numpy

    flat = [array.reshape(len(array), -1) for array in arrays]
    width = sum(array.shape[1] for array in flat)

    def rows(piece: slice) -> Array:
        result, at = numpy.empty((piece.stop - piece.start, width), dtype), 0
        for array in flat:
            result[:, at : at + array.shape[1]] = array[piece]
            at += array.shape[1]
        return result

    return made_of((len(flat[0]), width), dtype, rows, flat[0], stacked_bytes(width))


def stacked_bytes(width: int) -> float:
    """What rows that are stacked count for, so that few enough are stacked at once."""
    return min(width * 16 * STACKED, PIECE_BYTES / STACKED_ROWS) / WRITTEN


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
    sample = function(array[:1])
    return made_of(
        (len(array), *sample.shape[1:]), sample.dtype, lambda piece: function(array[piece]), array, row_bytes(array)
    )
