"""The gaps of other data: filled as in training, or with what is usual there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kspec.data.columns import ColumnMapping
from kspec.data.context import Context
from kspec.data.missing.imputation import Policies, fill
from kspec.data.missing.neighbor_fill import fill_from_neighbors
from kspec.data.missing.usual_values import fill_gaps
from kspec.data.table import Table
from kspec.data.windows.inference import unknown_ends
from kspec.data.windows.series import Series
from kspec.language.data import Data


def fill_new(
    table: Table,
    mapping: ColumnMapping,
    data: Data | None,
    series: Series | None,
    fitted: Mapping[str, Any],
    context: Context,
) -> None:
    """Fills the gaps of inputs. What a window does not know yet is no gap.

    Args:
        table: The table; gets the values.
        mapping: Its columns.
        data: The `data` section of training, if there is one.
        series: The rows in the order of windows.
        fitted: As in `Dataset.fitted`.
        context: Receives warnings.
    """
    unknown_yet = {} if series is None else unknown_ends(table, mapping, series)
    if data is not None:
        fill_from_neighbors(table, mapping.input_columns, Policies(data.missing), data, series, context)
    fill(table, fitted.get("fill", {}))
    fill_gaps(table, mapping, fitted.get("usual", {}), context)
    for name, rows in unknown_yet.items():
        table.columns[name].missing = table.columns[name].missing | rows
