"""Reads the setting of a split by time or by order against a table."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kspec.data.context import Context
from kspec.data.splits.by_time import split_by_time
from kspec.data.splits.folds import walk_forward
from kspec.data.storage.mapped_arrays import counted, taken
from kspec.data.table import Table
from kspec.data.times import are_days, read_times
from kspec.diagnostics import codes
from kspec.language.durations import microseconds_of
from kspec.language.split import Split

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

PATH = ("data", "split")


def draw_by_time(
    table: Table, split: Split, parts: Mapping[str, float | str], free: Array, context: Context
) -> Array | None:
    """Splits rows in the order of a column or of the table.

    Args:
        table: The table.
        split: The setting, with `time` or `order`.
        parts: The split to draw, and its fraction or the time at which it begins.
        free: The indices of the rows.
        context: Receives every problem.

    Returns:
        As `split_by_time`, for the rows of `free`; None if there are errors.
    """

    if split.time is None:
        order = counted(0, len(free), free)
        return _folded(split_by_time(order, _all(parts), split.gap), order, split, split.gap, context)
    times = read_times(table.columns[split.time], table, (*PATH, "time"), context)
    if times is None:
        return None
    begins = {name: boundary(split.time, name, part, times, context) for name, part in parts.items()}
    gap = _gap(split, times, context)
    if None in begins.values() or (gap is None and split.gap is not None):
        return None
    test, validation = begins.get("test", 0.0), begins.get("validation", 0.0)
    if not (_is_fraction(test) or _is_fraction(validation)) and validation >= test:
        message = "the validation split begins after the test split, or with it"
        help = "let the test split begin last: it has the latest rows"
        context.error(codes.INVALID_SPLIT_COLUMN, message, (*PATH, "validation"), help=help)
        return None
    times = taken(times, free)
    return _folded(split_by_time(times, _all(begins), gap), times, split, gap, context)


def _folded(drawn: Array, times: Array, split: Split, gap: Any, context: Context) -> Array | None:
    """Takes the validation split of a fold from the rows of training.

    Args:
        drawn: By row, 0 for training, 2 for the test, -1 for none.
        times: The time of each row.
        split: The setting; without `folds`, nothing changes.
        gap: In the type of the times.
        context: Receives an error if there are too few times.
    """
    if split.folds is None:
        return drawn
    own = drawn == 0
    folded = walk_forward(times[own], split.folds, split.fold or 1, gap, context)
    if folded is None:
        return None
    drawn[own] = folded
    return drawn


def _all(parts: Mapping[str, Any]) -> dict[str, Any]:
    return {"validation": parts.get("validation", 0.0), "test": parts.get("test", 0.0)}


def _is_fraction(part: Any) -> bool:
    return isinstance(part, float) and 0 <= part < 1


def boundary(column: str, name: str, part: float | str, times: Array, context: Context) -> Any:
    """A fraction as float; the time at which a part begins in the type of the times; None if it does not suit these.

    Args:
        column: The name of the time column.
        name: The split.
        part: Its setting.
        times: The times, shape (rows,).
        context: Receives the error.
    """
    import numpy

    is_date = times.dtype.kind == "M"
    if is_date and not isinstance(part, str) and are_days(numpy.array([int(part)])):
        part = str(int(part))
    if isinstance(part, str) and is_date:
        moment = datetime.datetime.fromisoformat(part)
        if moment.tzinfo is not None:
            moment = moment.astimezone(datetime.UTC).replace(tzinfo=None)
        return numpy.datetime64(moment, "us")
    if _is_fraction(part):
        return part
    if isinstance(part, str) or is_date:
        message = f"`{column}` contains {'dates' if is_date else 'numbers'}, so `{part}` is no time of it"
        help = "write a date such as 2024-01-31, or a fraction" if is_date else "write a number, or a fraction"
        context.error(codes.INVALID_SPLIT_COLUMN, message, (*PATH, name), help=help)
        return None
    return numpy.array(part)[()]


def _gap(split: Split, times: Array, context: Context) -> Any:
    """The gap in the type of the times; None if there is none, or if it does not suit the times."""
    import numpy

    is_date = times.dtype.kind == "M"
    if isinstance(split.gap, str) and is_date:
        return numpy.timedelta64(microseconds_of(split.gap) or 0, "us")
    if isinstance(split.gap, (int, float)) and (not is_date or split.gap == 0):
        return numpy.timedelta64(0, "us") if is_date else split.gap
    if split.gap is not None:
        message = (
            f"`{split.time}` contains {'dates' if is_date else 'numbers'}, so a gap of `{split.gap}` has no meaning"
        )
        help = "write a length of time, such as `7 days`" if is_date else "write a number in the unit of the column"
        context.error(codes.INVALID_SPLIT_COLUMN, message, (*PATH, "gap"), help=help)
    return None
