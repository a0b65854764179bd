"""Reads packed files, and stops at those that would fill memory or never end."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from typing import Any, BinaryIO

MAX_RATIO, SMALL = 200, 16 << 20
"""How many times larger than packed a file may become, checked once it has a minimum size. Tables become 5 to 20 times
larger."""
_CHUNK = 1 << 20


class GrowsTooMuch(OSError):
    """A packed file has become larger than is allowed.

    Args:
        reason: What it does, as the predicate of a sentence.
        is_size: Whether its size is too large, not its ratio to that of the file.
    """

    def __init__(self, reason: str, *, is_size: bool) -> None:
        super().__init__(0, reason)
        self.is_size = is_size


def open_gzip(file: BinaryIO) -> Any:
    """The unpacked bytes of an open gzip file."""
    return gzip.GzipFile(fileobj=file)


def unpacked(
    file: BinaryIO,
    *,
    ratio: float = MAX_RATIO,
    limit: float = float("inf"),
    opened: Callable[[BinaryIO], Any] = open_gzip,
) -> BinaryIO:
    """The unpacked bytes of an open file, which is closed with them; reading raises `GrowsTooMuch`.

    Args:
        file: The file.
        ratio: How many times larger than packed it may become.
        limit: How large it may become, in bytes.
        opened: Unpacks the file.
    """
    return io.BufferedReader(_Unpacked(file, opened(file), ratio, limit), _CHUNK)


class _Unpacked(io.RawIOBase):
    def __init__(self, file: BinaryIO, stream: Any, ratio: float, limit: float) -> None:
        self._file, self._ratio, self._limit = file, ratio, limit
        self._stream = stream
        self._size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count: int = self._stream.readinto(buffer)
        self._size += count
        if self._size > self._limit:
            size = f"{self._limit / 1e9:g} GB"
            raise GrowsTooMuch(f"it becomes larger than {size} when it is unpacked", is_size=True)
        if self._size > SMALL and self._size > self._ratio * self._file.tell():
            times = f"{self._ratio:g} times"
            raise GrowsTooMuch(f"it becomes more than {times} larger when it is unpacked", is_size=False)
        return count

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
            self._file.close()
        super().close()
