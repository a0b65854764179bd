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

from kspec.data.splits.by_chance import split_by_chance
from kspec.data.storage.mapped_arrays import copied, counted, empty, pieces, true_rows, zeros
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

    parts = zeros(rows, numpy.int8, next(iter(splits.values()), None))
    parts += numpy.int8(NO_SPLIT)
    for name, own in splits.items():
        for piece in pieces(len(own)):
            parts[own[piece]] = SPLITS.index(name)
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

    reach, stride = window.reach if reach is None else reach, stride or window.stride
    firsts = series.starts + window.length - 1
    counts = numpy.maximum(0, -((firsts - (series.ends - reach)) // stride))
    anchors, at = empty(int(counts.sum()), numpy.int64, series.order), 0
    for first, count in zip(firsts.tolist(), counts.tolist(), strict=True):
        for piece in pieces(count):
            steps = numpy.arange(piece.start, piece.stop)
            anchors[at + piece.start : at + piece.stop] = first + steps * stride
        at += count
    return anchors


class MarkedRows:
    """Rows that are marked, counted so that whole spans of them can be looked at.

    Args:
        marked: Which rows are, shape (rows,).
        like: An array of the same table.
    """

    def __init__(self, marked: Array, like: Array | None = None) -> None:
        import numpy

        self._before = empty(len(marked) + 1, numpy.int64, like)
        self._before[0] = 0
        for piece in pieces(len(marked)):
            counts = numpy.cumsum(marked[piece])
            self._before[piece.start + 1 : piece.stop + 1] = self._before[piece.start] + counts

    def are_in(self, first: Array, last: Array) -> Array:
        """Whether some row from `first` to `last`, both shape (n,), is marked: booleans, shape (n,)."""
        found: Array = self._before[last + 1] != self._before[first]
        return found


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

    found = empty(len(anchors), numpy.int8, anchors)
    changes = MarkedRows(numpy.append(False, parts[1:] != parts[:-1]), anchors)
    hidden = [MarkedRows((parts > 0) | (parts == NO_SPLIT), anchors), MarkedRows(parts > 1, anchors)]
    for piece in pieces(len(anchors)):
        last_known = anchors[piece]
        first, last = target_rows(last_known, window)
        own = numpy.where(changes.are_in(first + 1, last), NO_SPLIT, parts[first])
        for number, rows in enumerate(hidden):
            sees = rows.are_in(last_known - window.length + 1, last_known)
            own = numpy.where((own == number) & sees, NO_SPLIT, own)
        found[piece] = own
    return found


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

    anchors = anchors_of(series, window)
    split_of = split_by_chance(len(anchors), fractions, seed)
    drawn = {name: numpy.flatnonzero(split_of == number) for number, name in enumerate(SPLITS)}
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
        values = ordered = counted(0, series.rows, series.order)
    else:
        values = empty(series.rows, series.times.values.dtype, series.order)
        for piece in pieces(series.rows):
            values[series.order[piece]] = series.times.values[piece]
        ordered = copied(values)
        ordered.sort()
    parts = zeros(series.rows, numpy.int8, series.order)
    for share in (fractions["validation"] + fractions["test"], fractions["test"]):
        place = series.rows - int(series.rows * share + 0.5)
        if place < series.rows:
            parts += values >= ordered[place]
    rows = {name: true_rows(parts == number) for number, name in enumerate(SPLITS)}
    return {name: own for name, own in rows.items() if len(own)}
