"""The limits of `data: {limits}`, which are looked at before memory is taken."""

from __future__ import annotations

import math
import os
import struct
from typing import BinaryIO

from kspec.diagnostics import Rule, codes
from kspec.language.byte_sizes import bytes_text
from kspec.language.data_limits import Limits
from kspec.syntax.gzip_stream import GrowsTooMuch

GIGABYTE = 10**9
SMALL = 64 << 20
"""Data of this size may grow as it likes, in bytes."""
_ZIP_END, _ZIP_ENTRY = (1 << 16) + 22 + 56 + 20, 400
"""Where a zip file's directory is described, in bytes from its end; the bytes of an entry, with room for its name."""
MAX_HEADER = 16 << 20
"""The longest line of column names, in characters: a hundred thousand names of 160."""


class LimitReached(Exception):
    """Data takes more than a limit allows.

    Args:
        rule: The code.
        message: One plain sentence, without a full stop.
        setting: The limit that allows it, as in `gigabytes: 16`; empty if none does.
    """

    def __init__(self, rule: Rule, message: str, setting: str = "") -> None:
        super().__init__(message)
        self.rule, self.message, self.setting = rule, message, setting

    @property
    def help(self) -> str:
        """What to write to raise the limit."""
        text = f"if you trust the file and have the memory, write `data: {{limits: {{{self.setting}}}}}`"
        return text if self.setting else ""


def check_memory(size: float, name: str, limits: Limits) -> None:
    """Compares the memory that data will take with the limit.

    Args:
        size: The bytes that it takes.
        name: The file in messages, or what else takes it.
        limits: The limits.

    Raises:
        LimitReached: If it is more.
    """
    if size > limits.memory:
        limit = bytes_text(limits.memory)
        message = f"`{name}` takes about {bytes_text(size)} of memory, more than the limit of {limit}"
        setting = f"gigabytes: {math.ceil(size / GIGABYTE)}" if size < 1e15 else ""
        raise LimitReached(codes.DATA_TOO_LARGE, message, setting)


def check_growth(size: float, packed: int, name: str, limits: Limits) -> None:
    """Compares unpacked data with its file.

    Args:
        size: The bytes that it takes unpacked.
        packed: The bytes of the file.
        name: The file in messages.
        limits: The limits.

    Raises:
        LimitReached: If it grows more than the limit allows.
    """
    if size > SMALL and size > limits.ratio * max(packed, 1):
        raise _grows(name, size / max(packed, 1), limits)


def grows_too_much(name: str, limits: Limits, error: GrowsTooMuch) -> LimitReached:
    """The limit that an unpacked file has reached while it was read.

    Args:
        name: The file in messages.
        limits: The limits.
        error: What reading it has raised.
    """
    if error.is_size:
        message = f"`{name}` takes more than the limit of {bytes_text(limits.memory)} when it is unpacked"
        return LimitReached(codes.DATA_TOO_LARGE, message, f"gigabytes: {math.ceil(2 * limits.gigabytes)}")
    return _grows(name, 0, limits)


def check_columns(count: int, name: str, limits: Limits) -> None:
    """Compares the columns of a table with the limit.

    Args:
        count: How many it has.
        name: The file in messages.
        limits: The limits.

    Raises:
        LimitReached: If it has more.
    """
    if count > limits.columns:
        message = f"`{name}` has {count:,} columns, more than the limit of {limits.columns:,}"
        raise LimitReached(codes.TOO_MANY_COLUMNS, message, f"columns: {count}")


def check_zip_directory(file: BinaryIO, name: str, limits: Limits) -> None:
    """Compares the size of a zip file's directory with the limit of columns; reading it takes far more memory.

    Args:
        file: The open file; read from its start again afterwards.
        name: Its name in messages.
        limits: The limits.

    Raises:
        LimitReached: If it lists too many files.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _ZIP_END))
    end = file.read(_ZIP_END)
    at, wide = end.rfind(b"PK\x05\x06"), end.rfind(b"PK\x06\x06")
    count, length = 0, 0
    if at >= 0 and len(end) >= at + 22:
        count, length = struct.unpack_from("<HL", end, at + 10)
    if wide >= 0 and len(end) >= wide + 56:
        count, length = struct.unpack_from("<QQ", end, wide + 32)
    file.seek(0)
    check_columns(max(count, length // _ZIP_ENTRY), name, limits)


def too_many_files(name: str, limits: Limits) -> LimitReached:
    """More files in a folder, or names that a glob looks at, than the limit.

    Args:
        name: The folder or glob in messages.
        limits: The limits.
    """
    message = f"`{name}` leads to more than {limits.files:,} files and folders"
    return LimitReached(codes.TOO_MANY_FILES, message, f"files: {2 * limits.files}")


def check_pixels(size: tuple[int, int] | None, name: str, limits: Limits) -> None:
    """Compares the size of an image with the limit.

    Args:
        size: Its height and width; None if its header does not tell.
        name: The file in messages.
        limits: The limits.

    Raises:
        LimitReached: If it is larger.
    """
    if size is not None and size[0] * size[1] > limits.megapixels * 1e6:
        millions = size[0] * size[1] / 1e6
        message = f"`{name}` has {size[0]:,} x {size[1]:,} pixels, more than the limit of {limits.megapixels:g} million"
        raise LimitReached(codes.IMAGE_TOO_LARGE, message, f"megapixels: {math.ceil(millions)}")


def _grows(name: str, times: float, limits: Limits) -> LimitReached:
    shown = f"{times:,.0f} times larger" if times else "many times larger"
    message = f"`{name}` becomes {shown} when it is unpacked, more than the limit of {limits.ratio:g} times"
    return LimitReached(codes.DATA_GROWS, message, f"ratio: {math.ceil(times) or 5 * math.ceil(limits.ratio)}")
