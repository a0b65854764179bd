"""An array that is written before its length is known."""

from __future__ import annotations

import mmap
from typing import TYPE_CHECKING, Any

from kspec.data.storage.disk_space import disk_errors, reserve, temporary_file
from kspec.data.storage.mapped_arrays import empty, on_disk, zeros
from kspec.data.storage.npy_files import mapped

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


class GrowingArray:
    """The values of an array, as they come; zeros where none do. They lie in a file if the table is large.

    They are written to it rather than to its mapping, which is slow where pages are new.

    Args:
        dtype: Their type.
    """

    def __init__(self, dtype: Any) -> None:
        import numpy

        self._dtype = numpy.dtype(dtype)
        self._parts: list[tuple[int, Array]] = []
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
            self._parts.append((start, values))
            return
        with disk_errors(values.nbytes):
            self._file = self._file or temporary_file(buffering=0)  # a buffer would write the end of each apart
            self._file.seek(start * self._dtype.itemsize)
            left = values.view("u1").data
            while left:
                left = left[self._file.write(left) :]

    def whole(self, count: int) -> Array:
        """The array, shape (count,), once all values have been written.

        Raises:
            DiskFull: If the disk cannot hold it.
        """
        if self._file is not None:
            with self._file as file, disk_errors(count * self._dtype.itemsize):
                if self._written < count:
                    reserve(file, count * self._dtype.itemsize)
                return mapped(mmap.mmap(file.fileno(), 0), count, self._dtype)
        array = zeros(count, self._dtype) if self._written < count else empty(count, self._dtype)
        while self._parts:
            start, values = self._parts.pop()
            array[start : start + len(values)] = values
        return array
