"""Series: the rows of a table in the order of time, cut where a series ends or time has a hole."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kspec.data.context import Context, InvalidData
from kspec.data.profile.distinct_values import numbered
from kspec.data.storage.mapped_arrays import empty, pieces, taken, true_rows
from kspec.data.table import Column, Table
from kspec.data.times import read_times
from kspec.data.windows.row_sorting import are_followed, order_by, sort_within
from kspec.data.windows.time_steps import Times, step_text, steps_of, usual_step
from kspec.diagnostics import Path, codes
from kspec.language.window import Step, Window, read_step

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

PATH: Path = ("data", "window")
SHOWN = 3


@dataclass(slots=True)
class Series:
    """The rows of a table, series by series, each in the order of time.

    Args:
        order: The index of each row in the table as it was read, shape (rows,).
        starts: The first row of each stretch without a hole, ascending, shape (stretches,).
        rows: The number of rows.
        groups: The series of each row as text, shape (rows,); None if the table names none.
        keys: A number for the series of each row, shape (rows,); None if the table is one series.
        times: The time of each row; None if the rows have none.
        step: The step from row to row; None if the rows have no times.
        holes: What is to be known of holes in time, a sentence; empty if there are none.
        notes: What the user must know, a sentence each.
    """

    order: Array
    starts: Array
    rows: int
    groups: Array | None = None
    keys: Array | None = None
    times: Times | None = None
    step: Step | None = None
    holes: str = ""
    notes: list[str] = field(default_factory=list)

    @property
    def ends(self) -> Array:
        """The row after each stretch, shape (stretches,)."""
        import numpy

        return numpy.append(self.starts[1:], self.rows)

    def without(self, kept: Array) -> Series:
        """The series with only some rows of the table; a stretch ends where a row is dropped.

        Args:
            kept: Which rows of the table are kept, shape (rows,).
        """
        import numpy

        places = true_rows(taken(kept, self.order))
        numbers, count = empty(self.rows, numpy.int64, self.order), 0
        for piece in pieces(self.rows):
            numbers[piece] = count - 1 + numpy.cumsum(kept[piece])
            count = int(numbers[piece.stop - 1]) + 1
        begins = numpy.zeros(self.rows, bool)
        begins[self.starts] = True
        follows = numpy.zeros(len(places), bool)
        for piece in pieces(len(places) - 1):
            ahead = places[piece.start + 1 : piece.stop + 1]
            follows[piece.start + 1 : piece.stop + 1] = (ahead - places[piece] == 1) & ~begins[ahead]
        return Series(
            taken(numbers, taken(self.order, places)),
            numpy.flatnonzero(~follows),
            len(places),
            None if self.groups is None else taken(self.groups, places),
            None if self.keys is None else taken(self.keys, places),
            None if self.times is None else self.times.take(places),
            self.step,
            self.holes,
            self.notes,
        )

    def longest(self) -> int:
        """The rows of the longest stretch."""
        return int((self.ends - self.starts).max(initial=0))


def series_of(
    table: Table, window: Window, context: Context, step: Step | None = None, tables: Array | None = None
) -> Series:
    """Orders the rows of a table as series.

    Args:
        table: The table.
        window: The setting that names the columns of time and of series.
        context: Receives every problem.
        step: The step that training had; None to find it.
        tables: A number for the table of each row, shape (rows,), where several are read as one: a series lies in one
            of them.

    Raises:
        InvalidData: If a row has no time or series, or two rows of a series have the same time.
    """
    import numpy

    groups = _groups(table, window, context)
    times = None if window.time is None else times_of(table.columns[window.time], table, context)
    keys = _keys(groups, tables)
    ordered = order_by(keys, table.rows, None if times is None else times.values)
    was_sorted = times is None or sort_within(ordered, keys, times.values)
    series = Series(ordered, numpy.zeros(1, int), table.rows, None if groups is None else taken(groups, ordered))
    series.keys = None if keys is None else taken(keys, ordered)
    same = numpy.ones(table.rows - 1, bool) if series.keys is None else are_followed(series.keys)
    if times is None:
        series.starts = numpy.append(0, numpy.flatnonzero(~same) + 1)
        return series
    series.times = times.take(ordered)
    if not was_sorted:
        series.notes.append(f"rows are sorted by {f'`{window.by}` and ' if window.by else ''}`{window.time}`")
    _refuse_repeats(series, same, table, window, context)
    _find_holes(series, same, window, context, table, step, several=tables is not None)
    return series


def _keys(groups: Array | None, tables: Array | None) -> Array | None:
    """A number from 0 for the series of each row, shape (rows,); None if all are one series.

    Args:
        groups: The name of the series of each row, shape (rows,); None if it has none.
        tables: The number of the table of each row, shape (rows,); None if there is one.
    """
    keys = None if groups is None else numbered(groups)[1]
    if keys is None or tables is None:
        return keys if tables is None else tables
    return numbered(tables * (int(keys.max(initial=0)) + 1) + keys)[1]


def _groups(table: Table, window: Window, context: Context) -> Array | None:
    """The series of each row as text; None if the table is one series."""
    import numpy

    if window.by is None:
        return None
    column = table.columns[window.by]
    if column.missing.any():
        rows = numpy.flatnonzero(column.missing)
        context.error(
            codes.MISSING_VALUES,
            f"`{window.by}` names the series of a row, and has no value in {table.locate(rows)}",
            (*PATH, "by"),
            help=context.remedy("fill the series in, or drop these rows"),
        )
        raise InvalidData
    return column.texts()


def times_of(column: Column, table: Table, context: Context) -> Times:
    """The times of a column.

    Args:
        column: The column.
        table: Its table, to name rows.
        context: Receives a problem.

    Raises:
        InvalidData: If a value is missing, or is no time.
    """
    import numpy

    values = read_times(column, table, (*PATH, "time"), context)
    if values is None:
        raise InvalidData
    are_numbers = values.dtype.kind != "M"
    return Times(values if are_numbers else values.astype(numpy.int64), are_numbers, column.texts())


def _refuse_repeats(series: Series, same: Array, table: Table, window: Window, context: Context) -> None:
    """Reports two rows of a series with the same time."""
    import numpy

    assert series.times is not None
    repeated = numpy.flatnonzero(same & (series.times.values[1:] == series.times.values[:-1]))
    if not len(repeated):
        return
    first = int(repeated[0])
    rows = sorted(int(row) for row in series.order[[first, first + 1]])
    of = "" if series.groups is None else f" of `{series.groups[first]}`"
    more = f"; {len(repeated) - 1} more such pairs" if len(repeated) > 1 else ""
    context.error(
        codes.REPEATED_TIMES,
        f"{table.locate(rows)}{of} have the same time, {series.times.text(first)}{more}",
        (*PATH, "time"),
        help=context.remedy(
            "keep one row for each time" + ("" if window.by else ", or name the column of the series: `by: column`")
        ),
    )
    raise InvalidData


def _find_holes(
    series: Series,
    same: Array,
    window: Window,
    context: Context,
    table: Table,
    step: Step | None,
    *,
    several: bool = False,
) -> None:
    """Cuts series where time makes more than a step; describes where.

    Args:
        series: The rows, in order; receives its stretches, its step and its holes.
        same: Whether a row and the one after it are of one series, shape (rows - 1,).
        window: The setting.
        context: Receives a step that the times do not have.
        table: The table, to name rows.
        step: The step that training had; None to find it.
        several: Whether the rows are those of several tables: rows that are closer than a step are then an error
            wherever they are, since whether their own table has many of them is not known.
    """
    import numpy

    assert series.times is not None
    stated = read_step(window.every) if window.every is not None else step
    series.step = stated or usual_step(series.times, same)
    steps = steps_of(series.times, series.step)
    if steps is None:
        context.error(
            codes.TIME_STEP_MISMATCH,
            f"`every: {window.every}` is a step of {'numbers' if series.step.unit == 'number' else 'time'}, and "
            f"`{window.time}` has {'numbers' if series.times.are_numbers else 'times'}",
            (*PATH, "every"),
            help="write a number" if series.times.are_numbers else "write a time, such as `1 day`",
        )
        raise InvalidData
    smaller = same & (steps < 1)
    if smaller.any() and (several or smaller.sum() > same.sum() // 2 or not (same & (steps == 1)).any()):
        row = int(numpy.flatnonzero(smaller)[0])
        context.error(
            codes.TIME_STEP_MISMATCH,
            f"`every` is {step_text(series.step)}, but {table.locate(series.order[[row, row + 1]])} are closer: "
            f"{series.times.text(row)}, {series.times.text(row + 1)}",
            (*PATH, "every"),
            help="state the step from row to row, or leave `every` out",
        )
        raise InvalidData
    holes = same & (steps != 1)
    series.starts = numpy.append(0, numpy.flatnonzero(~same | holes) + 1)
    if holes.any():
        series.holes = _describe_holes(series, numpy.flatnonzero(holes), window)


def _describe_holes(series: Series, places: Array, window: Window) -> str:
    """Names the first holes in time."""
    assert series.times is not None
    assert series.step is not None
    shown = []
    for place in places[:SHOWN].tolist():
        of = "" if series.groups is None else f" of {series.groups[place]}"
        shown.append(f"{series.times.text(place)} to {series.times.text(place + 1)}{of}")
    more = f" and {len(places) - SHOWN} more" if len(places) > SHOWN else ""
    word = "1 hole" if len(places) == 1 else f"{len(places):,} holes"
    return f"`{window.time}` has {word} in its steps of {step_text(series.step)}: {', '.join(shown)}{more}"
