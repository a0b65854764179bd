"""Values as YAML on one line, for messages and rendered specs alike, and shapes; `dump` writes whole documents."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any


def to_yaml(value: Any) -> str:
    """A plain value as one line of YAML.

    >>> to_yaml({"Dense": {"units": 8, "activation": None}}), to_yaml("a: b")
    ('{Dense: {units: 8, activation: null}}', '"a: b"')
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{to_yaml(str(key))}: {to_yaml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(to_yaml, value)) + "]"
    if isinstance(value, str):
        return value if is_plain(value) else quote(value)
    if isinstance(value, float) and value != value:
        return ".nan"
    if value in (float("inf"), float("-inf")):
        return ".inf" if value > 0 else "-.inf"
    return repr(value)


def abbreviate(value: Any) -> str:
    """A plain value as one line of YAML; `...` if that is too long for a message.

    >>> abbreviate([3, 3]), abbreviate(list(range(100)))
    ('[3, 3]', '...')
    """
    text = to_yaml(value)
    return text if len(text) <= 40 else "..."


def shape_text(shape: Iterable[int | None] | None) -> str:
    """A shape as users read it; `unknown` if not even its rank is known.

    >>> shape_text([None, 10]), shape_text([None]), shape_text(None)
    ('(null, 10)', '(null,)', 'unknown')
    """
    return "unknown" if shape is None else str(tuple(shape)).replace("None", "null")


def is_plain(text: str) -> bool:
    """Whether text needs no quotes anywhere in a document."""
    from kspec.syntax.scalars import resolve

    if text == "_" or _VARIABLE.fullmatch(text):
        return True
    letters = text.translate(_HARMLESS)
    return letters.isalnum() and text == text.strip() and text[0].isalpha() and resolve(text) == text


def quote(text: str) -> str:
    """Text in double quotes, with line breaks and characters that YAML forbids escaped."""
    return _UNSEEN.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(text, ensure_ascii=False))


_UNSEEN = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_VARIABLE = re.compile(r"\$[A-Za-z_][A-Za-z0-9_]*")
_HARMLESS = str.maketrans("", "", "_-./ ")


def kind_of(value: Any) -> str:
    """Describe a value in the user's words: `3`, `a list`."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= 40 else f'"{value[:37]}..."'
    return "a list" if isinstance(value, list) else "a mapping"
