"""A value in YAML, on one line."""

from __future__ import annotations

import json
from typing import Any


def inline(value: Any) -> str:
    """A plain value as a spec would write it between braces or after a key.

    >>> inline({"Dense": {"units": 8, "activation": None}}), inline("a: b")
    ('{Dense: {units: 8, activation: null}}', '"a: b"')
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{inline(str(key))}: {inline(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(inline, value)) + "]"
    if isinstance(value, str):
        return value if _is_plain(value) else json.dumps(value, ensure_ascii=False)
    if isinstance(value, float) and value != value:
        return ".nan"
    if value in (float("inf"), float("-inf")):
        return ".inf" if value > 0 else "-.inf"
    return repr(value)


def _is_plain(text: str) -> bool:
    """Whether text needs no quotes, wherever it stands."""
    from kspec.syntax.scalars import resolve

    letters = text.translate(_HARMLESS)
    return letters.isalnum() and text == text.strip() and text[0].isalpha() and resolve(text) == text


_HARMLESS = str.maketrans("", "", "_-./ ")
