"""The order of rows in which a gap takes the value before or after it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from kspec.data.context import Context
from kspec.data.profile.distinct_values import numbered
from kspec.data.table import Table
from kspec.data.times import read_times
from kspec.data.windows.series import Series
from kspec.diagnostics import Report
from kspec.language.data import Data
from kspec.language.missing import NEIGHBORS, missing_rule

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


class RowOrder(NamedTuple):
    """The rows of a table, series by series.

    Args:
        rows: The index of each row in the table, shape (rows,).
        series: A number for the series of each of them; those of a series follow one another.
    """

    rows: Array
    series: Array


def order_columns(columns: Iterable[str], data: Data | None) -> list[str]:
    """The columns of the split that order the rows, if the gaps of some column take the value of a neighbor.

    Args:
        columns: The columns of inputs.
        data: The `data` section, if there is one.
    """
    rules = [missing_rule(data.missing, name) for name in columns] if data is not None else []
    if data is None or not any(rule is not None and rule.fill in NEIGHBORS for rule in rules):
        return []
    return [name for name in (data.split.group, data.split.time) if name is not None]


def row_order(table: Table, data: Data, series: Series | None, context: Context) -> RowOrder:
    """The order of the windows or of a split in time, within their series or groups; else that of the file.

    A row without a time is a series of its own, and so are the files of each split.

    Args:
        table: The table.
        data: The `data` section.
        series: The rows in the order of windows.
        context: Where the data is read.
    """
    import numpy

    if series is not None:
        return row_order_of(series)
    keys = numpy.zeros(table.rows, int) if table.row_splits is None else table.row_splits.astype(int)
    group, time = data.split.group, data.split.time
    if group is not None and group in table.columns:
        keys = keys * table.rows + _numbers(table.columns[group].texts())
    values = None
    if time is not None and time in table.columns and (column := table.columns[time]).size == 1:
        known = ~column.missing
        silent = Context(context.spec, Report(), context.source_path)
        if (times := read_times(column.take(known), table.take(known), None, silent)) is not None:
            values = numpy.zeros(table.rows, times.dtype)
            values[known] = times
            keys = numpy.where(known, keys, -1 - numpy.arange(table.rows))
    rows = numpy.argsort(keys, kind="stable") if values is None else numpy.lexsort((values, keys))
    return RowOrder(rows, keys[rows])


def row_order_of(series: Series) -> RowOrder:
    """The order of the rows of windows."""
    import numpy

    return RowOrder(series.order, numpy.zeros(series.rows, int) if series.keys is None else series.keys)


def _numbers(texts: Array) -> Array:
    """A number for each different text, shape (rows,)."""
    return numbered(texts)[1]
