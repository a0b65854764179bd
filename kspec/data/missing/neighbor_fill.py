"""Gaps that take the value of a neighboring row: `forward` the last known one, `backward` the next one.

A row takes values only of its own split and of those before it, so that training learns nothing of validation or test,
however the rows are split.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from kspec.data.context import Context
from kspec.data.missing.imputation import Policies
from kspec.data.missing.row_order import RowOrder, row_order
from kspec.data.table import Column, Table
from kspec.data.windows.row_splits import NO_SPLIT, row_parts
from kspec.data.windows.series import Series
from kspec.diagnostics import codes
from kspec.language.data import Data
from kspec.language.missing import NEIGHBORS

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

WHERE = {"forward": "before", "backward": "after"}


def fill_from_neighbors(
    table: Table,
    columns: Collection[str],
    policies: Policies,
    data: Data,
    series: Series | None,
    context: Context,
    splits: Mapping[str, Array] | None = None,
) -> None:
    """Fills the gaps of the columns whose policy is a neighbor, as far as they have one.

    Args:
        table: The table; gets the values.
        columns: The columns of inputs.
        policies: How the spec treats gaps.
        data: The `data` section.
        series: The rows in the order of windows.
        context: Where the data is read.
        splits: By split, the indices of its rows; None for data without splits.
    """
    import numpy

    filled = [name for name in columns if policies.fill_of(name) in NEIGHBORS and table.columns[name].missing.any()]
    if not filled:
        return
    order = row_order(table, data, series, context)
    parts = numpy.zeros(table.rows, int) if splits is None else row_parts(splits, table.rows)
    ranks = numpy.where(parts == NO_SPLIT, 0.5, parts)  # rows of no split lie between training and validation
    for name in filled:
        column = table.columns[name]
        forward = policies.fill_of(name) == "forward"
        table.columns[name] = _filled(column, neighbors(column.missing, ranks, order, forward=forward))


def neighbors(missing: Array, ranks: Array, order: RowOrder, *, forward: bool) -> Array:
    """The row whose value each row takes: itself, if it has one; -1 if there is none to take.

    Args:
        missing: Which rows have no value, shape (rows,).
        ranks: A number for the split of each row: it takes values only of rows with the same or a smaller one.
        order: The order of the rows.
        forward: Whether they take the value before them, not the one after.
    """
    import numpy

    rows, series = (order.rows, order.series) if forward else (order.rows[::-1], order.series[::-1])
    gaps, own = missing[rows], ranks[rows]
    places = numpy.arange(len(rows))
    begins = numpy.append(True, series[1:] != series[:-1])[: len(rows)]
    start = numpy.maximum.accumulate(numpy.where(begins, places, 0))
    source = numpy.where(gaps, -1, places)
    for rank in numpy.unique(own[gaps]):
        last = numpy.maximum.accumulate(numpy.where(~gaps & (own <= rank), places, -1))
        mine = gaps & (own == rank)
        source[mine] = numpy.where(last >= start, last, -1)[mine]
    taken = numpy.empty(len(rows), int)
    taken[rows] = numpy.where(source < 0, -1, rows[source])
    return taken


def _filled(column: Column, source: Array) -> Column:
    """A column whose rows take the values of others; those with the source -1 stay missing."""
    import numpy

    filled = column.take(numpy.maximum(source, 0))
    filled.missing = source < 0
    return filled


def check_filled(
    table: Table, columns: Collection[str], policies: Policies, fills: Mapping[str, Any], context: Context
) -> None:
    """Reports the gaps of training data that have no neighbor, and no `else`.

    Args:
        table: The table, filled from neighbors.
        columns: The columns of inputs.
        policies: How the spec treats gaps.
        fills: The columns with a value for the rest.
        context: Receives the errors.
    """
    import numpy

    for name in columns:
        rule = policies.of(name)
        if rule is None or rule.fill not in NEIGHBORS or name in fills:
            continue
        rows = numpy.flatnonzero(table.columns[name].missing)
        if not len(rows):
            continue
        only = " that is known to its split" if rule.fill == "backward" else ""
        context.error(
            codes.MISSING_VALUES,
            f"`{name}` has no value {WHERE[rule.fill]} its gap in {table.locate(rows)}{only}",
            rule.path,
            help=f"say what fills the rest: `missing: {{{name}: {{fill: {rule.fill}, else: median}}}}`",
        )
