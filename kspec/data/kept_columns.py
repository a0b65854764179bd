"""Columns that a table of predictions keeps, such as the id of each row: as the file has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kspec.data.context import Context
from kspec.data.storage.mapped_texts import filled
from kspec.data.table import Column, Table
from kspec.diagnostics import codes, did_you_mean
from kspec.diagnostics.suggest import available

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


def keep_columns(table: Table, context: Context, *, are_needed: bool = True) -> None:
    """Keeps the columns that the spec's `predict: {keep}` names with the table, before gaps are filled.

    Args:
        table: The table.
        context: Receives an error for each column that the table lacks, or that no cell can hold.
        are_needed: Whether the predictions are those of this table.

    Raises:
        InvalidData: If there is an error.
    """
    if are_needed:
        check_kept(table, context)
        table.kept |= {name: _as_in_the_file(table.columns[name]) for name in context.spec.document.predict.keep}


def check_kept(table: Table, context: Context) -> None:
    """Reports columns that the predictions cannot keep.

    Args:
        table: The table.
        context: Receives an error for each column that the table lacks, or that no cell can hold.

    Raises:
        InvalidData: If there is an error.
    """
    for number, name in enumerate(context.spec.document.predict.keep):
        path, column = ("predict", "keep", number), table.columns.get(name)
        if column is None:
            reason = f": {table.unusable[name]}" if name in table.unusable else ""
            context.error(
                codes.UNKNOWN_COLUMN,
                f"`keep` names the column `{name}`, which the data does not have{reason}",
                path,
                label=did_you_mean(name, table.columns),
                help=available("columns", table.columns),
            )
        elif column.values.ndim > 1:
            message = f"`keep` names the column `{name}`, which has several values in each row"
            context.error(codes.INCOMPATIBLE_DATA_TYPE, message, path, help="keep a column of single values")
    context.stop_on_errors()


def _as_in_the_file(column: Column) -> Array:
    """The texts of a column, shape (n,): of a text file verbatim, "" for other values that are missing."""
    texts = column.texts()
    if column.original_texts is None and column.missing.any():
        texts = filled(texts, column.missing, "")
    return texts
