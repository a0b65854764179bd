"""Columns of text with two usual spellings, such as yes and no: the targets of a multi-label classification."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kspec.data.columns import ColumnMapping
from kspec.data.network_specs import OutputSpec
from kspec.data.table import NUMERIC, Column, Table

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]
    Pair = tuple[str, str]

_PAIRS = (
    ("false", "true"),
    ("no", "yes"),
    ("n", "y"),
    ("f", "t"),
    ("off", "on"),
    ("nein", "ja"),
    ("n", "j"),
    ("non", "oui"),
    ("n", "o"),
    ("no", "si"),
    ("no", "sí"),
)
"""The usual spellings of false and true, in lower case."""


def yes_no_pair(texts: Iterable[str]) -> Pair | None:
    """The spelling of false and true in a column, as the column has them; None if it has another text.

    Args:
        texts: The values that occur.
    """
    present = {text.strip() for text in texts}
    lowered = {text.lower() for text in present}
    pair = next((pair for pair in _PAIRS if lowered <= set(pair)), None)
    if pair is None or not lowered:
        return None
    model = min(present)
    for change in (str.lower, str.title, str.upper):
        if change(model) == model:
            return tuple(next((t for t in sorted(present) if t.lower() == word), change(word)) for word in pair)  # type: ignore[return-value]
    return pair


def pair_of(column: Column) -> Pair | None:
    """The spelling of false and true in a yes/no column; None if it is none. A column of numbers spells 0 and 1."""
    if column.kind in ("text", "boolean"):
        return yes_no_pair(set(map(str, column.texts()[~column.missing].tolist())))
    present = column.values[~column.missing]
    is_binary = column.kind in NUMERIC and present.ndim == 1 and ((present == 0) | (present == 1)).all()
    return ("0", "1") if is_binary else None


def as_boolean(column: Column, pair: Sequence[str]) -> tuple[Column, Array]:
    """A column of text as booleans, and the rows with neither spelling, shape (n,).

    Args:
        column: The column.
        pair: How it spells false and true.
    """
    import numpy

    texts = numpy.array([str(text).strip().lower() for text in column.texts().tolist()], dtype=object)
    values: Array = texts == pair[1].lower()
    unread = ~values & (texts != pair[0].lower()) & ~column.missing
    return Column(column.name, "boolean", values, column.missing, column.texts), unread


def read_yes_no_targets(table: Table, mapping: ColumnMapping, outputs: Mapping[str, OutputSpec]) -> None:
    """Reads targets of several yes/no columns as booleans, if some are text.

    Args:
        table: The table, whose columns are replaced.
        mapping: The columns of each output.
        outputs: By output, what is known of it; a regression takes no text.
    """
    for name, names in mapping.targets.items():
        columns = [table.columns[column] for column in names]
        known = outputs.get(name)
        if len(columns) < 2 or (known is not None and known.task == "regression"):
            continue
        if all(column.kind != "text" for column in columns):
            continue
        pairs = [pair_of(column) for column in columns]
        if None in pairs:
            continue
        for column, pair in zip(columns, pairs, strict=True):
            if column.kind == "text" and pair is not None:
                table.columns[column.name], _ = as_boolean(column, pair)
