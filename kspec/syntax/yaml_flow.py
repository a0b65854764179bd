"""A value in YAML, on one line."""

from __future__ import annotations

import json
import re
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
        return value if is_plain(value) else quoted(value)
    if isinstance(value, float) and value != value:
        return ".nan"
    if value in (float("inf"), float("-inf")):
        return ".inf" if value > 0 else "-.inf"
    return repr(value)


def is_plain(text: str) -> bool:
    """Whether text needs no quotes, wherever it stands."""
    from kspec.syntax.scalars import resolve

    if text == "_" or _VARIABLE.fullmatch(text):
        return True
    letters = text.translate(_HARMLESS)
    return letters.isalnum() and text == text.strip() and text[0].isalpha() and resolve(text) == text


def quoted(text: str) -> str:
    """In double quotes, with what YAML takes for a line break or for no text at all escaped."""
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))


_UNSEEN = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_VARIABLE = re.compile(r"\$[A-Za-z_][A-Za-z0-9_]*")
_HARMLESS = str.maketrans("", "", "_-./ ")
