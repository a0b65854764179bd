"""Finds tables that are a series in time: a column whose times follow each other at even steps."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kspec.data.table import Column, Table
from kspec.data.time_formats import is_time
from kspec.data.times import are_days, parse_times
from kspec.language.data import Data

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

MIN_ROWS = 20
"""A table with fewer rows is not called a series."""
UNIX = (1990, 2100)
"""The years of the seconds or milliseconds since 1970 that integers are taken for."""
MOST = 0.7
"""The share of steps that are equal in a series; of working days, four fifths are."""
_NAMES = re.compile(r"(.*[_ ])?(year|date|time|timestamp|datetime|month|week|day|hour)s?", re.IGNORECASE)
"""Names under which numbers are times."""


def series_column(table: Table, data: Data, splits: Mapping[str, Array]) -> str:
    """The first column of times at even steps, where chance splits the rows; empty if there is none.

    Args:
        table: The table.
        data: The `data` section.
        splits: By split, the indices of its rows.
    """
    if data.split.way or table.row_splits is not None or len(splits) < 2 or table.rows < MIN_ROWS:
        return ""
    return next((name for name, column in table.columns.items() if _is_series(column)), "")


def _is_series(column: Column) -> bool:
    times = None if column.missing.any() else known_times(column)
    return times is not None and has_even_step(times)


def known_times(column: Column) -> Array | None:
    """The times of a column without gaps, `datetime64[us]` or numbers, shape (rows,); None if it has no times.

    Numbers are times if the column is called so, or if they are days such as 20240131.
    """
    import numpy

    if column.size != 1 or column.kind not in ("integer", "float", "text"):
        return None
    if column.kind != "text" and not are_days(column.values):
        values = column.values.reshape(len(column.values))
        is_named = _NAMES.fullmatch(column.name) is not None or are_unix_times(column)
        return values if is_named and bool(numpy.isfinite(values).all()) else None
    texts = numpy.asarray(column.texts())
    if not all(is_time(str(text)) for text in texts[:MIN_ROWS]):
        return None
    times = parse_times(texts)
    return times if isinstance(times, numpy.ndarray) else None


def are_unix_times(column: Column) -> bool:
    """Whether integers are seconds or milliseconds since 1970 in ascending order, and count no rows."""
    import numpy

    if column.kind != "integer" or column.size != 1 or column.missing.any() or len(column.values) < 2:
        return False
    values = column.values.reshape(-1)
    seconds = values // 1000 if values[0] > 10**11 else values
    low, high = ((year - 1970) * 365.25 * 86_400 for year in UNIX)
    steps = numpy.diff(values)
    return bool(low < seconds[0] <= seconds[-1] < high and (steps > 0).all() and numpy.median(steps) > 1)


def has_even_step(times: Array) -> bool:
    """Whether times, shape (rows,), are all distinct and most follow at one step, of time or of whole months."""
    import numpy

    ordered = numpy.sort(times)
    if ordered.dtype.kind == "M":
        months = ordered.astype("datetime64[M]")
        days = ordered - months.astype(ordered.dtype)
        ordered = months.astype(int) if len(numpy.unique(days)) == 1 else ordered.astype(int)
    steps = numpy.diff(ordered.astype(float) if ordered.dtype.kind in "bu" else ordered)
    if not len(steps) or (steps <= 0).any():
        return False
    close = numpy.isclose(steps, numpy.median(steps), rtol=1e-6, atol=0)
    return bool(close.mean() >= MOST)
