"""Windows of other data for a trained model: also those at the end, whose targets nobody knows yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kspec.data.arrays import TableArrays
from kspec.data.columns import ColumnMapping, window_columns
from kspec.data.context import Context, InvalidData
from kspec.data.index_check import inputs_by_row
from kspec.data.missing.neighbor_fill import neighbors
from kspec.data.missing.row_order import row_order_of
from kspec.data.missing.unusable_rows import UnusableRows, add_bad_numbers
from kspec.data.sources.read_request import Request
from kspec.data.storage.mapped_arrays import copied, pieces, taken
from kspec.data.table import NUMERIC, Column, Table
from kspec.data.targets.actual_values import ActualValues
from kspec.data.types import DataSplit
from kspec.data.windows.examples import needed_rows, note_short_series, window_split
from kspec.data.windows.row_splits import MarkedRows, anchors_of
from kspec.data.windows.series import PATH, Series, series_of
from kspec.diagnostics import codes
from kspec.language.window import Step, Window

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


def windows_of_other_data(
    table: Table,
    mapping: ColumnMapping,
    window: Window,
    series: Series,
    request: Request,
    actual: ActualValues | None,
) -> tuple[TableArrays, Array, list[str]]:
    """The arrays of other data in the order of its series, and the row t of each example.

    Args:
        table: The table, with gaps filled as in training.
        mapping: Its columns.
        window: The setting.
        series: Its rows, in order.
        request: What is read.
        actual: The targets of predictions, which may be absent; None for an evaluation.

    Returns:
        The arrays, the rows t, shape (n,), and notes on what is left out.

    Raises:
        InvalidData: If no window can be used.
    """
    import numpy

    context = request.context
    bad, reasons = _bad_values(table, mapping, request)
    arrays = TableArrays(table, mapping, request.inputs, context)
    context.stop_on_errors()
    if request.values is not None:
        by_row = inputs_by_row(arrays.inputs, mapping, request.values.graph)
        for rows, reason in request.values.refused(by_row, table, mapping, context):
            reasons.append(f"{table.locate(numpy.flatnonzero(rows))} ({reason})")
            for column in mapping.input_columns:
                bad[column] = bad[column] | rows
    targets = () if actual is not None else tuple(mapping.target_columns)
    ordered = {name: rows[series.order] for name, rows in bad.items()}
    anchors, left_out = _usable(series, window, mapping, ordered, targets)
    if not len(anchors):
        _report_none(series, window, reasons, context)
    arrays.arrange(series.order)
    has_reach = targets or "future" in mapping.windows.values()
    note_short_series(series, window.length + (window.reach if has_reach else 0))
    notes = [*series.notes, *([series.holes] if series.holes else [])]
    if left_out:
        because = f", for {', '.join(reasons)}" if reasons else ""
        notes.append(f"left out {left_out} window{'s' if left_out > 1 else ''}{because}")
    return arrays, anchors, notes


def series_of_other_data(
    table: Table, window: Window, fitted: Mapping[str, Any], context: Context, tables: Array | None = None
) -> Series:
    """The rows of other data in the order of windows, with the step of training.

    Args:
        table: The table.
        window: The setting.
        fitted: As in `Dataset.fitted`.
        context: Receives every problem.
        tables: As for `series_of`.
    """
    step = fitted.get("window", {}).get("step")
    return series_of(table, window, context, Step(*step) if step else None, tables)


def without_place(table: Table, window: Window) -> tuple[Table, str]:
    """The table without the rows that have no place in a series, and a note on these; all rows if none has one."""
    import numpy

    names = window_columns(window)
    lacking = {name: table.columns[name].missing for name in names if table.columns[name].missing.any()}
    kept = ~numpy.any(list(lacking.values()), axis=0) if lacking else numpy.ones(table.rows, bool)
    if kept.all() or not kept.any():
        return table, ""
    where = ", ".join(
        f"{table.locate(numpy.flatnonzero(gaps))} (no value in `{name}`)" for name, gaps in lacking.items()
    )
    return table.take(kept), f"left out {where}"


def unknown_ends(table: Table, mapping: ColumnMapping, series: Series) -> dict[str, Array]:
    """By target that inputs take, too, the rows after its last known value, shape (rows,): they are no gaps.

    Args:
        table: The table, before gaps are filled.
        mapping: Its columns.
        series: Its rows, in order.
    """
    import numpy

    order = row_order_of(series)
    unknown = {}
    for name in set(mapping.target_columns) & set(mapping.input_columns):
        column = table.columns[name]
        if column.missing.any():
            unknown[name] = neighbors(column.missing, numpy.zeros(table.rows), order, forward=False) < 0
    return unknown


def _bad_values(table: Table, mapping: ColumnMapping, request: Request) -> tuple[dict[str, Array], list[str]]:
    """By column, the rows without a value that the model can take, shape (rows,), and the reasons.

    Those values become 0, or "", so that the others can be an array.

    Args:
        table: The table.
        mapping: Its columns.
        request: What is read.
    """
    import numpy

    bad: dict[str, Array] = {}
    reasons: list[str] = []
    takes = {column: request.inputs[name].dtype for name, columns in mapping.inputs.items() for column in columns}
    own = [] if request.for_prediction else mapping.target_columns
    for name in dict.fromkeys([*mapping.input_columns, *own]):
        rows = UnusableRows(table)
        rows.add_gaps([name])
        if takes.get(name, "string") != "string":
            add_bad_numbers(rows, name, takes[name])
        bad[name] = ~rows.kept
        reasons += rows.reasons
        if name in takes and rows.kept.any() and not rows.kept.all():
            table.columns[name] = _with_blanks(table.columns[name], bad[name], for_text=takes[name] == "string")
    return bad, [reason for reason in reasons if numpy.size(reason)]


def _with_blanks(column: Column, rows: Array, *, for_text: bool) -> Column:
    """A column with 0, or an empty text, in some rows."""
    values = column.texts() if for_text and column.kind in NUMERIC else column.values
    values = copied(values)
    values[rows] = "" if values.dtype.kind in "OU" else 0
    kind = "text" if for_text and column.kind in NUMERIC else column.kind
    return Column(column.name, kind, values, column.missing, None)


def _usable(
    series: Series, window: Window, mapping: ColumnMapping, bad: Mapping[str, Array], targets: Sequence[str]
) -> tuple[Array, int]:
    """The row t of each example with all values that the model needs, and how many examples lack some.

    For a prediction the last such row of each series is among them, whatever the stride.

    Args:
        series: The rows, in order.
        window: The setting.
        mapping: The columns of each input.
        bad: By column, the rows without a usable value, in the order of the series.
        targets: The columns of targets that must be known; empty for a prediction.
    """
    import numpy

    reach = window.reach if targets or "future" in mapping.windows.values() else 0
    every = anchors_of(series, window, reach, 1)
    if not len(every):
        return every, 0
    usable = numpy.ones(len(every), bool)
    known_bad = {column: MarkedRows(rows, series.order) for column, rows in bad.items()}
    for piece in pieces(len(every)):
        for column, first, last in needed_rows(every[piece], window, mapping, targets):
            usable[piece] &= ~known_bad[column].are_in(first, last)
    stretch = numpy.searchsorted(series.starts, every, side="right") - 1
    chosen = (every - series.starts[stretch] - window.length + 1) % window.stride == 0
    begins = numpy.zeros(1, int)  # of the series, which follow one another
    if series.keys is not None:
        keys = taken(series.keys, every)
        begins = numpy.append(0, numpy.flatnonzero(keys[1:] != keys[:-1]) + 1)
    last = numpy.maximum.reduceat(numpy.where(usable, numpy.arange(len(every)), -1), begins)
    ends = numpy.repeat(last, numpy.diff(numpy.append(begins, len(every))))
    left_out = int((chosen & ~usable & (numpy.arange(len(every)) < ends)).sum())
    if not targets:
        chosen[last[last >= 0]] = True
    return taken(every, usable & chosen), left_out


def _report_none(series: Series, window: Window, reasons: list[str], context: Context) -> None:
    """Reports other data without a usable window.

    Raises:
        InvalidData: Always.
    """
    kind = "stretch without a hole" if series.holes else "series"
    message = f"the model needs {window.length} rows in a row, and the longest {kind} has {series.longest()}"
    if series.longest() >= window.length:
        message = f"no window of {window.length} rows has all values that the model needs"
    context.error(
        codes.WINDOW_TOO_LONG,
        message,
        (*PATH, "length") if context.source_path is None else context.source_path,
        help=f"left out: {', '.join(reasons)}" if reasons else "give it the rows before those that it predicts",
    )
    raise InvalidData


def split_of_other_data(
    arrays: TableArrays,
    mapping: ColumnMapping,
    window: Window,
    series: Series,
    anchors: Array,
    numbers: Array,
) -> DataSplit:
    """The examples of other data; a target beyond the last row of its series is absent.

    Args:
        arrays: The arrays, in the order of the series.
        mapping: The columns of each input.
        window: The setting.
        series: The rows, in order.
        anchors: The row t of each example, shape (n,).
        numbers: The number of each row in the file, in the same order.
    """
    import numpy

    split = window_split(arrays, mapping, window, series, anchors, numbers)
    ends = series.ends[numpy.searchsorted(series.starts, anchors, side="right") - 1]
    steps = numpy.arange(window.gap + 1, window.reach + 1) if window.horizon else numpy.zeros(1, int)
    rows = anchors[:, numpy.newaxis] + steps
    beyond = rows >= ends[:, numpy.newaxis]
    split.absent = {}
    for name in split.targets:
        absent = beyond.copy()
        if name in arrays.absent:
            absent |= arrays.absent[name][numpy.where(beyond, 0, rows)]
        absent = absent if window.horizon else absent[:, 0]
        if absent.any():
            split.absent[name] = absent
    return split
