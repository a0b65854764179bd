"""What the rows of a column in their order tell of its role: row numbers, dates, running text."""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

from kspec.data.profile.item_hints import ItemHints, item_hints
from kspec.data.profile.series import are_unix_times
from kspec.data.table import Column, Table
from kspec.data.time_formats import are_times, names_time
from kspec.data.times import TimeProblem, parse_times

FEW = 10
"""In fewer rows, numbers that count up may be measured."""
DAYS = (1700_00_00, 2200_00_00)
PIECE = 20_000
"""So many texts of a column are looked at."""


class ColumnHints(NamedTuple):
    """What the order of a column's rows tells.

    Args:
        is_row_number: Whether its integers count the rows.
        is_time: Whether it holds dates, or its numbers are called a time.
        is_sorted: Whether no value is less than the one before; of dates, whether they can be read and are in order.
        has_repeats: Whether a value occurs twice.
        words: The median number of words of its texts.
        most_words: The number of words that nine of ten of its texts do not exceed.
        items: What its lists tell; None without lists.
        unread: Why its dates cannot be read, about `it`; empty if they can.
    """

    is_row_number: bool = False
    is_time: bool = False
    is_sorted: bool = False
    has_repeats: bool = False
    words: int = 0
    most_words: int = 0
    items: ItemHints | None = None
    unread: str = ""


def table_hints(table: Table) -> dict[str, ColumnHints]:
    """The hints of each column."""
    return {name: column_hints(column) for name, column in table.columns.items()}


def _problem_of(problem: TimeProblem) -> str:
    """What is wrong with dates, without the rows."""
    return problem.message.partition(": {rows}")[0].format(name="it", rows="some rows")


def _are_days(values: Any) -> bool:
    """Whether numbers are dates such as 20240501."""
    return bool(((values > DAYS[0]) & (values < DAYS[1])).all())


def column_hints(column: Column) -> ColumnHints:
    """The hints of a column."""
    import numpy

    if column.kind in ("list", "array"):
        return ColumnHints(items=item_hints(column))
    values = column.values[~column.missing]
    if values.ndim > 1 or len(values) < 2 or column.kind not in ("integer", "float", "text"):
        return ColumnHints()
    if column.kind == "text":
        texts = [str(value) for value in values[:PIECE].tolist()]
        words = numpy.array([len(text.split()) for text in texts])
        is_time = are_times(texts)
        times = parse_times(values) if is_time else texts
        is_sorted = isinstance(times, (numpy.ndarray, list)) and all(a <= b for a, b in itertools.pairwise(times))
        return ColumnHints(
            is_time=is_time,
            is_sorted=is_sorted,
            has_repeats=len(set(texts)) < len(texts),
            words=int(numpy.median(words)),
            most_words=int(numpy.ceil(numpy.quantile(words, 0.9))),
            unread=_problem_of(times) if isinstance(times, tuple) else "",
        )
    values = values[numpy.isfinite(values)]
    steps = numpy.diff(values)
    is_integer, is_sorted = column.kind == "integer", bool((steps >= 0).all())
    is_named_time = names_time(column.name) and ((is_sorted and bool((steps > 0).any())) or _are_days(values))
    return ColumnHints(
        is_row_number=is_integer and len(values) >= FEW and bool((steps == 1).all()),
        is_time=is_named_time or are_unix_times(column),
        is_sorted=is_sorted,
        has_repeats=len(numpy.unique(values)) < len(values),
    )
