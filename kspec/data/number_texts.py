"""Texts that are numbers in another notation: decimal commas, thousands, and marks of missing values."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from kspec.data.computed_columns import identifier, quoted

MARKS = frozenset({
    "?", "-", "--", "---", ".", "..", "*", "**", "x", "X", "na", "Na", "n.a.", "n.a", "N.A.", "k.A.", "k. A.", "none",
    "null", "nil", "(null)", "unknown", "Unknown", "UNKNOWN", "missing", "Missing", "#VALUE!", "#DIV/0!", "#REF!",
})  # fmt: skip
"""Texts that mean a missing value in a column of numbers."""
MANY = 0.9
"""The share of numbers from which other words are taken for missing values."""
FEW_WORDS = 2
_GROUPS = re.compile(r"[+-]?\d{1,3}(?:([,.' \u00a0\u2019])\d{3})(?:\1\d{3})*(?:([.,])\d+)?")
_COMMA = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?|[+-]?\d+,")


@dataclass(slots=True)
class NumberTexts:
    """How the texts of a column are numbers.

    Args:
        total: The number of texts.
        plain: How many are numbers as Python writes them.
        points: How many of these have a decimal point.
        commas: How many have one comma, as `41,5` has; also those of `groups` that are `1,234`.
        only_commas: How many of these cannot have the comma between thousands.
        groups: By character between thousands, how many have it.
        after_groups: By decimal point behind such thousands, how many have it.
        others: The texts that are no number in any notation, with their counts.
        first: The first text that is no plain number, and its place among the texts.
    """

    total: int = 0
    plain: int = 0
    points: int = 0
    commas: int = 0
    only_commas: int = 0
    groups: Counter[str] = field(default_factory=Counter)
    after_groups: Counter[str] = field(default_factory=Counter)
    others: Counter[str] = field(default_factory=Counter)
    first: tuple[int, str] = (0, "")

    @property
    def are_numbers(self) -> bool:
        """Whether all texts are numbers in some notation, but for a few words that may mean missing values."""
        return self.total > sum(self.others.values()) and self.marks is not None

    @property
    def marks(self) -> list[str] | None:
        """The words that may mean missing values; None if there are too many for that."""
        words, share = list(self.others), 1 - sum(self.others.values()) / max(self.total, 1)
        if all(word in MARKS for word in words) and len(words) <= 4:
            return words if not words or share >= 0.2 else None
        return words if len(words) <= FEW_WORDS and share >= MANY else None

    @property
    def decimal(self) -> str | None:
        """The decimal point that these texts must have; None if they tell none, as `1,234` does."""
        if self.only_commas or self.after_groups[","]:
            return ","
        is_point = self.after_groups["."] or self.groups[","] > self.commas or (self.groups[","] and self.points)
        return "." if is_point else None

    @property
    def has_notation(self) -> bool:
        """Whether some numbers are written otherwise than Python writes them."""
        return bool(self.commas or self.groups)


def number_texts(texts: Iterable[str]) -> NumberTexts:
    """Looks at all texts of a column, without missing ones."""
    found = NumberTexts()
    counts = Counter(texts)
    for original, count in counts.items():
        text = original.strip()
        found.total += count
        if is_number(text):
            found.plain += count
            found.points += count * ("." in text)
            continue
        groups = _GROUPS.fullmatch(text)
        is_comma = _COMMA.fullmatch(text) is not None
        if groups is not None:
            found.groups[groups[1]] += count
            if groups[2]:
                found.after_groups[groups[2]] += count
        found.commas += count * is_comma
        found.only_commas += count * (is_comma and (groups is None or text.lstrip("+-").startswith("0")))
        if groups is None and not is_comma:
            found.others[text] += count
    return found


def notation(columns: Sequence[NumberTexts], delimiter: str) -> tuple[str, str | None]:
    """The decimal point and the character between thousands of a table.

    Args:
        columns: Its columns of text that are numbers in some notation.
        delimiter: The delimiter of the table; `;` where commas are decimal points, as a rule.
    """
    groups: Counter[str] = sum((column.groups for column in columns), Counter())
    after: Counter[str] = sum((column.after_groups for column in columns), Counter())
    points = sum(column.points for column in columns)
    commas = any(column.only_commas for column in columns) or after[","] > 0
    if not commas and groups[","] and set(groups) == {","}:
        several = any(column.groups[","] > column.commas for column in columns)
        commas = delimiter == ";" and not several and not points and not after["."]
    if commas:
        mark = next((mark for mark, _ in groups.most_common() if mark != ","), None)
        return ",", mark
    return ".", groups.most_common(1)[0][0] if groups else None


def have_decimal_points(texts: Iterable[str]) -> bool:
    """Whether numbers as Python writes them have decimal points, which in `1.234` could stand between thousands."""
    fractions = (text for text in map(str.strip, texts) if "." in text)
    return any(_GROUPS.fullmatch(text) is None or text.lstrip("+-").startswith("0") for text in fractions)


def is_number(text: str) -> bool:
    """Whether a text is a number as Python writes it."""
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text


def why_no_numbers(texts: Iterable[str]) -> str:
    """What to write in a spec so that a column of text is one of numbers; empty if it is none.

    Args:
        texts: The texts of the column, without missing ones.
    """
    found = number_texts(texts)
    if not found.are_numbers:
        return ""
    decimal, thousands = notation([found], ",")
    if decimal == ",":
        more = f', thousands: "{thousands}"' if thousands else ""
        return f'its numbers have a decimal comma: write `csv: {{path: ..., decimal: ","{more}}}`'
    if thousands is not None:
        return f'its numbers have "{thousands}" between thousands: write `csv: {{path: ..., thousands: "{thousands}"}}`'
    listed = ", ".join(f'"{word}"' for word in found.marks or [])
    return f"{_words_among(found)}: for missing values write `csv: {{path: ..., missing: [{listed}]}}`"


def words_among_numbers(texts: Iterable[str], name: str) -> str:
    """What to write in a spec so that words are missing values, where no option of a file says so; else empty.

    Args:
        texts: The texts of the column, without missing ones.
        name: The column.
    """
    found = number_texts(texts)
    if not found.marks or found.has_notation or found.total == sum(found.others.values()):
        return ""
    text = identifier(name)
    for word in found.marks:
        text = f"nullif({text}, {quoted(word)})"
    return f"{_words_among(found)}: for missing values write `columns: {{{name}_number: cast({text} as double)}}`"


def _words_among(found: NumberTexts) -> str:
    """Which words stand among numbers."""
    words = found.marks or []
    shown = " and ".join(f'"{word}"' for word in words)
    stand = "stands" if len(words) == 1 else "stand"
    return f"{shown} {stand} in {sum(found.others.values()):,} of {found.total:,} rows, all others are numbers"
