"""Infers an argument's type from its default and its docstring, where no correction states it."""

from __future__ import annotations

import re
from typing import Any


def infer(default: Any, text: str) -> str:
    """A type in the catalog's notation; `any` if it cannot be inferred."""
    start = text.strip().lower()[:60]
    if isinstance(default, bool) or re.match(r"(optional )?(a )?bool", start):
        return "bool"
    if isinstance(default, int) or re.match(r"(optional )?(positive |an? )?int", start):
        return "int"
    if isinstance(default, float) or re.match(r"(optional )?(a )?(python )?float", start):
        return "float"
    if isinstance(default, str) or re.match(r"(optional )?(a )?str", start):
        return "str"
    return "any"


def with_null(notation: str, default: Any, required: bool) -> str:
    """Adds `null` to a type where it is the default.

    Args:
        notation: The type in the catalog's notation.
        default: The default in Keras; ignored if the argument is required.
        required: Whether the argument has no default.

    Returns:
        The type, with `null` if the default is None.
    """
    if required or default is not None or "null" in notation.split("|") or notation == "any":
        return notation
    return f"{notation}|null"
