"""Missing targets that the spec ignores: the example has no loss for that output, and counts in none of its metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kspec.data.columns import ColumnMapping
from kspec.data.missing.imputation import Policies
from kspec.data.storage.mapped_arrays import copied
from kspec.data.table import Column, Table
from kspec.language.data import Data
from kspec.language.missing import IGNORE

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


def ignored_targets(table: Table, mapping: ColumnMapping, policies: Policies) -> dict[str, Array]:
    """By output with missing targets that the spec ignores, the rows without one, shape (rows,).

    Of a target with a number for each position, the positions that are NaN, shape (rows, positions).

    Args:
        table: The table.
        mapping: The columns of each output.
        policies: How the spec treats gaps.
    """
    import numpy

    ignored = {}
    for name, columns in mapping.targets.items():
        gaps = [table.columns[column].missing for column in columns if policies.fill_of(column) == IGNORE]
        if gaps and len(columns) == 1 and (values := table.columns[columns[0]].values).ndim == 2:
            gaps = [numpy.isnan(values)] if values.dtype.kind == "f" else gaps
        if gaps and (rows := numpy.any(gaps, axis=0)).any():
            ignored[name] = rows
    return ignored


def without_any_target(ignored: Mapping[str, Array], mapping: ColumnMapping, rows: int) -> Array:
    """The rows of which every target is ignored, shape (rows,).

    Args:
        ignored: As `ignored_targets` returns it.
        mapping: The columns of each output.
        rows: The number of rows.
    """
    import numpy

    if not ignored or set(ignored) != set(mapping.targets):
        return numpy.zeros(rows, bool)
    whole = [each.reshape(len(each), -1).all(axis=1) for each in ignored.values()]
    all_ignored: Array = numpy.all(whole, axis=0)
    return all_ignored


def set_placeholders(table: Table, mapping: ColumnMapping, ignored: Mapping[str, Array], rows: Array) -> None:
    """Puts a known value where a target is ignored, so that it can be encoded; nothing learns from it.

    Args:
        table: The table; its columns stay marked as missing there.
        mapping: The columns of each output.
        ignored: As `ignored_targets` returns it.
        rows: The indices of the rows whose values are known, such as those of training.
    """
    import numpy

    for name in ignored:
        for column_name in mapping.targets[name]:
            column = table.columns[column_name]
            if ignored[name].ndim == 2:
                finite = column.values[rows][numpy.isfinite(column.values[rows])]
                values = numpy.where(ignored[name], finite[0] if len(finite) else 0, column.values)
                table.columns[column_name] = Column(column_name, column.kind, values, column.missing, None)
                continue
            known = numpy.flatnonzero(~column.missing[rows])
            if column.kind != "list" and column.missing.any() and len(known):
                values = copied(column.values)
                values[column.missing] = values[rows[known[0]]]
                table.columns[column_name] = Column(column_name, column.kind, values, column.missing, None)


def ignored_in_new(table: Table, mapping: ColumnMapping, data: Data | None) -> dict[str, Array]:
    """As `ignored_targets`, for data to evaluate: an output without any target loses it, the others get placeholders.

    Args:
        table: The table.
        mapping: The columns of each output.
        data: The `data` section of training, if there is one.
    """
    import numpy

    ignored = {} if data is None else ignored_targets(table, mapping, Policies(data.missing))
    if all(rows.all() for rows in ignored.values()) and set(ignored) == set(mapping.targets):
        return ignored
    for name in [name for name, rows in ignored.items() if rows.all()]:
        del ignored[name], mapping.targets[name]
    set_placeholders(table, mapping, ignored, numpy.arange(table.rows))
    return ignored


def known_rows(rows: Array, ignored: Array | None) -> Array:
    """Those of some rows that have a target, at all positions.

    Args:
        rows: Indices, shape (n,).
        ignored: The rows without one, shape (rows,); None if all have one.
    """
    return rows if ignored is None else rows[~ignored[rows].reshape(len(rows), -1).any(axis=1)]
