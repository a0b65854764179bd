"""How the numbers of a column are distributed: quantiles and a histogram."""

from __future__ import annotations

from typing import Any

from kspec.analysis.data_profile import BINS, QUANTILES
from kspec.data.table import Column

MAX_ROWS = 2_000_000
"""Of a larger table, so many evenly spaced rows are looked at."""


def distribution(column: Column) -> dict[str, Any]:
    """The `quantiles` and the `histogram` of a `ColumnProfile`.

    Args:
        column: A column of numbers, shape (n,).

    Returns:
        Both facts; nothing if there are no finite values.
    """
    import numpy

    rows = (
        slice(None)
        if len(column.values) <= MAX_ROWS
        else numpy.linspace(0, len(column.values) - 1, MAX_ROWS, dtype=int)
    )
    values = column.values[rows][~column.missing[rows]].astype(numpy.float64)
    values = values[numpy.isfinite(values)]
    if not len(values):
        return {}
    least, most = values.min(), values.max()
    width = most / 2 - least / 2  # halves: the difference of two large numbers may be infinite
    share = numpy.zeros(len(values)) if width == 0 else (values / 2 - least / 2) / width
    bins = numpy.minimum((share * BINS).astype(int), BINS - 1)
    return {
        "quantiles": tuple(numpy.quantile(values, QUANTILES).tolist()),
        "histogram": tuple(numpy.bincount(bins, minlength=BINS).tolist()),
    }
