"""What was meant by a value that is not of an argument's type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from kspec.catalog.examples import plain
from kspec.diagnostics import Edit, Path, Positions
from kspec.syntax.scalars import resolve
from kspec.syntax.yaml_typos import tuple_of


class Meant(NamedTuple):
    """How a value was meant: what the help says before it, how it is written, and what it then is."""

    words: str
    written: str
    value: Any


def meant(value: Any, variables: Mapping[str, Any]) -> Meant | None:
    """How a value of a wrong type may have been meant; whether that is of the right one is for the caller to see.

    >>> meant("yes", {}).written, meant("1e-3", {}).written, meant(784, {}).written
    ('true', '1e-3', '[784]')
    """
    if isinstance(value, str):
        return _text(value, variables)
    if isinstance(value, float) and value.is_integer():
        return Meant("write", str(int(value)), int(value))
    if isinstance(value, int) and not isinstance(value, bool):
        return Meant("it is a list: write", f"[{value}]", [value])
    return None


def _text(text: str, variables: Mapping[str, Any]) -> Meant | None:
    if text in variables:
        return Meant("a variable's value is", f"${text}", variables[text])
    if text.lower() in ("yes", "no", "on", "off"):
        is_yes = text.lower() in ("yes", "on")
        return Meant(f"in YAML 1.2 `{text}` is text: write", "true" if is_yes else "false", is_yes)
    if text == "None":
        return Meant("write", "null", None)
    if text[:1] == "(" and (items := tuple_of(text)) is not None:
        return Meant("YAML has no tuples: write", plain(items), items)
    number = resolve(text.replace("_", ""))
    if isinstance(number, (int, float)) and not isinstance(number, bool):
        words = "write it without `_`:" if "_" in text else "remove the quotes:"
        return Meant(words, text.replace("_", ""), number)
    return None


def replacing(positions: Positions, path: Path, written: str) -> tuple[Edit, ...]:
    """The edit that writes another value at a path; none where it is not one line of the spec that says it."""
    span = positions.values.get(path)
    if span is None or path in positions.variables or span.written[:1] in ("", "&", "!", "*"):
        return ()
    return (Edit(span, written),)
