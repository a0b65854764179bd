"""Columns that a new spec computes: numbers out of texts with a unit or a sign (`$5`, `12 %`, `(1,234 €)`, `<0.5`)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from kspec.data.computed_columns import NewColumn, free_name, identifier, quoted
from kspec.data.number_texts import MARKS, NumberTexts, is_number, notation, number_texts
from kspec.data.number_values import number_column, number_value
from kspec.data.scaled_numbers import scaled_numbers
from kspec.data.table import Column, Table

_CURRENCY = r"(?:US|R|A|C)?[$€£¥₹]|USD|EUR|GBP|CHF|Rs\.?"
_PARTS = re.compile(
    rf"[+-]?(?P<before>(?:{_CURRENCY})?) ?[+-]?[\d.,][\d.,'\u00a0 ]*?(?P<after>\s*[^\d\s.,'+-]\D{{0,14}})?"
)
"""A number between a currency and a unit. A word before a number, as in `Q1`, makes it a name."""
_CLOCK = re.compile(r"(\d{1,3}):([0-5]\d)(?::([0-5]\d(?:\.\d+)?))?")
_NEGATIVE = re.compile(r"[^()]{0,4}\([^()]*\d[^()]*\)[^()]{0,14}")
"""A negative number as accountants write it."""
_MINUS_BEHIND = re.compile(r"[\d.,]*\d ?-")
"""A negative number as SAP writes it."""
_LIMIT = "<>≤≥~ "
"""What stands before a limit of measurement, as in `<0.5`."""
MOST = 0.9
"""The share of texts that must have the unit, without words for missing values."""
_NO_UNIT = ("", "")
FEW = 3
"""Fewer distinct numbers are categories, such as `36 months` and `60 months`."""


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
            taken = set(columns)
            found = _clock(column, taken) or scaled_numbers(column, taken) or _numbers(column, taken)
            found = found or (_lines(column, taken) if in_cells else None)
        if found is not None:
            columns[name], new[name] = found
    if not new:
        return table, new
    return replace(table, columns=columns), new


def with_notations(table: Table, notations: Mapping[str, tuple[str, str | None]]) -> tuple[Table, dict[str, NewColumn]]:
    """The table with numbers in place of texts that are numbers in a notation which other columns do not have.

    Args:
        table: The table.
        notations: By column, its decimal point and what stands between thousands.

    Returns:
        The table, and by column, the one that computes the numbers.
    """
    columns, new = dict(table.columns), dict[str, NewColumn]()
    for name, marks in notations.items():
        column = columns[name]
        texts = [str(value).strip() for value in column.values[~column.missing].tolist()]
        example = next((text for text in texts if not is_number(text) and text not in MARKS), texts[0])
        known = {text: number_value(text, *marks) for text in texts}
        columns[name] = number_column(column, known)
        expression = _expression(name, ("", ("", "")), number_texts(texts), marks)
        why = f"numbers written as `{example}`, unlike those of other columns"
        new[name] = NewColumn(free_name(f"{name}_number", columns), expression, why)
    return replace(table, columns=columns), new


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
        new[name] = NewColumn(free_name(f"{name}_number", columns), expression, why)
    return replace(table, columns=columns), new


def _numbers(column: Column, taken: Collection[str]) -> tuple[Column, NewColumn] | None:
    """The numbers of a column, and how a spec computes them; None if it has other texts, or no unit."""
    texts = Counter(str(value).strip() for value in column.values[~column.missing].tolist())
    signs = _signs(texts)
    plain = {text: _without_signs(text, signs) for text in texts}
    unit = _unit({plain[text]: count for text, count in texts.items()}, signs)
    if unit is None:
        return None
    bare = {text: _without(plain[text], unit) for text in texts}
    found = number_texts(bare[text] for text, count in texts.items() for _ in range(count))
    if not found.are_numbers or len(texts) < FEW:
        return None
    decimal, thousands = notation([found], ",")
    numbers = number_column(column, {text: number_value(bare[text], decimal, thousands) for text in texts})
    name = free_name(f"{column.name}_number", taken)
    expression = _expression(column.name, (signs, unit), found, (decimal, thousands))
    example = max((text for text in texts if bare[text] != text), key=lambda text: plain[text] != text)
    meaning = f", which counts as {bare[example]}" if signs and example[0] in signs else ""
    why = f"numbers written as `{example}`{meaning}"
    return numbers, NewColumn(name, expression, why)


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
    name = free_name(f"{column.name}_hours", taken)
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
    name = free_name(f"{column.name}_line", taken)
    expression = f"replace(replace({identifier(column.name)}, chr(13), ''), chr(10), ' ')"
    return Column(column.name, "text", values, column.missing), NewColumn(name, expression, "on one line")


def _signs(texts: Mapping[str, int]) -> str:
    """The signs that some of the texts have, not all: parentheses around negative numbers, a minus behind them, `<`.

    Where all texts have parentheses, they are codes, such as those of areas.

    Args:
        texts: The texts with their counts.
    """
    counts = [sum(texts.values()), 0, 0, 0]
    for text, count in texts.items():
        counts[1] += count * (_NEGATIVE.fullmatch(text) is not None)
        counts[2] += count * (text[:1] in set(_LIMIT))
        counts[3] += count * (_MINUS_BEHIND.fullmatch(text) is not None)
    if 0 < counts[1] < counts[0]:
        return "()"
    if 0 < counts[3] < counts[0]:
        return "-"
    return _LIMIT if 0 < counts[2] < counts[0] / 2 else ""


def _without_signs(text: str, signs: str) -> str:
    if signs == "-":
        return f"-{text[:-1].rstrip()}" if text.endswith("-") else text
    return text.replace("(", "-").replace(")", "") if signs == "()" else text.lstrip(signs) if signs else text


def _unit(texts: Mapping[str, int], signs: str) -> tuple[str, str] | None:
    """What stands before and after the numbers of nearly all texts; None if that is not the same, or nothing at all.

    Args:
        texts: The texts without signs, with their counts.
        signs: The signs that they had.
    """
    units: Counter[tuple[str, str]] = Counter()
    known = {text: count for text, count in texts.items() if text not in MARKS}
    for text, count in known.items():
        parts = _PARTS.fullmatch(text)
        if parts is not None:
            units[parts["before"], (parts["after"] or "").strip()] += count
    plain = units.pop(_NO_UNIT, 0)
    unit, count = units.most_common(1)[0] if units else (_NO_UNIT, 0)
    if not any(unit):
        count, plain = plain, 0
    elif not unit[0]:
        plain = 0  # an amount without its currency is one in that; 0.5 beside 50% may be another thing
    return unit if (any(unit) or signs) and count + plain >= MOST * sum(known.values()) else None


def _without(text: str, unit: tuple[str, str]) -> str:
    for part in unit:
        text = text.replace(part, "") if part else text
    return text.strip()


def _expression(
    name: str, around: tuple[str, tuple[str, str]], found: NumberTexts, marks: tuple[str, str | None]
) -> str:
    """The SQL expression of the numbers.

    Args:
        name: The column of texts.
        around: The signs of numbers, and what stands before and after them.
        found: How they are written.
        marks: The decimal point, and what stands between thousands.
    """
    (signs, unit), (decimal, thousands) = around, marks
    text = identifier(name)
    for word in found.marks or []:
        text = f"nullif({text}, {quoted(word)})"
    if signs == "-":
        text = f"case when ends_with({text}, '-') then '-' || rtrim({text}, '- ') else {text} end"
    elif signs:
        text = f"replace(replace({text}, '(', '-'), ')', '')" if signs == "()" else f"ltrim({text}, {quoted(signs)})"
    for part in (*unit, thousands):
        text = f"replace({text}, {quoted(part)}, '')" if part else text
    text = f"replace({text}, ',', '.')" if decimal == "," else text
    return f"cast({text} as double)"
