"""The files of arrays: a large array has one of its own, small ones share some, since a process may open only so many.

An array is written to its file before it is mapped, where it can be: to touch a new page of a mapping takes ten times
as long as to write it.
"""

from __future__ import annotations

import math
import mmap
import os
from contextvars import ContextVar
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from kspec.data.storage.disk_space import disk_errors, reserve, temporary_file
from kspec.data.storage.npy_files import mapped, new_npy_file, npy_header, npy_mapping

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

SHARED = 32 << 20
"""Arrays of fewer bytes share files."""
SHARED_FILE, RESERVED = 512 << 20, 32 << 20
"""The size of a file that arrays share, and what it takes of the disk at once: one of many parts is deleted slowly."""
ALIGNMENT = 64
"""Where an array may begin in a file that others share."""


class SharedFiles:
    """Files without names in which small arrays lie behind each other; a file vanishes with the last of its arrays."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._file: Any = None
        self._mapping: Any = None
        self._end = self._reserved = 0

    def place(self, size: int) -> tuple[Any, Any, int]:
        """A place for an array: the file, its mapping, and where it begins.

        Args:
            size: The bytes of the array.

        Raises:
            DiskFull: If the disk cannot hold it.
        """
        with self._lock:
            if self._file is None or self._end + size > SHARED_FILE:
                file = temporary_file(buffering=0)
                file.truncate(max(SHARED_FILE, size))
                self._file, self._mapping = file, mmap.mmap(file.fileno(), 0)
                self._end = self._reserved = 0
            start, end = self._end, -(-(self._end + size) // ALIGNMENT) * ALIGNMENT
            if self._reserved < end:
                more = -(-(end - self._reserved) // RESERVED) * RESERVED
                reserve(self._file, more, self._reserved)
                self._reserved += more
            self._end = end
            return self._file, self._mapping, start


shared_files: ContextVar[SharedFiles | None] = ContextVar("shared_files", default=None)
"""The files that small arrays share while a table is read; None if each has its own."""


def empty_in_file(shape: tuple[int, ...], dtype: Any, folder: Path | None) -> Array:
    """An array of zeros in a file.

    Args:
        shape: Its shape.
        dtype: Its type.
        folder: Where it has a `.npy` file; None for a file without a name.

    Raises:
        DiskFull: If the disk cannot hold it.
    """
    size = math.prod(shape) * dtype.itemsize
    if folder is not None:
        header = npy_header(dtype, shape)
        with disk_errors(size), new_npy_file(folder) as file:
            file.write(header)
            reserve(file, len(header) + size)
            return mapped(npy_mapping(file), shape, dtype, len(header))
    if (shared := shared_files.get()) is not None and size < SHARED:
        with disk_errors(size):
            _, mapping, start = shared.place(size)
        return mapped(mapping, shape, dtype, start)
    with temporary_file() as file:
        reserve(file, size)
        return mapped(mmap.mmap(file.fileno(), 0), shape, dtype)


class WrittenArray:
    """An array in a file that is written from its first value to its last.

    Args:
        shape: Its shape.
        dtype: Its type.
        folder: Where it has a `.npy` file; None for a file without a name.

    Raises:
        DiskFull: If the disk cannot hold it.
    """

    def __init__(self, shape: tuple[int, ...], dtype: Any, folder: Path | None) -> None:
        self._shape, self._dtype, self._size = shape, dtype, math.prod(shape) * dtype.itemsize
        self._mapping: Any = None
        self._start = self._end = 0
        self._is_named = folder is not None
        shared = shared_files.get()
        with disk_errors(self._size):
            if folder is not None:
                self._file = new_npy_file(folder)
                self._put(npy_header(dtype, shape))
                self._start = self._end
            elif shared is not None and self._size < SHARED:
                self._file, self._mapping, self._start = shared.place(self._size)
                self._end = self._start
            else:
                self._file = temporary_file(buffering=0)

    def write(self, values: Array) -> None:
        """Takes the next values; those of other types are converted.

        Args:
            values: Shape (m, …).

        Raises:
            DiskFull: If the disk cannot hold them.
        """
        if values.size:
            with disk_errors(self._size):
                self._put(values.astype(self._dtype, order="C", copy=False).reshape(-1).view("u1").data)

    def whole(self) -> Array:
        """The array, once all its values have been written."""
        if self._mapping is not None:
            return mapped(self._mapping, self._shape, self._dtype, self._start)
        with self._file as file:
            mapping = npy_mapping(file) if self._is_named else mmap.mmap(file.fileno(), 0)
        return mapped(mapping, self._shape, self._dtype, self._start)

    def _put(self, data: Any) -> None:
        size, left = len(data), memoryview(data)
        if self._mapping is None:
            while left:
                left = left[self._file.write(left) :]
        elif hasattr(os, "pwrite"):  # others write to the file, too: it has no place where the next bytes belong
            while left:
                left = left[os.pwrite(self._file.fileno(), left, self._end + size - len(left)) :]
        else:
            self._mapping[self._end : self._end + size] = data
        self._end += size
