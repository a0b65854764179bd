"""Rows of totals below a table, which are no examples."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from kspec.data.computed_columns import identifier, quoted
from kspec.data.table import Table

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

LAST = 3
"""So many rows at the end may be totals."""
_TOTAL = re.compile(
    r"(grand |sub|over)?-? ?(total|sum|all|average|avg|mean|summe|gesamt|gesamtsumme|insgesamt|mittelwert|durchschnitt"
    r"|somme|moyenne|suma|totaal)s?( ?\(.*\))?:?",
    re.IGNORECASE,
)


class TotalRows(NamedTuple):
    """Rows at the end of a table that are totals.

    Args:
        column: The column that says so.
        words: What it says, as the file has it.
        size: How many rows there are.
    """

    column: str
    words: list[str]
    size: int


def find_totals(table: Table) -> TotalRows | None:
    """The rows of totals below a table of which a text says so; None if there are none."""
    if table.rows <= 2 * LAST:
        return None
    for column in table.columns.values():
        if column.kind != "text" or column.values.ndim != 1:
            continue
        texts = ["" if gap else str(text).strip() for text, gap in zip(column.values, column.missing, strict=True)]
        count = 0
        while count < LAST and _TOTAL.fullmatch(texts[-1 - count]):
            count += 1
        words = list(dict.fromkeys(texts[len(texts) - count :]))
        if count and not set(words) & set(texts[:-count]):
            return TotalRows(column.name, words, count)
    return None


def rows_without(table: Table, totals: TotalRows) -> tuple[Array, str] | None:
    """Which rows of a table are no totals, shape (rows,), and the condition for them; None if nothing tells them apart.

    Args:
        table: The table, in which the column may be one of numbers, where the words are missing values.
        totals: Its totals.
    """
    import numpy

    column = table.columns[totals.column]
    name = identifier(totals.column)
    if column.kind == "text":
        kept = ~numpy.isin([str(text).strip() for text in column.values], totals.words)
        return kept | column.missing, " and ".join(f"{name} is distinct from {quoted(word)}" for word in totals.words)
    if int(column.missing.sum()) != totals.size or not column.missing[-totals.size :].all():
        return None  # other rows have gaps
    return ~column.missing, f"{name} is not null"
