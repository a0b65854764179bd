"""Indices of `op: get_item`, written as in Python: `":, 0"`, `"..., -1:"`, `"None, 1:5:2"`."""

from __future__ import annotations

import re
from typing import Any

_INTEGER = re.compile(r"[-+]?\d{1,18}")


class SliceError(ValueError):
    """An invalid index; the message is for the user."""


def parse_slices(text: str | int) -> Any:
    """Parse an index: an int, slice, `...` or None, or a tuple of them.

    >>> parse_slices(":, 0")
    (slice(None, None, None), 0)
    >>> parse_slices("1:")
    slice(1, None, None)
    """
    if isinstance(text, int):
        return text
    parts = [part.strip() for part in text.split(",")]
    if len(parts) > 1 and parts[-1] == "":
        parts.pop()
        return tuple(_part(part) for part in parts)
    return _part(parts[0]) if len(parts) == 1 else tuple(_part(part) for part in parts)


def _part(text: str) -> Any:
    if text == "...":
        return ...
    if text == "None":
        return None
    if ":" not in text:
        return _integer(text)
    pieces = [piece.strip() for piece in text.split(":")]
    if len(pieces) > 3:
        raise SliceError(f"`{text}` is not a slice")
    return slice(*[_integer(piece) if piece else None for piece in pieces])


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise SliceError(f"`{text}` is not an index; use integers, slices, `...` and `None`")
    return int(text)
