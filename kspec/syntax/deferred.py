"""Texts that stand for a value that is not computed yet, or could not be."""

from __future__ import annotations

from typing import Any


class Uncomputed(str):
    """A text with variables in it that is computed where it is used: in a template, or in an entry that is repeated."""

    __slots__ = ()


class Failed(str):
    """Stands for a value that could not be computed, so that no later check speaks of it again."""

    __slots__ = ()


FAILED = Failed("?")


def is_failed(value: Any) -> bool:
    """Whether this stands for a value that could not be computed."""
    return isinstance(value, Failed)
