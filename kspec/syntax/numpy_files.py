"""Arrays of numbers in `.npy` and text files, read without NumPy, which checking a spec does not import."""

from __future__ import annotations

import array
import ast
import io
import math
import re
import sys
from typing import Any, BinaryIO

MAX_NUMBERS = 1_000_000
"""The largest array that may be a constant."""
MAX_LINE = 32 * MAX_NUMBERS
"""The longest line of a text, in characters."""
SUFFIXES = (".npy", ".csv", ".txt")

_MAX_HEADER = 1 << 16
_SEPARATORS = re.compile(r"[\s,;]+")


class InvalidArray(ValueError):
    """A file that holds no array of numbers; the message is for the user."""


class NoPlainArray(InvalidArray):
    """An array of several fields, or of another kind that has no plain dtype."""


def read_array(file: BinaryIO, suffix: str) -> list[Any]:
    """The numbers of a file in nested lists: those of a `.npy` array, or a list for each line of a text.

    Args:
        file: The open file.
        suffix: The ending of its name, one of `SUFFIXES`.

    Raises:
        InvalidArray: If the file cannot be read, or holds anything else.
    """
    try:
        return _read_npy(file) if suffix == ".npy" else _read_text(file)
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidArray(f"it cannot be read: {error}") from error


def read_header(file: BinaryIO) -> tuple[str, bool, tuple[int, ...]]:
    """The dtype (`<f4`), whether the order is Fortran's, and the shape of a `.npy` file, read up to its numbers.

    Raises:
        InvalidArray: If it is no `.npy` file.
    """
    magic, major = file.read(6), file.read(2)[:1]
    size = int.from_bytes(file.read(2 if major == b"\x01" else 4), "little")
    text = file.read(min(size, _MAX_HEADER)).decode("latin-1") if magic == b"\x93NUMPY" else ""
    try:
        header = ast.literal_eval(text.strip())
        dtype, fortran, shape = header["descr"], header["fortran_order"], header["shape"]
    except (ValueError, SyntaxError, MemoryError, RecursionError, KeyError, TypeError) as error:
        raise InvalidArray("it is no `.npy` file") from error
    if not isinstance(dtype, str) or not isinstance(shape, tuple) or not all(type(n) is int for n in shape):
        raise NoPlainArray("it holds no array of numbers")
    if any(n < 0 for n in shape):
        raise InvalidArray("its shape is negative")
    return dtype, bool(fortran), shape


def _read_npy(file: BinaryIO) -> list[Any]:
    dtype, fortran, shape = read_header(file)
    code = {"b1": "b", "f2": "e", "f4": "f", "f8": "d", "i1": "b", "i2": "h", "i4": "i", "i8": "q",
            "u1": "B", "u2": "H", "u4": "I", "u8": "Q"}.get(dtype[1:])  # fmt: skip
    count = math.prod(shape)
    if code is None or not shape:
        raise InvalidArray("it holds no array of numbers")
    if not count:
        raise InvalidArray("it holds no numbers")
    if count > MAX_NUMBERS:
        raise InvalidArray(f"it holds {_count(count)} numbers; a constant has at most {MAX_NUMBERS:,}")
    size = int(dtype[2:])
    data = file.read(count * size)
    if len(data) < count * size:
        raise InvalidArray("it ends too early")
    if code == "e":
        import struct

        numbers: list[Any] = list(struct.unpack(f"{'>' if dtype[0] == '>' else '<'}{count}e", data))
    else:
        values = array.array(code, data)
        if dtype[0] in "<>" and (dtype[0] == ">") == (sys.byteorder == "little"):
            values.byteswap()
        numbers = [value != 0 for value in values] if dtype[1:] == "b1" else values.tolist()
    if not fortran:
        return _nested(numbers, shape)
    return _transposed(_nested(numbers, shape[::-1]), len(shape))


def _nested(numbers: list[Any], shape: tuple[int, ...]) -> list[Any]:
    """Numbers in C order as nested lists."""
    for length in reversed(shape[1:]):
        numbers = [numbers[i : i + length] for i in range(0, len(numbers), length)]
    return numbers


def _transposed(nested: list[Any], rank: int) -> list[Any]:
    """Nested lists with their axes in reverse order."""
    if rank < 2:
        return nested
    if rank > 2:
        raise InvalidArray("it is in Fortran order: save it with `numpy.ascontiguousarray`")
    return [list(row) for row in zip(*nested, strict=True)]


def _read_text(file: BinaryIO) -> list[Any]:
    """A list for each line of numbers; one list, if each line has one number."""
    rows: list[list[float]] = []
    count = 0
    with io.TextIOWrapper(file, encoding="utf-8") as text:
        for number, line in enumerate(iter(lambda: text.readline(MAX_LINE), ""), 1):
            if len(line) >= MAX_LINE:
                raise InvalidArray(f"line {number} is longer than {MAX_LINE:,} characters")
            parts = [part for part in _SEPARATORS.split(line.strip()) if part]
            if not parts:
                continue
            try:
                rows.append([_number(part) for part in parts])
            except ValueError as error:
                raise InvalidArray(f"line {number} holds `{line.strip()[:40]}`, which is no row of numbers") from error
            if len(rows[-1]) != len(rows[0]):
                raise InvalidArray(f"line {number} has {len(rows[-1])} numbers, and the first has {len(rows[0])}")
            count += len(parts)
            if count > MAX_NUMBERS:
                raise InvalidArray(f"it holds more than {MAX_NUMBERS:,} numbers")
    if not rows:
        raise InvalidArray("it holds no numbers")
    return [row[0] for row in rows] if len(rows[0]) == 1 else rows


def _count(number: int) -> str:
    return f"{number:,}" if number < 10**18 else "far too many"


def _number(text: str) -> float:
    return int(text) if text.lstrip("+-").isdigit() else float(text)
