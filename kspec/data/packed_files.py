"""Opens packed files: their suffix tells how they are packed."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from kspec.data.limits import LimitReached, check_zip_directory
from kspec.language.data_limits import Limits
from kspec.syntax.gzip_stream import GrowsTooMuch, open_gzip, unpacked

if TYPE_CHECKING:
    import lzma

MAX_DICTIONARY = 256 << 20
"""The memory that an xz file may ask for to be unpacked; those that `xz -9` makes ask for 65 MB."""
_CHUNK = 1 << 16


class DamagedFile(OSError):
    """A packed file that cannot be unpacked; the message goes on after its name."""

    def __init__(self, reason: str) -> None:
        super().__init__(0, reason)

    def __str__(self) -> str:
        return str(self.strerror)


def open_packed(stream: BinaryIO, file: Path, limits: Limits) -> BinaryIO:
    """The unpacked bytes of an open file, within the limits; the file itself if it is not packed.

    Args:
        stream: The open file, which is closed with the result.
        file: Its path.
        limits: The limits.

    Raises:
        OSError: If it is damaged; reading raises it, too, and `GrowsTooMuch`.
    """
    opener = _OPENERS.get(file.suffix.lower())
    if opener is None:
        return stream
    try:
        return unpacked(stream, ratio=limits.ratio, limit=limits.memory, opened=lambda packed: opener(packed, limits))
    except BaseException:  # also on Ctrl-C: nobody else has the stream to close it
        stream.close()
        raise


def is_packed(file: Path) -> bool:
    """Whether a file is packed, as its suffix tells."""
    return file.suffix.lower() in _OPENERS


def packing_of(start: bytes) -> str:
    """The suffix that a packed file should have; empty if a file is not packed.

    Args:
        start: Its first bytes.
    """
    return next((suffix for magic, suffix in _STARTS.items() if start.startswith(magic)), "")


def _damages() -> tuple[type[Exception], ...]:
    """What reading a damaged file raises."""
    import lzma
    import zipfile
    import zlib

    return OSError, EOFError, ValueError, RuntimeError, lzma.LZMAError, zipfile.BadZipFile, zlib.error


class _Checked(io.RawIOBase):
    """A stream whose errors are those of reading a damaged file.

    Args:
        stream: Unpacks the file.
        kind: What it should be.
    """

    def __init__(self, stream: Any, kind: str) -> None:
        self._stream, self._kind = stream, kind

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            block = self._stream.read(len(buffer))
        except (GrowsTooMuch, DamagedFile):
            raise
        except _damages() as error:
            raise DamagedFile(f"it is not a complete {self._kind} file") from error
        buffer[: len(block)] = block
        return len(block)

    def close(self) -> None:
        self._stream.close()
        super().close()


class _Xz:
    """Unpacks an xz file, whose memory is bounded."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._rest = file, b""
        self._decoder: lzma.LZMADecompressor | None = None

    def read(self, size: int) -> bytes:
        import lzma

        while True:
            if self._decoder is None or self._decoder.eof:
                self._rest = (self._rest or self._file.read(_CHUNK)).lstrip(b"\0" if self._decoder else b"")
                if not self._rest:
                    return b""
                self._decoder = lzma.LZMADecompressor(memlimit=MAX_DICTIONARY)
            if self._decoder.needs_input and not self._rest:
                self._rest = self._file.read(_CHUNK)
                if not self._rest:
                    raise EOFError
            data = self._decoder.decompress(self._rest, size)
            self._rest = self._decoder.unused_data if self._decoder.eof else b""
            if data:
                return data

    def close(self) -> None:
        self._file.close()


def _bz2(file: BinaryIO, _: Limits) -> Any:
    import bz2

    return _Checked(bz2.BZ2File(file), "bzip2")


def _xz(file: BinaryIO, _: Limits) -> Any:
    return _Checked(_Xz(file), "xz")


def _zstd(file: BinaryIO, _: Limits) -> Any:
    import pyarrow as pa

    return _Checked(pa.CompressedInputStream(pa.PythonFile(file, "r"), "zstd"), "Zstandard")


def _zip(file: BinaryIO, limits: Limits) -> Any:
    """The only file of a zip file."""
    import zipfile

    try:
        check_zip_directory(file, "the zip file", limits)
        archive = zipfile.ZipFile(file)
        names = [name for name in archive.namelist() if not name.endswith("/") and not name.startswith("__MACOSX/")]
        if len(names) != 1:
            shown = ": " + ", ".join(f"`{name}`" for name in names[:4]) if names else ""
            raise DamagedFile(f"it holds {len(names)} files{shown}; unpack the one to read")
        return _Checked(archive.open(names[0]), "zip")
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, LimitReached) as error:
        reason = "it is encrypted" if "encrypted" in str(error) else "it is not a complete zip file"
        raise DamagedFile(reason) from error


def _gzip(file: BinaryIO, _: Limits) -> Any:
    return open_gzip(file)


_STARTS = {b"\x1f\x8b": ".gz", b"BZh": ".bz2", b"\xfd7zXZ": ".xz", b"PK\x03\x04": ".zip", b"\x28\xb5\x2f\xfd": ".zst"}
"""What packed files start with, and their suffix."""
_OPENERS: dict[str, Callable[[BinaryIO, Limits], Any]] = {
    ".gz": _gzip,
    ".bz2": _bz2,
    ".xz": _xz,
    ".zip": _zip,
    ".zst": _zstd,
}
"""Suffix → unpacks the file."""
