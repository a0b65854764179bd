"""Layers whose arguments state what they would otherwise learn from data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_ARGUMENTS = ("vocabulary", "mean", "bin_boundaries")


def is_preset(arguments: Mapping[str, Any]) -> bool:
    """Whether a layer's arguments state what it would otherwise learn from data by `adapt()`.

    >>> is_preset({"vocabulary": ["a", "b"]}), is_preset({"vocabulary": None})
    (True, False)
    """
    return any(arguments.get(name) is not None for name in _ARGUMENTS)
