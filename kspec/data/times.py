"""Columns of times: texts become moments, numbers stay numbers.

A column has one format, one of `kspec.data.time_formats`. Where the numbers of `01/02/2024` allow days or months first,
it is the one in which the rows are in order, or if both are, the one with the more even steps. A zone is in all rows or
in none; such times are compared in UTC.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from kspec.data.context import Context
from kspec.data.iso_times import iso_times
from kspec.data.storage.mapped_arrays import converted, pieces
from kspec.data.table import Column, Table
from kspec.data.time_formats import NUMBERS_ONLY, ORDERS, Match, match_time, moment_of
from kspec.diagnostics import Path, codes

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

YEARS = (1600, 2200)
"""The years of days that are integers."""
_EXAMPLE_HELP = "write all times in one format, such as 2024-01-31 or 2024-01-31 10:00"


class TimeProblem(NamedTuple):
    """Why texts cannot be read as times.

    Args:
        message: The reason, with `{name}` of the column and `{rows}`.
        values: The texts that are wrong.
    """

    message: str
    values: list[str]


def read_times(column: Column, table: Table, path: Path | None, context: Context) -> Array | None:
    """The times of a column.

    Args:
        column: The column.
        table: Its table, which names rows.
        path: The setting that names the column.
        context: Receives every problem.

    Returns:
        Shape (rows,): `datetime64[us]`, or the numbers of a column of numbers; None if there are errors.
    """
    import numpy

    if column.missing.any():
        rows = table.locate(numpy.flatnonzero(column.missing))
        help = f"fill in the times, or drop these rows: `missing: {{{column.name}: drop_row}}`"
        context.error(codes.MISSING_VALUES, f"`{column.name}` has no time in {rows}", path, help=help)
        return None
    if column.size != 1 or column.kind in ("boolean", "array", "list", "image"):
        context.error(codes.INVALID_TIMES, f"`{column.name}` does not contain times", path, help=_EXAMPLE_HELP)
        return None
    if column.kind != "text" and not are_days(column.values):
        values = column.values.reshape(len(column.values))
        if values.dtype.kind == "f" and not (finite := numpy.isfinite(values)).all():
            rows = table.locate(numpy.flatnonzero(~finite))
            context.error(codes.INVALID_TIMES, f"`{column.name}` has no finite time in {rows}", path)
            return None
        return converted(values, numpy.float64 if values.dtype.kind == "f" else numpy.int64)
    texts = column.texts()
    times = parse_times(texts)
    if isinstance(times, TimeProblem):
        rows = table.locate(numpy.flatnonzero(numpy.isin(texts.astype(str), times.values)))
        message = times.message.format(name=f"`{column.name}`", rows=rows)
        context.error(codes.INVALID_TIMES, message, path, help=_EXAMPLE_HELP)
        return None
    return times


def are_days(values: Array) -> bool:
    """Whether integers, shape (n,), are all days such as 20240131."""
    if values.dtype.kind not in "iu" or not len(values):
        return False
    return all(_are_days(values[piece]) for piece in pieces(len(values)))


def _are_days(values: Array) -> bool:
    days, months, years = values % 100, values // 100 % 100, values // 10_000
    low, high = (years >= YEARS[0]).all(), (years < YEARS[1]).all()
    return bool(low and high and ((months >= 1) & (months <= 12)).all() and ((days >= 1) & (days <= 31)).all())


def parse_times(texts: Array) -> Array | TimeProblem:
    """The moments that texts stand for.

    Args:
        texts: Texts, shape (rows,).

    Returns:
        `datetime64[us]`, shape (rows,); a problem if a text is no time or the formats differ.
    """
    import numpy

    if (moments := iso_times(texts)) is not None:
        return moments
    distinct, inverse = numpy.unique(texts.astype(str), return_inverse=True)
    words = [str(text).strip() for text in distinct]
    matches = {text: match_time(text) for text in words}
    wrong = [text for text in words if matches[text] is None]
    if wrong:
        return TimeProblem(f"{{name}} contains {_shown(wrong)}, which is no time: {{rows}}", [*wrong])
    found = {text: match for text, match in matches.items() if match is not None}
    formats: dict[tuple[str, bool], list[str]] = {}
    for text, match in found.items():
        formats.setdefault((match.format, match.has_zone), []).append(text)
    if len(formats) > 1:
        counts = [int(numpy.isin(inverse, [words.index(t) for t in own[:1000]]).sum()) for own in formats.values()]
        rare = list(formats.values())[counts.index(min(counts))]
        other = next(own for own in formats.values() if own is not rare)
        zones = len({name for name, _ in formats}) == 1
        what = "times with and without a zone" if zones else "times in several formats"
        return TimeProblem(f"{{name}} has {what}, such as {_shown(other[:1])} and {_shown(rare[:1])}: {{rows}}", rare)
    orders = ORDERS if next(iter(formats), ("", False))[0] == NUMBERS_ONLY else ORDERS[:1]
    readings = [_moments(found, order) for order in orders]
    valid = [moments for moments in readings if not isinstance(moments, str)]
    if not valid:
        wrong = [moment for moment in readings if isinstance(moment, str)][:1]
        if len(orders) > 1:
            return TimeProblem(
                f"{{name}} has no one order of day and month: {_shown(wrong)} in {{rows}} differs", wrong
            )
        return TimeProblem(f"{{name}} contains {_shown(wrong)}, which is no date of the calendar: {{rows}}", wrong)
    arrays = [numpy.array(moments, "datetime64[us]")[inverse] for moments in valid]
    if len(arrays) > 1 and not (arrays[0] == arrays[1]).all():
        arrays = [array for array in arrays if (array[1:] >= array[:-1]).all() or (array[1:] <= array[:-1]).all()]
        if len(arrays) == 2 and _unevenness(arrays[0]) != _unevenness(arrays[1]):
            arrays = [min(arrays, key=_unevenness)]
        if len(arrays) != 1:
            return TimeProblem(
                f"in {{name}}, {_shown(words[:1])} can be read with the day or the month first", words[:1]
            )
    return arrays[0]


def _unevenness(times: Array) -> float:
    """How much the steps between times differ."""
    import numpy

    steps = numpy.abs(numpy.diff(times.astype(numpy.int64))).astype(float)
    return float(steps.std() / max(steps.mean(), 1.0))


def _moments(matches: Mapping[str, Match], order: tuple[str, str]) -> list[datetime.datetime] | str:
    """The moments in UTC, without a zone; the first text that is none.

    Args:
        matches: By text, its format and parts.
        order: What the numbers of a date of numbers are, if the format does not tell.
    """
    moments = []
    for text, match in matches.items():
        moment = moment_of(match, order)
        if moment is None:
            return text
        moments.append(moment)
    return moments


def time_text(time: Any) -> str:
    """A time as text: a date alone if it has no time of day; a number as it is."""
    text = str(time)
    for end in (".000000", "T00:00:00"):
        text = text.removesuffix(end)
    return text


def _shown(texts: list[str]) -> str:
    return ", ".join(f"`{text}`" for text in texts[:3])
