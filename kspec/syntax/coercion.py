"""Corrections for values whose type does not fit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from kspec.diagnostics import Edit, Path, Positions
from kspec.syntax.expressions import ExpressionError, evaluate
from kspec.syntax.scalars import NumberTooLong, resolve
from kspec.syntax.yaml_flow import to_yaml
from kspec.syntax.yaml_typos import parse_tuple


class Correction(NamedTuple):
    """What to write instead of a value.

    Args:
        advice: What the help says before the text.
        text: The YAML text to write.
        value: What that text means.
    """

    advice: str
    text: str
    value: Any


def suggest_correction(value: Any, variables: Mapping[str, Any]) -> Correction | None:
    """What the author of a value probably intended; the caller checks whether its type fits.

    >>> [suggest_correction(value, {}).text for value in ("yes", "1e-3", 784, "1/255")]
    ['true', '1e-3', '[784]', '"${1/255}"']
    """
    if isinstance(value, str):
        return _correct_text(value, variables)
    if isinstance(value, float) and value.is_integer():
        return Correction("write", str(int(value)), int(value))
    if isinstance(value, int) and not isinstance(value, bool):
        return Correction("it is a list: write", f"[{value}]", [value])
    if isinstance(value, dict) and isinstance(value.get("shape_of"), str) and "axis" not in value:
        size = {"shape_of": value["shape_of"], "axis": -1}
        return Correction("`shape_of` needs an axis: write", to_yaml(size), size)
    return None


def _correct_text(text: str, variables: Mapping[str, Any]) -> Correction | None:
    if text in variables:
        return Correction("to use the variable, write", f"${text}", variables[text])
    if text.lower() in ("yes", "no", "on", "off"):
        is_yes = text.lower() in ("yes", "on")
        return Correction(f"in YAML 1.2 `{text}` is text; write", "true" if is_yes else "false", is_yes)
    if text == "None":
        return Correction("write", "null", None)
    if text[:1] == "(" and (items := parse_tuple(text)) is not None:
        return Correction("YAML has no tuples; write", to_yaml(items), items)
    if _ARITHMETIC.fullmatch(text):
        return _correct_arithmetic(text)
    try:
        number = resolve(text.replace("_", ""))
    except NumberTooLong:
        return None
    if isinstance(number, (int, float)) and not isinstance(number, bool):
        advice = "write it without `_`:" if "_" in text else "remove the quotes:"
        return Correction(advice, text.replace("_", ""), number)
    return None


_ARITHMETIC = re.compile(r"[-\d.eE() ]*\d[ )]*[-+*/%][-\d.eE()+*/% ]+")


def _correct_arithmetic(text: str) -> Correction | None:
    """`1/255` → an expression."""
    try:
        return Correction("to compute it, write", f'"${{{text}}}"', evaluate(text, {}))
    except ExpressionError:
        return None


def replacement_edits(positions: Positions, path: Path, text: str) -> tuple[Edit, ...]:
    """The edit that replaces the value at a path.

    Args:
        positions: The places of the values in the text.
        path: The value's place in the spec.
        text: The new value, as YAML.

    Returns:
        The edit; empty if the value is computed, tagged, or shared by an anchor.
    """
    span = positions.values.get(path)
    if span is None or path in positions.variables or span.text[:1] in ("", "&", "!", "*"):
        return ()
    return (Edit(span, text),)
