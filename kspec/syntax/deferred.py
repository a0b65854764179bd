"""Placeholders for values that are not computed yet, or could not be."""

from __future__ import annotations

from typing import Any


class Uncomputed(str):
    """A text with variables that is computed where it is used: in a block, or in a repeated entry."""

    __slots__ = ()


class Failed(str):
    """Replaces a value that could not be computed, so that no later check reports it again."""

    __slots__ = ()


FAILED = Failed("?")


def is_failed(value: Any) -> bool:
    """Whether a value replaces one that could not be computed."""
    return isinstance(value, Failed)
