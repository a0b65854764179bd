"""Guesses an argument's type from its default and from what Keras's docstring says, where no correction does."""

from __future__ import annotations

import re
from typing import Any


def infer(default: Any, text: str) -> str:
    """A type in our notation; `any` where nothing is known."""
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
    """`null` is accepted wherever it is the default."""
    if required or default is not None or "null" in notation.split("|") or notation == "any":
        return notation
    return f"{notation}|null"
