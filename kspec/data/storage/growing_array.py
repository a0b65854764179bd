"""Arrays that are written before their length is known."""

from __future__ import annotations

import mmap
from bisect import bisect_right
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

from kspec.data.storage.disk_space import disk_errors, reserve, temporary_file
from kspec.data.storage.mapped_arrays import empty, made_of, on_disk, zeros
from kspec.data.storage.npy_files import mapped

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


AT_ONCE = 1 << 20
"""How many bytes are written to a file at once: the system handles many small writes far more slowly."""


class SharedFile:
    """A file in which the values of many arrays lie as they come: a process may not open one for each."""

    def __init__(self) -> None:
        self._file: Any = None
        self._mapping: mmap.mmap | None = None
        self._end = 0
        self._lock = Lock()  # columns are made by several threads

    def append(self, values: Array) -> int:
        """Writes values, shape (m,); returns where they begin.

        Raises:
            DiskFull: If the disk cannot hold them.
        """
        start = self._end
        with disk_errors(values.nbytes):
            self._file = self._file or temporary_file()
            self._file.write(values.view("u1").data)
        self._end += values.nbytes
        return start

    def values(self, start: int, count: int, dtype: Any) -> Array:
        """Values, shape (count,), once all have been written.

        Args:
            start: Where they begin.
            count: How many.
            dtype: Their type.
        """
        with self._lock:
            if self._mapping is None:
                with disk_errors(), self._file as file:
                    file.flush()
                    self._mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return mapped(self._mapping, count, dtype, start)


class _Part(NamedTuple):
    """Values of an array: from `start` on, in memory or from `place` on in a shared file."""

    start: int
    length: int
    values: Array | None
    place: int = 0

    @property
    def stop(self) -> int:
        return self.start + self.length


class GrowingArray:
    """The values of an array, as they come; zeros where none do. They lie in a file if the table is large.

    They are written to it rather than to its mapping, which is slow where pages are new.

    Args:
        dtype: Their type.
        shared: The file in which those of a large table lie until they are whole; None for one of their own.
    """

    def __init__(self, dtype: Any, shared: SharedFile | None = None) -> None:
        import numpy

        self._dtype, self._shared = numpy.dtype(dtype), shared
        self._parts: list[_Part] = []
        self._file: Any = None
        self._written = 0

    def write(self, start: int, values: Array) -> None:
        """Takes values.

        Args:
            start: The place of the first, behind all that have been written.
            values: Shape (m,).

        Raises:
            DiskFull: If the disk cannot hold them.
        """
        values = values.astype(self._dtype, order="C", copy=False)
        self._written += len(values)
        if not on_disk():
            self._parts.append(_Part(start, len(values), values))
            return
        if self._shared is not None:
            self._parts.append(_Part(start, len(values), None, self._shared.append(values)))
            return
        if self._parts and self._parts[-1].stop != start:
            self._flush()
        self._parts.append(_Part(start, len(values), values))
        if (start - self._parts[0].start) * self._dtype.itemsize >= AT_ONCE:
            self._flush()

    def whole(self, count: int) -> Array:
        """The array, shape (count,), once all values have been written.

        Raises:
            DiskFull: If the disk cannot hold it.
        """
        if on_disk() and self._shared is None:
            self._flush()
        if self._file is not None:
            with self._file as file, disk_errors(count * self._dtype.itemsize):
                if self._written < count:
                    reserve(file, count * self._dtype.itemsize)
                return mapped(mmap.mmap(file.fileno(), 0), count, self._dtype)
        if self._shared is not None and self._parts and on_disk():
            return made_of((count,), self._dtype, self._read)
        array = zeros(count, self._dtype) if self._written < count else empty(count, self._dtype)
        while self._parts:
            part = self._parts.pop()
            array[part.start : part.stop] = part.values
        return array

    def _flush(self) -> None:
        """Writes to the file what has come, without a gap."""
        import numpy

        if not self._parts:
            return
        parts, self._parts = self._parts, []
        with disk_errors(sum(part.length for part in parts) * self._dtype.itemsize):
            self._file = self._file or temporary_file(buffering=0)
            self._file.seek(parts[0].start * self._dtype.itemsize)
            left = numpy.concatenate([part.values for part in parts]).view("u1").data
            while left:
                left = left[self._file.write(left) :]

    def _read(self, piece: slice) -> Array:
        """The values of a slice, from the shared file."""
        import numpy

        assert self._shared is not None
        values = numpy.zeros(piece.stop - piece.start, self._dtype)
        first = max(0, bisect_right(self._parts, piece.start, key=lambda part: part.start) - 1)
        for part in self._parts[first:]:
            if part.start >= piece.stop:
                break
            start, stop = max(part.start, piece.start), min(part.stop, piece.stop)
            if start < stop:
                own = self._shared.values(part.place, part.length, self._dtype)
                values[start - piece.start : stop - piece.start] = own[start - part.start : stop - part.start]
        return values
