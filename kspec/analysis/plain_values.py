"""Predicates on plain values, and their description in messages."""

from __future__ import annotations

from typing import Any

from kspec.syntax.yaml_flow import abbreviate, quote


def describe_value(value: Any) -> str:
    """A value of the wrong type, for a message: text always in quotes, which YAML may omit, so that its type shows."""
    if isinstance(value, str):
        return quote(value if len(value) <= 40 else f"{value[:37]}...")
    if isinstance(value, dict):
        return "a mapping"
    text = abbreviate(value)
    return text if text != "..." else "this list"
