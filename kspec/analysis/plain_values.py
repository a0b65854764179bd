"""Predicates on plain values, and their description in messages."""

from __future__ import annotations

from typing import Any

from kspec.catalog import types as kinds
from kspec.syntax.deferred import is_failed
from kspec.syntax.yaml_flow import abbreviate, quote


def is_number(value: Any, kind: kinds.Number) -> bool:
    """Whether it is a number within the bounds of a type."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    if kind.integer and not isinstance(value, int):
        return False
    if value != value:
        return False
    low, high = kind.minimum, kind.maximum
    if low is not None and (value < low or (kind.open_minimum and value == low)):
        return False
    return not (high is not None and (value > high or (kind.open_maximum and value == high)))


def is_dimension(value: Any) -> bool:
    """Whether it is a size of an axis; -1 stands for what is left."""
    return isinstance(value, int) and not isinstance(value, bool) and (value > 0 or value == -1)


def is_array(value: Any) -> bool:
    """Whether it is a number, or lists of numbers."""
    if isinstance(value, list):
        return all(is_failed(part) or is_array(part) for part in value)
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def describe_value(value: Any) -> str:
    """A value of the wrong type, for a message: text always in quotes, which YAML may omit, so that its type shows."""
    if isinstance(value, str):
        return quote(value if len(value) <= 40 else f"{value[:37]}...")
    if isinstance(value, dict):
        return "a mapping"
    text = abbreviate(value)
    return text if text != "..." else "this list"
