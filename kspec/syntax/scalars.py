"""Resolves plain scalars by YAML 1.2's core schema.

PyYAML follows YAML 1.1, where `1e-3` is a string and `on` a boolean.
"""

from __future__ import annotations

import re

Scalar = str | int | float | bool | None

_INTEGER = re.compile(r"[-+]?[0-9]+")
_OCTAL_OR_HEX = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INFINITE = re.compile(r"[-+]?\.(inf|Inf|INF)")
_WORDS: dict[str, Scalar] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
    ".nan": float("nan"),
    ".NaN": float("nan"),
    ".NAN": float("nan"),
}
_FIRST = frozenset("0123456789+-.")

MAX_DIGITS = 400
"""The longest number; converting longer ones to integers is slow."""


class NumberTooLong(ValueError):
    """A number has more than `MAX_DIGITS` characters."""


def resolve(text: str) -> Scalar:
    """The value of a plain (unquoted) scalar.

    Raises:
        NumberTooLong: if it is a number of more than `MAX_DIGITS` characters.

    >>> resolve("1e-3"), resolve("on"), resolve("0o17"), resolve("~")
    (0.001, 'on', 15, None)
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _FIRST:
        return text
    number: Scalar = text
    if _INTEGER.fullmatch(text):
        number = int(text) if len(text) <= MAX_DIGITS else _too_long()
    elif _FLOAT.fullmatch(text):
        number = float(text) if len(text) <= MAX_DIGITS else _too_long()
    elif _OCTAL_OR_HEX.fullmatch(text):
        number = int(text, 0) if len(text) <= MAX_DIGITS else _too_long()
    elif _INFINITE.fullmatch(text):
        number = float("-inf") if text.startswith("-") else float("inf")
    return number


def _too_long() -> Scalar:
    raise NumberTooLong
