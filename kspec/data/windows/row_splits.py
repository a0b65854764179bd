"""Windows over series: which rows an example has, and the split that it belongs to.

An example belongs to row t: its past is the `length` rows up to t, its targets are the `horizon` rows from t + gap + 1
on (row t itself for a horizon of 0). In a stretch of rows without a hole, the first t has just enough rows before it,
and the next ones follow by `stride`, as long as all targets lie in the stretch.

An example belongs to the split in which all its targets lie. It is left out if they lie in two splits, or if it would
see a row of a later split: training sees only rows of training, validation also those of training, and the test all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from kspec.data.windows.series import Series
from kspec.language.source_files import SPLITS
from kspec.language.window import Window

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

NO_SPLIT = -1
"""The split of rows that have none, such as those of a gap between two splits."""


def row_parts(splits: Mapping[str, Array], rows: int) -> Array:
    """The split of each row: 0 train, 1 validation, 2 test, -1 none; shape (rows,).

    Args:
        splits: By split, the indices of its rows.
        rows: The number of rows.
    """
    import numpy

    parts = numpy.full(rows, NO_SPLIT)
    for name, own in splits.items():
        parts[own] = SPLITS.index(name)
    return parts


def anchors_of(series: Series, window: Window, reach: int | None = None, stride: int | None = None) -> Array:
    """The row t of each example, as its place in the order of the series; shape (n,).

    Args:
        series: The rows, in order.
        window: The setting.
        reach: How many rows after row t there must be; by default those of all targets.
        stride: The rows from one example to the next; by default that of the setting.
    """
    import numpy

    reach = window.reach if reach is None else reach
    pieces = [
        numpy.arange(start + window.length - 1, end - reach, stride or window.stride)
        for start, end in zip(series.starts.tolist(), series.ends.tolist(), strict=True)
    ]
    return numpy.concatenate(pieces) if pieces else numpy.zeros(0, int)


def is_clear(marked: Array, first: Array, last: Array) -> Array:
    """Whether no row from `first` to `last` is marked.

    Args:
        marked: Which rows are, shape (rows,).
        first: Shape (n,).
        last: Shape (n,).

    Returns:
        Booleans, shape (n,).
    """
    import numpy

    count = numpy.append(0, numpy.cumsum(marked))
    clear: Array = count[last + 1] == count[first]
    return clear


class Targets(NamedTuple):
    """The rows of the targets of examples, from `first` to `last`, both shape (n,)."""

    first: Array
    last: Array


def target_rows(anchors: Array, window: Window) -> Targets:
    """The first and the last target of each example."""
    if not window.horizon:
        return Targets(anchors, anchors)
    return Targets(anchors + window.gap + 1, anchors + window.reach)


def parts_of(anchors: Array, window: Window, parts: Array) -> Array:
    """The split of each example, as in `row_parts`; -1 for one that is left out.

    Args:
        anchors: The row t of each example, shape (n,).
        window: The setting.
        parts: The split of each row in the order of the series.
    """
    import numpy

    if not len(anchors):
        return numpy.zeros(0, int)
    targets = target_rows(anchors, window)
    runs = numpy.append(0, numpy.cumsum(numpy.diff(parts) != 0))
    own = numpy.where(runs[targets.first] == runs[targets.last], parts[targets.first], NO_SPLIT)
    for number in (0, 1):
        is_hidden = (parts > number) | (parts == NO_SPLIT if number == 0 else False)
        sees = ~is_clear(is_hidden, anchors - window.length + 1, anchors)
        own = numpy.where((own == number) & sees, NO_SPLIT, own)
    return own


def are_apart(window: Window) -> bool:
    """Whether no two examples of a stretch share a row, so that they can be split at random."""
    return window.stride >= window.length + window.reach


def draw_rows(series: Series, window: Window, fractions: Mapping[str, float], seed: int) -> dict[str, Array]:
    """Splits examples that share no row at random.

    Args:
        series: The rows, in order.
        window: The setting.
        fractions: By split, its fraction of the examples.
        seed: The seed of the spec.

    Returns:
        By split, the indices of its rows in the table, ascending; rows of no example are in none.
    """
    import numpy

    from kspec.data.split import by_fractions

    anchors = anchors_of(series, window)
    drawn = by_fractions(len(anchors), dict(fractions), seed)
    held = numpy.concatenate([drawn["validation"], drawn["test"]])
    drawn = {"train": numpy.setdiff1d(numpy.arange(len(anchors)), held), **drawn}
    spread = numpy.arange(1 - window.length, window.reach + 1)
    return {
        name: numpy.sort(series.order[(anchors[own][:, numpy.newaxis] + spread).ravel()])
        for name, own in drawn.items()
        if len(own)
    }


def ordered_rows(series: Series, fractions: Mapping[str, float]) -> dict[str, Array]:
    """Splits rows in time's order (in that of the file without times): training first, the test last.

    Args:
        series: The rows, in order.
        fractions: By split, its fraction of the rows.
    """
    import numpy

    if series.times is None:
        order, values = numpy.arange(series.rows), numpy.arange(series.rows)
    else:
        values = numpy.empty_like(series.times.values)
        values[series.order] = series.times.values
        order = numpy.argsort(values, kind="stable")
    ordered = values[order]
    ends = []
    for share in (fractions["validation"] + fractions["test"], fractions["test"]):
        place = series.rows - int(series.rows * share + 0.5)
        ends.append(int(numpy.searchsorted(ordered, ordered[place])) if place < series.rows else series.rows)
    pieces = numpy.split(order, ends)
    return {name: numpy.sort(own) for name, own in zip(SPLITS, pieces, strict=True) if len(own)}
