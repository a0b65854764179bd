"""The examples that windows make of the arrays of a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kspec.data.arrays import TableArrays
from kspec.data.columns import ColumnMapping
from kspec.data.context import Context, InvalidData
from kspec.data.storage.mapped_arrays import taken
from kspec.data.types import DataSplit
from kspec.data.windows.arrays import WindowArray
from kspec.data.windows.places import WindowPlaces
from kspec.data.windows.row_splits import NO_SPLIT, anchors_of, parts_of, row_parts, target_rows
from kspec.data.windows.series import PATH, SHOWN, Series
from kspec.diagnostics import codes
from kspec.language.source_files import SPLITS
from kspec.language.window import Window

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


def window_splits(
    arrays: TableArrays,
    mapping: ColumnMapping,
    window: Window,
    series: Series,
    splits: Mapping[str, Array],
    numbers: Array,
    context: Context,
) -> dict[str, DataSplit]:
    """The examples of each split.

    Args:
        arrays: The arrays of the table, in the order of the series.
        mapping: The columns of each input, and which inputs take several rows.
        window: The setting.
        series: The rows, in order; receives notes.
        splits: By split, the places of its rows in that order.
        numbers: The number of each row in the file, in the same order.
        context: Receives an error if training has no window, and a warning if another split has none.

    Raises:
        InvalidData: If training has no window.
    """
    anchors = anchors_of(series, window)
    parts = parts_of(anchors, window, row_parts(splits, series.rows))
    _check_lengths(series, window, context)
    found = {name: taken(anchors, parts == SPLITS.index(name)) for name in splits}
    for name, own in found.items():
        if not len(own):
            _report_empty(name, len(splits[name]), window, context)
    context.stop_on_errors()
    between = int((parts == NO_SPLIT).sum())
    if between:
        word = "1 window lies" if between == 1 else f"{between:,} windows lie"
        series.notes.append(f"{word} across splits, and {'is' if between == 1 else 'are'} left out")
    return {
        name: window_split(arrays, mapping, window, series, own, numbers) for name, own in found.items() if len(own)
    }


def _check_lengths(series: Series, window: Window, context: Context) -> None:
    """Reports series that are too short for a window: an error if all are, else a note.

    Args:
        series: The rows, in order; receives the note.
        window: The setting.
        context: Receives the error.
    """
    needed = window.length + window.reach
    if series.longest() < needed:
        rows = f"{window.length} rows" + (f" and {window.reach} after them" if window.reach else "")
        kind = "series" if not series.holes else "stretch without a hole"
        whose = "" if series.groups is None else " in its series"
        context.error(
            codes.WINDOW_TOO_LONG,
            f"a window needs {rows}, and the longest {kind} has {series.longest()}",
            (*PATH, "length"),
            help=f"use a smaller `length` or `horizon`{whose}" + (f"; {series.holes}" if series.holes else ""),
        )
        raise InvalidData
    note_short_series(series, needed)


def note_short_series(series: Series, needed: int) -> None:
    """Notes which of several series have no window.

    Args:
        series: The rows, in order; receives the note.
        needed: The rows of a window.
    """
    import numpy

    if series.groups is None:
        return
    lengths = series.ends - series.starts
    enough = numpy.unique(series.groups[series.starts[lengths >= needed]].astype(str))
    without = numpy.setdiff1d(numpy.unique(series.groups[series.starts].astype(str)), enough)
    if len(without):
        more = f" and {len(without) - SHOWN} more" if len(without) > SHOWN else ""
        have = "has" if len(without) == 1 else "have"
        whole = " without a hole" if series.holes else ""
        names = ", ".join(f"`{name}`" for name in without[:SHOWN])
        series.notes.append(f"{names}{more} {have} no window, which needs {needed} rows{whole}")


def _report_empty(name: str, rows: int, window: Window, context: Context) -> None:
    """Reports a split without windows.

    Args:
        name: The split.
        rows: How many rows it has.
        window: The setting.
        context: Receives the problem.
    """
    needs = f"{window.length} rows of its own" if name == "train" else f"{max(1, window.horizon)} to predict"
    message = f"the {name} split has no window: it has {rows} rows, and a window needs {needs}"
    if name == "train":
        help = "use a smaller `length`, or smaller validation and test splits"
        context.error(codes.WINDOW_TOO_LONG, message, (*PATH, "length"), help=help)
    else:
        context.warning(codes.EMPTY_SPLIT, message, ("data", "split"), help=f"use a larger {name} split")


def window_split(
    arrays: TableArrays, mapping: ColumnMapping, window: Window, series: Series, anchors: Array, numbers: Array
) -> DataSplit:
    """The examples with these rows t.

    Args:
        arrays: The arrays of the table, in the order of the series.
        mapping: The columns of each input, and which inputs take several rows.
        window: The setting.
        series: The rows, in order.
        anchors: The row t of each example, as its place in that order; shape (n,).
        numbers: The number of each row in the file, in the same order.
    """
    inputs: dict[str, Any] = {}
    for name, values in arrays.inputs.items():
        match mapping.windows.get(name):
            case "past":
                inputs[name] = WindowArray(values, anchors, window.length, 1 - window.length)
            case "future":
                inputs[name] = WindowArray(values, anchors, window.horizon, window.gap + 1)
            case _:
                inputs[name] = taken(values, anchors)
    return DataSplit(
        rows=taken(numbers, anchors),
        inputs=inputs,
        targets=target_windows(arrays.targets, anchors, window),
        weights={name: taken(weights, anchors) for name, weights in arrays.weights.items()},
        absent=target_windows(arrays.absent, anchors, window),
        kept={name: taken(texts, anchors) for name, texts in arrays.table.kept.items()},
        slices={name: taken(texts, anchors) for name, texts in arrays.table.slices.items()},
        windows=WindowPlaces(anchors, series, window, dict(arrays.targets)),
    )


def target_windows(targets: Mapping[str, Array], anchors: Array, window: Window) -> dict[str, Array]:
    """The raw targets of examples: by output, shape (n, horizon, …), or (n, …) for a horizon of 0.

    Targets beyond the last row are arbitrary.

    Args:
        targets: By output, those of all rows in the order of the series, shape (rows, …).
        anchors: The row t of each example, shape (n,).
        window: The setting.
    """
    if not window.horizon:
        return {name: taken(values, anchors) for name, values in targets.items()}
    return {
        name: WindowArray(values, anchors, window.horizon, window.gap + 1).array() for name, values in targets.items()
    }


def needed_rows(
    anchors: Array, window: Window, mapping: ColumnMapping, targets: Sequence[str]
) -> Iterator[tuple[str, Array, Array]]:
    """The columns that examples need, with the first and the last row, shape (n,) each.

    Args:
        anchors: The row t of each example, shape (n,).
        window: The setting.
        mapping: The columns of each input, and which inputs take several rows.
        targets: The columns of targets that must be known.
    """
    first, last = target_rows(anchors, window)
    for name, columns in mapping.inputs.items():
        part = mapping.windows.get(name)
        for column in columns:
            if part == "past":
                yield column, anchors - window.length + 1, anchors
            elif part == "future":
                yield column, first, last
            else:
                yield column, anchors, anchors
    for column in targets:
        yield column, first, last
