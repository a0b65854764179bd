"""Columns of numbers of which some are written in thousands or millions: `1.2k`, `3M`, `980`; `5 KB`, `1.3 GB`."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Mapping

from kspec.data.computed_columns import NewColumn, free_name, identifier, quoted
from kspec.data.number_texts import notation, number_texts
from kspec.data.number_values import number_column, number_value
from kspec.data.table import Column

_SCALES = ({"k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}, {"kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12})
"""Of amounts and of bytes, by suffix in lower case; `b` alone is a byte among the second."""
_PARTS = re.compile(r"(?P<before>[$€£¥₹]?) ?(?P<number>[+-]?[\d.,]*\d) ?(?P<after>[A-Za-z]{0,2})(?P<more>\+?)")
MOST = 0.7
"""The share of numbers, if one word alone stands for missing values."""
FEW = 3
"""Fewer distinct texts are categories."""


def scaled_numbers(column: Column, taken: Collection[str]) -> tuple[Column, NewColumn] | None:
    """The numbers of a column, and how a spec computes them; None of a column without such suffixes, or of other texts.

    Args:
        column: The column of texts.
        taken: The columns of the table.
    """
    texts = Counter(str(value).strip() for value in column.values[~column.missing].tolist())
    parts = {text: match for text in texts if (match := _PARTS.fullmatch(text))}
    words = [text for text in texts if text not in parts]
    share = sum(texts[text] for text in parts) / max(sum(texts.values()), 1)
    suffixes = {text: match["after"].lower() for text, match in parts.items()}
    has_meters = any(match["after"] == "m" for match in parts.values())
    scales = _scales(set(suffixes.values()))
    if scales is not None and has_meters and set(scales) == {"m"}:
        return None
    if scales is None or len(parts) < FEW or len(words) > 1 or share < MOST:
        return None
    found = number_texts(parts[text]["number"] for text in parts for _ in range(texts[text]))
    if not found.are_numbers or found.others:
        return None
    decimal, thousands = notation([found], ",")
    known = dict.fromkeys(words, math.nan)
    for text, match in parts.items():
        known[text] = number_value(match["number"], decimal, thousands) * scales.get(suffixes[text], 1)
    removed = [thousands, *{match["before"] for match in parts.values()}]
    expression = _expression(column.name, words, [mark for mark in removed if mark], decimal, scales)
    examples = [next(text for text in parts if suffixes[text] == suffix) for suffix in scales]
    why = f"numbers written as {' and '.join(f'`{text}`' for text in examples)}"
    return number_column(column, known), NewColumn(free_name(f"{column.name}_number", taken), expression, why)


def _scales(suffixes: Collection[str]) -> Mapping[str, float] | None:
    """The factors of the suffixes that a column has; None if it has others, one alone, or none that is a factor."""
    for scales in _SCALES:
        used = {suffix: factor for suffix, factor in scales.items() if suffix in suffixes}
        others = set(suffixes) - set(used)
        plain = {"", "b"} if "kb" in scales else {""}
        if used and len(suffixes) > 1 and others <= plain:
            return used
    return None


def _expression(
    name: str, words: Collection[str], removed: Collection[str], decimal: str, scales: Mapping[str, float]
) -> str:
    """The SQL expression of the numbers.

    Args:
        name: The column of texts.
        words: What stands for missing values.
        removed: What is no part of the numbers.
        decimal: The decimal point.
        scales: The factors of the suffixes.
    """
    text = identifier(name)
    cases = " ".join(
        f"when {quoted(suffix[0])} then {factor:.0e}".replace("e+0", "e") for suffix, factor in scales.items()
    )
    for word in words:
        text = f"nullif({text}, {quoted(word)})"
    digits = text
    for mark in removed:
        digits = f"replace({digits}, {quoted(mark)}, '')"
    digits = f"replace({digits}, ',', '.')" if decimal == "," else digits
    letter = (
        f"right(rtrim(lower({identifier(name)}), {quoted('b+ ' if 'kb' in scales or 'mb' in scales else '+ ')}), 1)"
    )
    return f"cast(rtrim(lower({digits}), 'kmgtb+ ') as double) * case {letter} {cases} else 1 end"
