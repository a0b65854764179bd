"""Columns that a new spec computes: numbers out of texts with a unit (`$5`, `12 %`, `1.234 €`), and paths of files."""

from __future__ import annotations

import calendar
import math
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from kspec.data.number_texts import MARKS, NumberTexts, notation, number_texts
from kspec.data.table import Column, Table

_CURRENCY = r"(?:US|R|A|C)?[$€£¥₹]|USD|EUR|GBP|CHF|Rs\.?"
_PARTS = re.compile(
    rf"[+-]?(?P<before>(?:{_CURRENCY})?) ?[+-]?[\d.,][\d.,'\u00a0 ]*?(?P<after>\s*[^\d\s.,'+-]\D{{0,14}})?"
)
"""A number between a currency and a unit. A word before a number, as in `Q1`, makes it a name."""
_CLOCK = re.compile(r"(\d{1,3}):([0-5]\d)(?::([0-5]\d(?:\.\d+)?))?")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
MOST = 0.9
"""The share of texts that must have the unit, without words for missing values."""
FEW = 3
"""Fewer distinct numbers are categories, such as `36 months` and `60 months`."""


class NewColumn(NamedTuple):
    """A column that a spec computes.

    Args:
        name: Its name.
        expression: The SQL expression.
        why: What it is, for people.
        parts: The columns of the table that it stands for, if there are several.
    """

    name: str
    expression: str
    why: str
    parts: tuple[str, ...] = ()


def with_numbers(table: Table, *, in_cells: bool = True) -> tuple[Table, dict[str, NewColumn]]:
    """The table with numbers in place of texts that are numbers with a unit, under the names of these columns.

    Texts of several lines become texts of one.

    Args:
        table: The table.
        in_cells: Whether its texts stand in the table itself, rather than in files.

    Returns:
        The table, and by column, the one that computes the numbers.
    """
    columns, new = dict(table.columns), dict[str, NewColumn]()
    for name, column in table.columns.items():
        found = None
        if column.kind == "text" and column.size == 1:
            found = _clock(column, set(columns)) or _numbers(column, set(columns))
            found = found or (_lines(column, set(columns)) if in_cells else None)
        if found is not None:
            columns[name], new[name] = found
    if not new:
        return table, new
    return replace(table, columns=columns), new


def with_months(table: Table) -> tuple[Table, dict[str, NewColumn]]:
    """The table with a column of dates, where a year, a month and perhaps a day stand in columns of their own.

    Returns:
        The table, and the new column by its name.
    """
    import numpy

    names = {name.lower(): name for name in table.columns}
    year, month = (table.columns.get(names.get(word, "")) for word in ("year", "month"))
    if year is None or month is None or year.kind != "integer" or (year.missing | month.missing).any():
        return table, {}
    formatted = _months(month)
    if formatted is None or not len(year.values) or not (1000 <= year.values.min() <= year.values.max() <= 2999):
        return table, {}
    numbers, form = formatted
    own, other = identifier(year.name), identifier(month.name)
    day = None if form else _days(table, year, numbers)
    expression = f"make_date({own}, {other}, {identifier(day.name) if day else 1})"
    if form:
        expression = f"cast(strptime(concat({own}, ' ', {other}), '%Y {form}') as date)"
    name = _free("date", table.columns)
    days = day.values.tolist() if day else [1] * table.rows
    dates = [f"{a:04d}-{b:02d}-{c:02d}" for a, b, c in zip(year.values.tolist(), numbers, days, strict=True)]
    column = Column(name, "text", numpy.array(dates, dtype=object), numpy.zeros(table.rows, bool))
    parts = (year.name, month.name, *([day.name] if day else []))
    new = NewColumn(name, expression, "the day of the row" if day else "the month of the row", parts)
    return replace(table, columns={**table.columns, name: column}), {name: new}


def _days(table: Table, year: Column, months: Sequence[int]) -> Column | None:
    """The column of days of the month, which make dates with the years and months; None if there is none."""
    day = next((column for name, column in table.columns.items() if name.lower() in ("day", "dayofmonth")), None)
    if day is None or day.kind != "integer" or day.missing.any():
        return None
    dates = zip(year.values.tolist(), months, day.values.tolist(), strict=True)
    return day if all(1 <= number <= calendar.monthrange(own, month)[1] for own, month, number in dates) else None


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


def without_marks(table: Table, marks: Mapping[str, Sequence[float]]) -> tuple[Table, dict[str, NewColumn]]:
    """The table with missing values in place of numbers that stand for them, where no option of a file says so.

    Args:
        table: The table.
        marks: By column, the numbers.

    Returns:
        The table, and by column, the one that computes the other numbers.
    """
    import numpy

    columns, new = dict(table.columns), dict[str, NewColumn]()
    for name, own in marks.items():
        column = columns[name]
        columns[name] = replace(column, missing=column.missing | numpy.isin(column.values, own))
        expression = identifier(name)
        for mark in own:
            expression = f"nullif({expression}, {mark})"
        why = f"{' and '.join(str(mark) for mark in own)} for missing values"
        new[name] = NewColumn(_free(f"{name}_number", columns), expression, why)
    return replace(table, columns=columns), new


def _numbers(column: Column, taken: Collection[str]) -> tuple[Column, NewColumn] | None:
    """The numbers of a column, and how a spec computes them; None if it has other texts, or no unit."""
    import numpy

    texts = Counter(str(value).strip() for value in column.values[~column.missing].tolist())
    unit = _unit(texts)
    if unit is None:
        return None
    bare = {text: _without(text, unit) for text in texts}
    found = number_texts(bare[text] for text, count in texts.items() for _ in range(count))
    if not found.are_numbers or len(texts) < FEW:
        return None
    decimal, thousands = notation([found], ",")
    known = {text: _value(bare[text], decimal, thousands) for text in texts}
    keys = [
        None if gap else known[str(value).strip()] for value, gap in zip(column.values, column.missing, strict=True)
    ]
    values = numpy.array([numpy.nan if key is None else key for key in keys])
    name = _free(f"{column.name}_number", taken)
    expression = _expression(column.name, unit, found, (decimal, thousands))
    example = next(text for text in texts if bare[text] != text)
    why = f"numbers written as `{example}`"
    return Column(column.name, "float", values, numpy.isnan(values)), NewColumn(name, expression, why)


def _clock(column: Column, taken: Collection[str]) -> tuple[Column, NewColumn] | None:
    """The hours of a column of times of day or of durations, and how a spec computes them; None of other texts."""
    import numpy

    texts = column.values[~column.missing].tolist()
    parts = [_CLOCK.fullmatch(str(text).strip()) for text in texts]
    if len(set(texts)) < FEW or not all(parts):
        return None
    hours = [int(part[1]) + int(part[2]) / 60 + float(part[3] or 0) / 3600 for part in parts if part is not None]
    values = numpy.full(len(column.values), numpy.nan)
    values[~column.missing] = hours
    name = _free(f"{column.name}_hours", taken)
    expression = f"epoch(cast({identifier(column.name)} as interval)) / 3600"
    new = NewColumn(name, expression, f"the hours of `{texts[0]}`")
    return Column(column.name, "float", values, column.missing), new


def _lines(column: Column, taken: Collection[str]) -> tuple[Column, NewColumn] | None:
    """A column of texts of which some have several lines, on one line, and how a spec computes it; None of others."""
    import numpy

    texts = column.values.tolist()
    if not any("\n" in str(text) for text in texts):
        return None
    values = numpy.array([str(text).replace("\r", "").replace("\n", " ") for text in texts], dtype=object)
    name = _free(f"{column.name}_line", taken)
    expression = f"replace(replace({identifier(column.name)}, chr(13), ''), chr(10), ' ')"
    return Column(column.name, "text", values, column.missing), NewColumn(name, expression, "on one line")


def _unit(texts: Counter[str]) -> tuple[str, str] | None:
    """What stands before and after the numbers of nearly all texts; None if that is nothing, or not the same."""
    units: Counter[tuple[str, str]] = Counter()
    known = {text: count for text, count in texts.items() if text not in MARKS}
    for text, count in known.items():
        parts = _PARTS.fullmatch(text)
        if parts is not None:
            units[parts["before"], (parts["after"] or "").strip()] += count
    if not units:
        return None
    unit, count = units.most_common(1)[0]
    return unit if any(unit) and count >= MOST * sum(known.values()) else None


def _without(text: str, unit: tuple[str, str]) -> str:
    for part in unit:
        text = text.replace(part, "") if part else text
    return text.strip()


def _value(text: str, decimal: str, thousands: str | None) -> float:
    """A number in a notation; NaN for a word that stands for a missing value."""
    text = text.replace(thousands, "") if thousands else text
    try:
        return float(text.replace(",", ".") if decimal == "," else text)
    except ValueError:
        return math.nan


def _expression(name: str, unit: tuple[str, str], found: NumberTexts, marks: tuple[str, str | None]) -> str:
    """The SQL expression of the numbers.

    Args:
        name: The column of texts.
        unit: What stands before and after the numbers.
        found: How they are written.
        marks: The decimal point, and what stands between thousands.
    """
    decimal, thousands = marks
    text = identifier(name)
    for word in found.marks or []:
        text = f"nullif({text}, {quoted(word)})"
    for part in (*unit, thousands):
        text = f"replace({text}, {quoted(part)}, '')" if part else text
    text = f"replace({text}, ',', '.')" if decimal == "," else text
    return f"cast({text} as double)"


def known_column(name: str, taken: Collection[str]) -> NewColumn:
    """A copy of a column, whose gaps can be filled while those of the column itself are not.

    Args:
        name: The column.
        taken: The columns of the table.
    """
    return NewColumn(_free(f"{name}_known", taken), identifier(name), "the past, in which gaps are filled")


def computed_path(name: str, before: str, after: str, taken: Collection[str]) -> NewColumn:
    """A column of paths.

    Args:
        name: The column of names.
        before: What stands before each name.
        after: What stands after it.
        taken: The columns of the table.
    """
    parts = [quoted(before)] * bool(before) + [identifier(name)] + [quoted(after)] * bool(after)
    return NewColumn(_free(f"{name}_file", taken), " || ".join(parts), "the path of its file")


def _free(name: str, taken: Collection[str]) -> str:
    while name in taken:
        name += "_"
    return name


def identifier(name: str) -> str:
    """A column in an expression; in quotes, since its name may be a word of SQL."""
    return '"' + name.replace('"', '""') + '"'


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
