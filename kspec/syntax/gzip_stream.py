"""Reads gzip files, and stops at those that would fill memory or never end."""

from __future__ import annotations

import gzip
import io
from typing import Any, BinaryIO

MAX_RATIO, SMALL = 200, 64 << 20
"""How many times larger than packed a file may become, checked once it has a minimum size. Tables become 5 to 20 times
larger."""
_CHUNK = 1 << 20


class GrowsTooMuch(OSError):
    """A packed file has become larger than is allowed."""


def unpacked(file: BinaryIO, *, ratio: float = MAX_RATIO, limit: float = float("inf")) -> BinaryIO:
    """The unpacked bytes of an open gzip file, which is closed with them; reading raises `GrowsTooMuch`.

    Args:
        file: The file.
        ratio: How many times larger than packed it may become.
        limit: How large it may become, in bytes.
    """
    return io.BufferedReader(_Unpacked(file, ratio, limit), _CHUNK)


class _Unpacked(io.RawIOBase):
    def __init__(self, file: BinaryIO, ratio: float, limit: float) -> None:
        self._file, self._ratio, self._limit = file, ratio, limit
        self._gzip = gzip.GzipFile(fileobj=file)
        self._size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = self._gzip.readinto(buffer)
        self._size += count
        if self._size > self._limit:
            raise GrowsTooMuch(0, f"it becomes larger than {self._limit / 2**30:.3g} GiB when it is unpacked")
        if self._size > SMALL and self._size > self._ratio * self._file.tell():
            raise GrowsTooMuch(0, f"it becomes more than {self._ratio:g} times larger when it is unpacked")
        return count

    def close(self) -> None:
        if not self.closed:
            self._gzip.close()
            self._file.close()
        super().close()
