"""Rows to try an export on, made from the contract: usual ones, gaps, and values that training did not have."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from kspec.contract.document import Contract
from kspec.contract.parts import ColumnContract

USUAL = 8
"""How many rows are usual."""
MOST_COLUMNS = 48
"""So many columns are varied."""
FAR = 10
"""How far beyond the range of training a number lies, in ranges."""
UNSEEN = "never seen ✓"
TEXTS = ("a", "two words", "Three, words: here", "x" * 40)


def why_none(contract: Contract) -> str:
    """Why no rows are made; empty if they are."""
    if contract.window is not None:
        return "examples are windows"
    for name, column in contract.columns.items():
        if column.expression:
            return f"`{name}` is computed by an expression"
        if column.kind in ("image", "audio", "list"):
            return f"`{name}` is a {'picture' if column.kind == 'image' else column.kind}"
        if column.kind == "array" and (not column.shape or None in column.shape):
            return f"`{name}` has an open length"
    return ""


def made_rows(contract: Contract) -> dict[str, list[Any]]:
    """Rows by column, None for a gap: first usual ones, then for each column in turn rows that are unusual in it.

    Args:
        contract: The contract, with rows for which `why_none` is empty.
    """
    columns = contract.needed
    usual = {name: _usual(column) for name, column in columns.items()}
    rows = [{name: values[at % len(values)] for name, values in usual.items()} for at in range(USUAL)]
    for number, (name, value) in enumerate(_variations(list(columns.values()))):
        rows.append({**rows[number % USUAL], name: value})
    return {name: [row[name] for row in rows] for name in columns}


def _usual(column: ColumnContract) -> list[Any]:
    """Values that training has seen, or such as it may have."""
    seen = column.seen
    if column.kind == "array":
        return [_filled(column.shape, value) for value in _numbers(column)]
    if not column.takes_numbers:
        known = list(seen.categories)[: USUAL - 1]
        return known or list(TEXTS)
    return _numbers(column)


def _numbers(column: ColumnContract) -> list[Any]:
    seen = column.seen
    low, high = seen.minimum, seen.maximum
    known = [value for value in (low, *seen.quantiles.values(), high) if value is not None] or [0]
    if "int" in column.dtype or column.dtype == "bool" or column.kind == "boolean":
        return sorted({math.floor(value) for value in known})
    return [float(value) for value in known]


def _filled(shape: Sequence[int | None], value: float) -> Any:
    """An array of a shape, as lists, with numbers near a value."""
    if not shape:
        return value
    return [
        _filled(shape[1:], value * (1 - at / 1000) if isinstance(value, float) else value)
        for at in range(shape[0] or 1)
    ]


def _variations(columns: Sequence[ColumnContract]) -> Iterator[tuple[str, Any]]:
    """Unusual values, with their columns."""
    chosen = (
        columns
        if len(columns) <= MOST_COLUMNS
        else [columns[at * len(columns) // MOST_COLUMNS] for at in range(MOST_COLUMNS)]
    )
    for column in chosen:
        if column.kind == "array":
            continue
        if column.gap.action != "neighbor":
            yield column.name, None
        if column.takes_numbers:
            yield from ((column.name, value) for value in _extremes(column))
        elif column.role == "input":
            yield column.name, UNSEEN


def _extremes(column: ColumnContract) -> list[Any]:
    known = _numbers(column)
    low, high = known[0], known[-1]
    far = FAR * max(high - low, 1)
    values: list[Any] = [high + far, low - far]
    return [*values, math.inf, low + 0.5] if column.dtype else values
