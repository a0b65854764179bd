"""Whether the first row of a table is data, or the names of its columns."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from kspec.data.number_texts import MARKS
from kspec.data.time_formats import is_time

EVEN = 3
"""So many numbers in even steps are names, such as those of years or pixels."""
YEARS = (1900, 2100)
FEW_ROWS = 4
"""With fewer rows, nothing tells whether a line is data."""


_RULE = re.compile(r"(:?-+:?|=+)?")
"""A cell of a line that is drawn below the names, as Markdown has it."""


def is_data(first: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row fits the columns below it, as data does and names do not.

    Args:
        first: The first row.
        rows: Rows below it.
    """
    evidence, numbers = 0, []
    for place, word in enumerate(first):
        below = [row[place].strip() for row in rows if place < len(row) and row[place].strip()]
        word = word.strip()
        if not below or not word:
            continue
        values = [_number(text) for text in below]
        are_numbers = sum(value is not None for value in values) > len(below) / 2
        number = _number(word)
        if are_numbers and number is not None:
            numbers.append(number)
        elif are_numbers and word not in MARKS and _number(word.strip("$€£% ")) is None:
            return False
        elif not are_numbers and (word in below or is_time(word)):
            evidence += 1
        elif not are_numbers and number is None and len(set(below)) * 2 < len(below):
            return False  # the column has few texts, and its name is none of them
    if numbers and not _are_names(numbers):
        evidence += len(numbers)
    return evidence > 0


def has_second_header(first: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether the line below the first one is no data, either: units, descriptions, or names below groups of columns.

    No column of numbers has a number in it, and no other column has its text again.

    Args:
        first: The first line.
        rows: The lines below it.
    """
    if len(rows) < FEW_ROWS or any(_number(word.strip()) is not None for word in first):
        return False
    second, others = rows[0], rows[1:]
    if all(_RULE.fullmatch(word.strip()) for word in second) and any(len(word.strip()) > 1 for word in second):
        return True
    evidence = 0
    for place, word in enumerate(second):
        word = word.strip()
        below = [row[place].strip() for row in others if place < len(row) and row[place].strip()]
        if not word or not below:
            continue
        are_numbers = sum(_number(text) is not None for text in below) == len(below)
        if word in below or (are_numbers and _number(word) is not None):
            return False
        if word in MARKS:
            continue  # no unit, or a gap
        if not are_numbers and is_time(below[0]) and is_time(word):
            return False
        evidence += are_numbers
    return evidence > 0


def _are_names(numbers: list[float]) -> bool:
    steps = {round(after - before, 9) for before, after in itertools.pairwise(numbers)}
    if len(numbers) >= EVEN:
        return len(steps) == 1 and steps != {0.0}
    return all(number.is_integer() and YEARS[0] <= number <= YEARS[1] for number in numbers)


def _number(text: str) -> float | None:
    """A number, also one with a decimal comma."""
    for form in (text, text.replace(",", ".", 1)):
        try:
            return float(form)
        except ValueError:
            continue
    return None
