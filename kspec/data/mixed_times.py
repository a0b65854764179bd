"""Columns of times in several formats, which a new spec reads with one expression: `2024-01-31` and `31/01/2024`."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence

from kspec.data.computed_columns import NewColumn, free_name, identifier, quoted
from kspec.data.table import Column, Table
from kspec.data.time_formats import NUMBERS_ONLY, ORDERS, Match, are_times, match_time, moment_of
from kspec.data.times import parse_times

MOST = 4
"""So many formats one column may have."""
SAMPLE = 1000
"""So many texts tell whether a column has times."""


def find_mixed_times(table: Table) -> tuple[Column, NewColumn] | None:
    """The times of the first column that has them in several formats, and how a spec computes them; else None."""
    for column in table.columns.values():
        if column.kind != "text" or column.size != 1 or column.missing.any():
            continue
        texts = [str(text).strip() for text in column.values.tolist()]
        if are_times(texts[:SAMPLE]) and isinstance(parse_times(column.texts()), tuple):
            return _one_format(column, texts, table)
    return None


def _one_format(column: Column, texts: Sequence[str], table: Table) -> tuple[Column, NewColumn] | None:
    """The times of a column in one format; None if a text has none, or two meanings."""
    import numpy

    matches = {text: match_time(text) for text in texts}
    found = {text: match for text, match in matches.items() if match is not None and _is_plain(match)}
    orders = [order for order in ORDERS if all(moment_of(match, order) for match in found.values())]
    are_clear = len(orders) == 1 or not any(match.format == NUMBERS_ONLY for match in found.values())
    if len(found) < len(matches) or not orders or not are_clear:
        return None
    formats = {text: strptime_format(match, orders[0]) for text, match in found.items()}
    distinct = list(dict.fromkeys(formats[text] for text in texts))
    if not 1 < len(distinct) <= MOST:
        return None
    own = identifier(column.name)
    parsed = ", ".join(f"try_strptime({own}, {quoted(text)})" for text in distinct)
    examples = [next(text for text in texts if formats[text] == each) for each in distinct]
    why = f"times written as {' and '.join(f'`{text}`' for text in examples)}"
    new = NewColumn(free_name(f"{column.name}_time", table.columns), f"coalesce({parsed})", why, (column.name,))
    values = numpy.array([_iso(moment_of(found[text], orders[0])) for text in texts], dtype=object)
    return Column(new.name, "text", values, column.missing), new


def _is_plain(match: Match) -> bool:
    """Whether a time has neither a zone nor a week or a quarter, which no format says."""
    parts = match.parts.groupdict()
    return not any(parts.get(key) for key in ("zone", "week", "quarter"))


def _iso(moment: datetime.datetime | None) -> str:
    return "" if moment is None else moment.isoformat(" ")


def strptime_format(match: Match, order: tuple[str, str]) -> str:
    """The format of a text as `strptime` takes it.

    Args:
        match: The text.
        order: What the numbers of a date of numbers are, of `ORDERS`.

    >>> match = match_time("Jan 31, 2024 9:30 pm")
    >>> match and strptime_format(match, ("month", "day"))
    '%b %d, %Y %I:%M %p'
    """
    parts, text, end = match.parts, "", 0
    known = {key: part for key, part in parts.groupdict().items() if part and key != "mark"}
    for key in sorted(known, key=parts.start):
        text += _literal(parts.string[end : parts.start(key)])
        text += _code(key, known, order)
        end = parts.end(key)
    return text + _literal(parts.string[end:])


def _literal(text: str) -> str:
    """What stands between the parts; the weekday before a date is a part, too."""
    return re.sub(r"[A-Za-z]{3,}", lambda word: "%a" if len(word[0]) == 3 else "%A", text)


def _code(key: str, known: Mapping[str, str], order: tuple[str, str]) -> str:
    """The code of a part.

    Args:
        key: The part.
        known: The texts of all parts.
        order: What the numbers of a date of numbers are.
    """
    if key in ("first", "other"):
        key = order[key == "other"]
    codes = {"month": "%m", "day": "%d", "minute": "%M", "second": "%S", "half": "%p"}
    codes |= {"year": "%Y" if len(known["year"]) == 4 else "%y", "hour": "%I" if "half" in known else "%H"}
    codes |= {"word": "%b" if len(known.get("word", "")) == 3 else "%B", "part": "%f"}
    return codes[key]
