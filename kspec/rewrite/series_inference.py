"""Finds tables that are series in time, and the window that suits them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from kspec.data.profile.series import has_even_step, known_times
from kspec.data.table import Column, Table
from kspec.data.time_formats import names_time
from kspec.data.windows.time_steps import Times, step_text, steps_of, usual_step
from kspec.language.durations import SECONDS
from kspec.language.window import Step
from kspec.rewrite.table_inference import SeriesColumns, TableRoles

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

MANY_NUMBERS = 8
"""Rows with more numbers than this describe more than a series."""
MOST_SERIES = 1000
MIN_SERIES = 8
"""The fewest rows of a series among several."""
FEWEST = 6
"""The fewest rows of a series that are split into three, with a window in each."""
TRAIN, HELD = 0.6, 0.2
"""The shares of the rows that train, and that each other split has."""
MIN_WINDOWS = 20
"""With fewer windows, rows are better examples, if they have anything else to learn from."""
MANY_HOLES = 0.02
"""From this share of steps on, holes are no exceptions: working days, hours of opening."""
LONGEST = 300
"""The rows of the longest season that is looked for."""
SEASONAL = 0.3
"""The correlation of changes with those a season before, from which on there is a season."""
SIGNIFICANT = 4.0
"""How many times the standard deviation of a correlation by chance, which is 1 / sqrt(rows), it must be, too."""
NEARLY = 0.8
"""The first peak of at least this share of the highest is the season; later ones are several seasons."""
LONG = 24
"""Of a longer season, a quarter is predicted at once."""


class SeriesWindow(NamedTuple):
    """The window that suits a series.

    Args:
        columns: The columns of time and of series.
        every: The step in words, such as `1 month`; empty for numbers.
        has_holes: Whether windows must ignore the times, for their holes.
        season: The rows of a season; None if there is none.
        length: The rows of the past.
        horizon: The rows to predict.
        is_seasonal: Whether repeating the last season misses less than repeating the last value.
        missed: The standard deviation of what the better of both misses.
    """

    columns: SeriesColumns
    every: str
    has_holes: bool
    season: int | None
    length: int
    horizon: int
    is_seasonal: bool
    missed: float


def find_series(table: Table, time: str | None = None) -> SeriesColumns | None:
    """The columns that make a table a series in time, or several; None if it is none.

    A single column of numbers is one: what else could be learned from it?

    Args:
        table: The table.
        time: The column of times that the user named.
    """
    if time is None and len(table.columns) == 1 and table.rows >= FEWEST:
        (values,) = table.columns.values()
        return SeriesColumns(None) if values.kind in ("integer", "float") and values.size == 1 else None
    if table.rows < FEWEST:
        return None
    known = {
        column.name: times
        for column in (table.columns.values() if time is None else [table.columns[time]])
        if not column.missing.any() and (times := known_times(column)) is not None
    }
    for name, times in known.items():
        if has_even_step(times):
            return SeriesColumns(name)
    for name, times in known.items():
        for by in table.columns.values():
            if by.name != name and _divides(by, times):
                return SeriesColumns(name, by.name)
    return None


def _divides(column: Column, times: Array) -> bool:
    """Whether a column names the series of a row: of each, the times are distinct and at even steps."""
    import numpy

    if column.kind not in ("text", "integer") or column.size != 1 or column.missing.any() or names_time(column.name):
        return False
    keys = numpy.unique(column.texts().astype(str), return_inverse=True)[1].ravel()
    counts = numpy.bincount(keys)
    if not 2 <= len(counts) <= MOST_SERIES or numpy.median(counts) < MIN_SERIES:
        return False
    order = numpy.lexsort((times, keys))
    pieces = numpy.split(times[order], numpy.cumsum(counts)[:-1])
    if any((numpy.diff(piece) == numpy.zeros(1, numpy.diff(piece).dtype)).any() for piece in pieces):
        return False
    return sum(has_even_step(piece) for piece in pieces if len(piece) > 2) > len(pieces) / 2


def measure_series(table: Table, columns: SeriesColumns, roles: TableRoles) -> SeriesWindow | None:
    """The window for the target of a series; None if the series is too short, or its rows describe more than that.

    Rows that have other columns are examples by themselves where the row before says less of the target than its mean:
    sales of houses by date are no series, although each has a time.

    Only the earliest rows are looked at, of which the training split will consist.

    Args:
        table: The table.
        columns: Its columns of time and of series.
        roles: The roles of its columns.
    """
    import numpy

    target = table.columns[roles.target.name]
    if len(roles.numbers) > MANY_NUMBERS or target.kind not in ("integer", "float") or target.size != 1:
        return None
    times = numpy.arange(table.rows) if columns.time is None else known_times(table.columns[columns.time])
    assert times is not None
    by = numpy.zeros(table.rows, int)
    if columns.by is not None:
        by = numpy.unique(table.columns[columns.by].texts().astype(str), return_inverse=True)[1].ravel()
    order = numpy.lexsort((times, by))
    same = numpy.diff(by[order]) == 0
    numbers = times.dtype.kind != "M"
    known = Times((times if numbers else times.astype("int64"))[order], numbers, numpy.array([]))
    step = usual_step(known, same)
    steps = steps_of(known, step)
    holes = 0.0 if steps is None else float((same & (steps != 1)).sum() / max(1, same.sum()))
    values = numpy.where(target.missing, numpy.nan, target.values.astype(float).reshape(-1))[order]
    pieces = numpy.split(values, numpy.flatnonzero(~same) + 1)
    earliest = [piece[: int(len(piece) * TRAIN)] for piece in pieces]
    season = _season(max(earliest, key=len), step)
    ahead = 1 if season not in _calendar_lags(step) else season if season <= LONG else season // 4
    has_others = bool(roles.numbers or roles.categories or roles.texts or roles.files or roles.arrays)
    lengths = [len(piece) for piece in pieces]
    size = _size(lengths, season or _cycle(step), ahead) or (None if has_others else _small_size(max(lengths)))
    if size is None:
        return None
    length, horizon = size
    season = season if season is not None and season <= length else None
    last, seasonal = (_missed(earliest, rows, horizon) for rows in (1, season or 1))
    is_seasonal = season is not None and numpy.abs(seasonal).mean() < numpy.abs(last).mean()
    missed = float((seasonal if is_seasonal else last).std())
    spread = float(numpy.nanstd(numpy.concatenate(earliest)))
    if season is None and missed > spread and has_others:
        return None
    every, has_holes = "" if step.unit == "number" else step_text(step), holes > MANY_HOLES
    return SeriesWindow(columns, every, has_holes, season, length, horizon, bool(is_seasonal), missed)


def _cycle(step: Step) -> int:
    """The rows that people count with: the days of a week, the hours of a day."""
    if step.unit == "month":
        return 12 if step.size == 1 else 4 if step.size == 3 else 6
    if step.unit == "second":
        seconds = {SECONDS["hour"]: 24, SECONDS["day"]: 7, SECONDS["week"]: 13}
        return seconds.get(int(step.size), 6)
    return 6


def _season(values: Array, step: Step) -> int | None:
    """The rows of a season; None if there is none.

    Args:
        values: A series, NaN where it has gaps; shape (rows,).
        step: The step from row to row.
    """

    longest = min(LONGEST, len(values) // 3)
    lags = _calendar_lags(step)
    if not lags:  # no calendar says how long it is: the first peak of the correlation
        found = [_correlation(values, lag) for lag in range(1, longest + 2)]
        peaks = [lag for lag in range(3, longest) if found[lag - 1] == max(found[lag - 3 : lag + 2])]
        high = NEARLY * max((found[lag - 1] for lag in peaks), default=0.0)
        lags = tuple(lag for lag in peaks if found[lag - 1] >= high)[:1]
    least = max(SEASONAL, SIGNIFICANT / max(1, len(values)) ** 0.5)
    return next((lag for lag in lags if lag <= longest and _correlation(values, lag) > least), None)


def _calendar_lags(step: Step) -> tuple[int, ...]:
    """The seasons of the calendar that steps may have: the steps of a day, a week and a year."""
    if step.unit == "month":
        return (12 // int(step.size),) if 12 % step.size == 0 and step.size < 12 else ()
    if step.unit != "second":
        return ()
    cycles = (SECONDS["day"], SECONDS["week"], 52 * SECONDS["week"], SECONDS["hour"])
    return tuple(int(cycle / step.size) for cycle in cycles if (cycle / step.size).is_integer() and cycle > step.size)


def _correlation(values: Array, lag: int) -> float:
    """The correlation of the changes of a series with those some rows before."""
    import numpy

    changes = numpy.diff(values)
    pairs = changes[lag:], changes[:-lag]
    known = numpy.isfinite(pairs[0]) & numpy.isfinite(pairs[1])
    if known.sum() < lag:
        return 0.0
    one, other = (pair[known] - pair[known].mean() for pair in pairs)
    scale = float(numpy.sqrt((one**2).sum() * (other**2).sum()))
    return float((one * other).sum()) / scale if scale else 0.0


def _size(rows: list[int], season: int, ahead: int) -> tuple[int, int] | None:
    """The length and the horizon of the largest window that the series have room for; None if they have none.

    Args:
        rows: The rows of each series.
        season: The rows of a season, or what people count with.
        ahead: The rows to predict, if there is room.
    """
    sizes = [(2 * season, ahead), (season, ahead), (season, max(1, ahead // 4)), (season, 1), (4, 1)]
    for length, horizon in sizes:
        windows = sum(max(0, int(count * TRAIN) - length - horizon + 1) for count in rows)
        if windows >= max(MIN_WINDOWS, length) and max(rows) * HELD >= horizon + 2:
            return length, horizon
    return None


def _small_size(rows: int) -> tuple[int, int] | None:
    """The length and the horizon of the window of a short series; None if each split has no window."""
    if rows < FEWEST:
        return None
    return max(1, min(4, int(rows * TRAIN) - 2)), 1


def _missed(pieces: list[Array], back: int, horizon: int) -> Array:
    """What repeating the last rows misses, shape (n,).

    Args:
        pieces: Series.
        back: How many rows are repeated.
        horizon: How many rows are predicted.
    """
    import numpy

    found = []
    for piece in pieces:
        for ahead in range(1, horizon + 1):
            lag = ahead if back == 1 else back * -(-ahead // back)
            found.append(piece[lag:] - piece[:-lag] if lag < len(piece) else piece[:0])
    every = numpy.concatenate(found)
    known: Array = every[numpy.isfinite(every)]
    return known
