"""Times of rows, and the steps between them."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kspec.data.storage.mapped_arrays import empty, pieces, taken
from kspec.data.time_spelling import SAMPLE, spell
from kspec.language.durations import SECONDS
from kspec.language.window import CALENDAR_UNITS, Step

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

MICROSECONDS = 1_000_000
EPOCH = datetime.datetime(1970, 1, 1)
SHORTEST_MONTH = 27 * SECONDS["day"] * MICROSECONDS


@dataclass(slots=True)
class Times:
    """The times of rows.

    Args:
        values: Numbers, or microseconds since 1970; shape (rows,).
        are_numbers: Whether they are numbers, such as years.
        texts: As the file has them, shape (rows,).
    """

    values: Array
    are_numbers: bool
    texts: Array

    def take(self, rows: Array) -> Times:
        """The times of some rows."""
        return Times(taken(self.values, rows), self.are_numbers, taken(self.texts, rows))

    def text(self, row: int) -> str:
        """The time of a row."""
        return str(self.texts[row])


def months_of(values: Array) -> Array | None:
    """The months since 1970 of times at one day and time of the month, or at its end; None for others.

    Args:
        values: Microseconds since 1970, shape (n,).
    """
    import numpy

    dates = values.astype("datetime64[us]")
    months = dates.astype("datetime64[M]")
    within = dates - months.astype("datetime64[us]")
    left = (months + 1).astype("datetime64[us]") - dates
    if len(values) and not ((within == within[0]).all() or (left == left[0]).all()):
        return None
    return numpy.asarray(months.astype(numpy.int64))


def usual_step(times: Times, same: Array) -> Step:
    """The most frequent step from row to row; of equally frequent ones, the smallest.

    Args:
        times: The times, series by series, in order.
        same: Whether a row and the one after it are of one series, shape (rows - 1,).
    """
    import numpy

    def usual(values: Array) -> Any:
        steps, counts = values[:0], numpy.zeros(0, int)
        for piece in pieces(len(same)):
            own = (values[piece.start + 1 : piece.stop + 1] - values[piece])[same[piece]]
            own, more = numpy.unique(own, return_counts=True)
            steps, places = numpy.unique(numpy.concatenate([steps, own]), return_inverse=True)
            counts = numpy.bincount(places, numpy.concatenate([counts, more]), len(steps))
        return steps[counts.argmax()].item() if len(steps) else 1

    if times.are_numbers:
        return Step(usual(times.values), "number")
    step = usual(times.values)
    if step > SHORTEST_MONTH and (months := months_of(times.values)) is not None:
        return Step(usual(months), "month")
    return Step(step / MICROSECONDS, "second")


def steps_of(times: Times, step: Step) -> Array | None:
    """How many steps each row is before the one after it, shape (rows - 1,); None if the times have no such steps.

    A number that is not whole within float's precision stays as it is: 1.5 steps are none.
    """
    import numpy

    if step.unit == "row":
        return numpy.ones(max(0, len(times.values) - 1))
    if times.are_numbers != (step.unit == "number"):
        return None
    if step.unit == "month":
        months = months_of(times.values)
        return numpy.zeros(max(0, len(times.values) - 1)) if months is None else numpy.diff(months) / step.size
    size = step.size if times.are_numbers else step.size * MICROSECONDS
    found = empty(max(0, len(times.values) - 1), numpy.float64, times.values)
    for piece in pieces(len(found)):
        steps = (times.values[piece.start + 1 : piece.stop + 1] - times.values[piece]) / size
        whole = numpy.rint(steps)
        found[piece] = numpy.where(abs(steps - whole) < 1e-6, whole, steps)
    return found


def step_text(step: Step) -> str:
    """A step in words: `1 day`, `2`."""
    if step.unit == "row":
        return "a row"
    if step.unit == "number":
        return f"{step.size:g}"
    units = CALENDAR_UNITS if step.unit == "month" else SECONDS
    for unit in sorted(units, key=units.__getitem__, reverse=True):
        count = step.size / units[unit]
        if count.is_integer():
            return f"{count:g} {unit}{'s' if count != 1 else ''}"
    return f"{step.size:g} seconds"


def later_times(times: Times, step: Step, rows: Array, ahead: Array) -> Array:
    """The times of rows some steps after others, spelled as the file does.

    Args:
        times: The times of all rows.
        step: The step from row to row, not of `row`.
        rows: The rows, shape (n,).
        ahead: How many steps after each, shape (k,).

    Returns:
        Texts, shape (n, k).
    """
    import numpy

    known = times.values[rows][:, numpy.newaxis]
    if times.are_numbers:
        values = known + ahead * step.size
    elif step.unit == "month":
        values = _months_later(known, (ahead * step.size).astype(numpy.int64))
    else:
        values = known + (ahead * step.size * MICROSECONDS).astype(numpy.int64)
    distinct, places = numpy.unique(values, return_inverse=True)
    texts = numpy.array(_spelled(distinct, times), object)
    spelled: Array = texts[places.reshape(values.shape)]
    return spelled


def _months_later(values: Array, months: Array) -> Array:
    """Times some months later, at the same day and time of the month, or at its end if they are there.

    Args:
        values: Microseconds since 1970, shape (n, 1).
        months: How many months, shape (k,).
    """
    import numpy

    dates = values.astype("datetime64[us]")
    own = dates.astype("datetime64[M]")
    left = (own + 1).astype("datetime64[us]") - dates
    if len(left) and (left == left[0]).all() and int(left.flat[0].astype(int)) <= SECONDS["day"] * MICROSECONDS:
        later = (own + months + 1).astype("datetime64[us]") - left
    else:
        later = (own + months).astype("datetime64[us]") + (dates - own.astype("datetime64[us]"))
    moved: Array = later.astype(numpy.int64)
    return moved


def _spelled(values: Array, times: Times) -> list[str]:
    """Times as the file would have them.

    Args:
        values: Numbers, or microseconds since 1970, shape (n,).
        times: The times of the file.
    """
    import numpy

    if times.are_numbers:
        return [str(int(value)) if float(value).is_integer() else f"{value:.10g}" for value in values.tolist()]
    if not len(values):
        return []
    known = numpy.unique(numpy.linspace(0, len(times.values) - 1, SAMPLE).astype(int))
    moments, own = (
        [EPOCH + datetime.timedelta(microseconds=value) for value in each.tolist()]
        for each in (values, times.values[known])
    )
    return spell(moments, [times.text(row) for row in known], own)
