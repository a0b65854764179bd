"""Targets whose lists belong to those of an input, item by item, and have another length in some rows (KS559)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kspec.data.columns import ColumnMapping
from kspec.data.context import Context
from kspec.data.lists.mapping import column_of, is_lists
from kspec.data.table import Column, Table
from kspec.diagnostics import codes

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

PAIRED = 0.5
"""The share of rows whose lists have one length where their items belong together; a translation has another."""


def warn_of_unpaired_lists(table: Table, mapping: ColumnMapping, context: Context) -> None:
    """Reports rows in which a target has more or fewer items than the input that it belongs to.

    Args:
        table: The table.
        mapping: Its columns and plans, with their lengths.
        context: Receives the warnings.
    """
    import numpy

    lengths: dict[str, Array] = {}
    for name, plan in mapping.lists.items():
        if name not in mapping.targets or plan.is_text or plan.whole:
            continue
        target = table.columns[column_of(mapping, name)]
        own = lengths.setdefault(target.name, _lengths(target))
        others: dict[str, Array] = {}
        for column in _list_columns(table, mapping, plan.length):
            known = ~(target.missing | column.missing)
            there = lengths.setdefault(column.name, _lengths(column))
            unpaired = (own != there) & known
            if known.any() and unpaired.sum() <= (1 - PAIRED) * known.sum():
                others[column.name] = unpaired
        if not others:
            continue
        source = min(others, key=lambda each: int(others[each].sum()))
        rows = numpy.flatnonzero(others[source])
        if not len(rows):
            continue
        such_as = "" if len(rows) == 1 else " in the first"
        context.warning(
            codes.UNPAIRED_LISTS,
            f"the lists of `{target.name}` and `{source}` differ in length in {table.locate(rows)}: "
            f"{own[rows[0]]:,} and {lengths[source][rows[0]]:,} items{such_as}",
            mapping.places[name],
            help=context.remedy(f"give each item of `{source}` one item of `{target.name}`"),
        )


def _list_columns(table: Table, mapping: ColumnMapping, length: int | None) -> list[Column]:
    """The columns of inputs that take lists, of the length of a target.

    Args:
        table: The table.
        mapping: Its columns and plans.
        length: The length.
    """
    found = []
    for name, columns in mapping.inputs.items():
        column = table.columns[columns[0]]
        if len(columns) > 1 or not is_lists(column):
            continue
        known = mapping.lists[name].length if name in mapping.lists else column.values.shape[1]
        if known == length:
            found.append(column)
    return found


def _lengths(column: Column) -> Array:
    """The items of each list, shape (n,)."""
    import numpy

    if column.kind == "array":
        return numpy.full(len(column.values), column.values.shape[1])
    return numpy.fromiter(map(len, column.values), int, len(column.values))
