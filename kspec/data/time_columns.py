"""Columns of times that a new spec computes, where a date and a time of day, or a year and a month, stand in columns of
their own.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kspec.data.computed_columns import NewColumn, free_name, identifier
from kspec.data.mixed_times import find_mixed_times
from kspec.data.table import Column, Table
from kspec.data.time_formats import match_time
from kspec.data.times import are_days, parse_times

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_OF_DAY = re.compile(r"(.*[\W_])?(time|hour|hours|hr|hrs|clock|uhrzeit|heure|hora)([\W_].*)?", re.IGNORECASE)
"""The name of a time of day."""
_CLOCK = re.compile(r"([01]?\d|2[0-3])[:.][0-5]\d([:.][0-5]\d(\.\d+)?)?( ?[AaPp][Mm])?")
SAMPLE = 50
"""So many texts tell whether a column has dates or times of day."""


def with_times(table: Table) -> tuple[Table, dict[str, NewColumn]]:
    """The table with a column of times, where these stand in several columns, or in several formats.

    Returns:
        The table, and the new column by its name.
    """
    found = _calendar(table) or _timestamps(table) or find_mixed_times(table)
    if found is None:
        return table, {}
    column, new = found
    columns: dict[str, Column] = {}
    for name, own in table.columns.items():
        columns[name] = own
        if set(new.parts) <= set(columns):
            columns.setdefault(new.name, column)
    return replace(table, columns=columns), {new.name: new}


def _calendar(table: Table) -> tuple[Column, NewColumn] | None:
    """The dates of a year and a month or quarter, and perhaps of a day and an hour; None without such columns."""
    names = {name.lower(): name for name in table.columns}
    year = _whole(table.columns.get(names.get("year", "")))
    month = table.columns.get(names.get("month", ""))
    quarter = _whole(table.columns.get(names.get("quarter", names.get("qtr", ""))))
    if year is None or not len(year.values) or not (1000 <= year.values.min() <= year.values.max() <= 2999):
        return None
    own = _cast(year, table)
    if month is None or month.missing.any():
        if quarter is None or not set(quarter.values.tolist()) <= {1, 2, 3, 4}:
            return None
        moments = [
            (a, 3 * int(b) - 2, 1, 0) for a, b in zip(year.values.tolist(), quarter.values.tolist(), strict=True)
        ]
        expression = f"make_date({own}, 3 * {_cast(quarter, table)} - 2, 1)"
        return _dates(table, moments, expression, "the quarter of the row", (year.name, quarter.name))
    formatted = _months(_whole(month) or month)
    if formatted is None:
        return None
    numbers, form = formatted
    if form:
        moments = [(a, b, 1, 0) for a, b in zip(year.values.tolist(), numbers, strict=True)]
        expression = f"cast(strptime(concat({own}, ' ', {identifier(month.name)}), '%Y {form}') as date)"
        return _dates(table, moments, expression, "the month of the row", (year.name, month.name))
    other = _cast(month, table)
    day = _days(table, year, numbers)
    if day is None:
        moments = [(a, b, 1, 0) for a, b in zip(year.values.tolist(), numbers, strict=True)]
        expression = f"make_date({own}, {other}, 1)"
        return _dates(table, moments, expression, "the month of the row", (year.name, month.name))
    parts = (year.name, month.name, day.name)
    days = list(zip(year.values.tolist(), numbers, day.values.tolist(), strict=True))
    hour = next((column for name in ("hour", "hr") if (column := _hours(table, names.get(name, "")))), None)
    if hour is None:
        expression = f"make_date({own}, {other}, {_cast(day, table)})"
        return _dates(table, [(*date, 0) for date in days], expression, "the day of the row", parts)
    moments = [(*date, own_hour) for date, own_hour in zip(days, hour.values.tolist(), strict=True)]
    expression = f"make_timestamp({own}, {other}, {_cast(day, table)}, {_cast(hour, table)}, 0, 0)"
    return _dates(table, moments, expression, "the hour of the row", (*parts, hour.name))


def _dates(
    table: Table, moments: Sequence[tuple[int, int, int, int]], expression: str, why: str, parts: tuple[str, ...]
) -> tuple[Column, NewColumn]:
    """A column of dates, with hours where there are some, and how a spec computes it.

    Args:
        table: The table.
        moments: By row, the year, the month, the day and the hour.
        expression: The SQL expression.
        why: What the column is.
        parts: The columns that it stands for.
    """
    has_hours = "timestamp" in expression
    name = free_name("time" if has_hours else "date", table.columns)
    texts = [f"{int(a):04d}-{int(b):02d}-{int(c):02d}" for a, b, c, _ in moments]
    if has_hours:
        texts = [f"{text} {int(hour):02d}:00:00" for text, (*_, hour) in zip(texts, moments, strict=True)]
    return _texts(name, texts), NewColumn(name, expression, why, parts)


def _timestamps(table: Table) -> tuple[Column, NewColumn] | None:
    """The times of a date and a time of day; None if there are no such columns.

    The date repeats, and where it is in order, so is the time: a duration beside a date is none.
    """
    dates = [column for column in table.columns.values() if _has_dates(column)]
    clocks = [(column, text) for column in table.columns.values() if (text := _clock_expression(column))]
    if len(dates) != 1 or len(clocks) != 1 or table.rows < 2:
        return None
    (date,), ((clock, expression),) = dates, clocks
    days = [str(text).strip() for text in date.texts()]
    if clock.kind == "integer":
        first = int(clock.values.min() == 1 and clock.values.max() == 24)
        hours = [f"{int(hour) - first}:00" for hour in clock.values.tolist()]
    else:
        hours = [str(text).strip().replace(".", ":", 2) for text in clock.values.tolist()]
    texts = [f"{day} {hour}" for day, hour in zip(days, hours, strict=True)]
    times, whole_days = parse_times(_objects(texts)), parse_times(_objects(days))
    if isinstance(times, tuple) or isinstance(whole_days, tuple) or not _are_finer(times, whole_days):
        return None
    name = free_name("timestamp", table.columns)
    new = NewColumn(
        name, f"concat({identifier(date.name)}, ' ', {expression})", "date and time of day", (date.name, clock.name)
    )
    return _texts(name, texts), new


def _are_finer(times: Array, days: Array) -> bool:
    """Whether times tell rows of the same day apart, and are in order where the days are."""
    import numpy

    later, same = numpy.diff(times.astype("int64")), numpy.diff(days.astype("int64"))
    return bool((same == 0).any() and (later[same == 0] > 0).mean() > 0.9 and ((later < 0) <= (same <= 0)).all())


def _has_dates(column: Column) -> bool:
    """Whether a column has dates without a time of day."""
    if column.size != 1 or not len(column.values) or column.missing.any():
        return False
    if column.kind == "integer":
        return are_days(column.values)
    if column.kind != "text":
        return False
    matches = [match_time(str(text).strip()) for text in column.values[:SAMPLE].tolist()]
    has_days = all(match is not None and not match.parts["hour"] for match in matches)
    return has_days and not _OF_DAY.fullmatch(column.name)


def _clock_expression(column: Column) -> str:
    """The SQL expression of times of day such as `10:00`; empty if a column has none."""
    if column.size != 1 or column.missing.any() or not _OF_DAY.fullmatch(column.name) or not len(column.values):
        return ""
    if column.kind == "integer":
        low, high = column.values.min(), column.values.max()
        if not (0 <= low < high <= 24) or (low, high) == (0, 24):
            return ""
        hour = identifier(column.name)
        return f"concat({f'{hour} - 1' if high == 24 else hour}, ':00')"
    if column.kind != "text" or not all(_CLOCK.fullmatch(str(text).strip()) for text in column.values.tolist()):
        return ""
    has_points = any(re.match(r"\d+\.", str(text).strip()) for text in column.values[:SAMPLE].tolist())
    return f"replace({identifier(column.name)}, '.', ':')" if has_points else identifier(column.name)


def _whole(column: Column | None) -> Column | None:
    """A column of whole numbers, also of those written as 1959.0; None of others, and of gaps."""
    import numpy

    if column is None or column.missing.any() or column.size != 1 or column.kind not in ("integer", "float"):
        return None
    if column.kind == "integer":
        return column
    values = column.values.reshape(-1)
    if not (numpy.isfinite(values).all() and (values == numpy.rint(values)).all()):
        return None
    return replace(column, kind="integer", values=values.astype("int64"))


def _cast(column: Column, table: Table) -> str:
    """A column of whole numbers in an expression."""
    name = identifier(column.name)
    return f"cast({name} as integer)" if table.columns[column.name].kind == "float" else name


def _days(table: Table, year: Column, months: Sequence[int]) -> Column | None:
    """The column of days of the month, which make dates with the years and months; None if there is none."""
    day = next((column for name, column in table.columns.items() if name.lower() in ("day", "dayofmonth")), None)
    day = _whole(day)
    if day is None:
        return None
    dates = zip(year.values.tolist(), months, day.values.tolist(), strict=True)
    return day if all(1 <= number <= calendar.monthrange(own, month)[1] for own, month, number in dates) else None


def _hours(table: Table, name: str) -> Column | None:
    """The column of hours from 0 to 23; None if it is none."""
    hour = _whole(table.columns.get(name))
    return hour if hour is not None and 0 <= hour.values.min() <= hour.values.max() <= 23 else None


def _months(column: Column) -> tuple[list[int], str] | None:
    """The numbers of months from 1 to 12, and the format of their names; empty for numbers; None for other values."""
    values = column.values.tolist()
    if column.kind == "integer":
        return (values, "") if set(values) <= set(range(1, 13)) else None
    if column.kind == "text":
        for form, known in (("%b", [name[:3] for name in MONTHS]), ("%B", MONTHS)):
            places = {name.lower(): number for number, name in enumerate(known, 1)}
            if all(str(value).lower() in places for value in values):
                return [places[str(value).lower()] for value in values], form
    return None


def _texts(name: str, texts: Sequence[str]) -> Column:
    import numpy

    return Column(name, "text", _objects(texts), numpy.zeros(len(texts), bool))


def _objects(texts: Sequence[str]) -> Array:
    import numpy

    return numpy.array(texts, dtype=object)
