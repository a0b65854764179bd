"""Rows of other data that a model cannot use: they are left out, and named with the reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from kspec.data.arrays import TableArrays
from kspec.data.columns import ColumnMapping
from kspec.data.missing.left_out import LeftOut
from kspec.data.network_specs import InputSpec
from kspec.data.storage.mapped_arrays import true_rows
from kspec.data.table import Column, Table
from kspec.data.value_checks import misfit_in_row, misfits, non_finite, read_numbers
from kspec.diagnostics import Rule, codes

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


class UnusableRows:
    """The rows to leave out of a table, each with its first reason.

    Args:
        table: The table.
    """

    def __init__(self, table: Table) -> None:
        import numpy

        self.table = table
        self.kept: Array = numpy.ones(table.rows, bool)
        self.left_out: list[LeftOut] = []

    @property
    def reasons(self) -> list[str]:
        """The rows of each reason, in words."""
        return [f"{self.table.locate(each.rows)} ({each.reason})" for each in self.left_out]

    def add(self, rows: Array, reason: str, column: str = "", rule: Rule = codes.INCOMPATIBLE_DATA_TYPE) -> None:
        """Leaves rows out.

        Args:
            rows: Which rows, shape (rows,).
            reason: Why, in a few words.
            column: The column at fault.
            rule: What the reason would be as an error.
        """
        import numpy

        if not rows.any():
            return
        new = numpy.flatnonzero(rows & self.kept)
        if len(new):
            self.left_out.append(LeftOut(new, reason, column, rule))
        self.kept = self.kept & ~rows

    def add_unreadable(self, columns: Iterable[str]) -> None:
        """Leaves out the rows whose files in these columns cannot be used."""
        for name in columns:
            column = self.table.columns[name]
            if column.unreadable is not None:
                self.add(column.unreadable, column.refusal, name, _undecodable(column))

    def add_gaps(self, columns: list[str]) -> None:
        """Leaves out the rows without a value in one of these columns."""
        for name in columns:
            self.add(self.table.columns[name].missing, f"no value in `{name}`", name, codes.MISSING_VALUES)


def add_undecodable(rows: UnusableRows, arrays: TableArrays, columns: Iterable[str]) -> None:
    """Leaves out the rows whose files turned out to be no images when they were decoded.

    Args:
        rows: Receives the rows.
        arrays: The arrays of the rows that are kept; loses those rows.
        columns: The columns of inputs.
    """
    import numpy

    places = true_rows(rows.kept)
    for name in columns:
        column = arrays.table.columns[name]
        if column.unreadable is not None and column.unreadable.any():
            everywhere = numpy.zeros(len(rows.kept), bool)
            everywhere[places] = column.unreadable
            rows.add(everywhere, column.refusal, name, _undecodable(column))
    if not rows.kept[places].all():
        arrays.take(rows.kept[places])


def _undecodable(column: Column) -> Rule:
    """The code of a file that cannot be used."""
    return codes.UNDECODABLE_IMAGE if column.kind == "image" else codes.UNDECODABLE_FILE


def add_bad_inputs(rows: UnusableRows, mapping: ColumnMapping, inputs: Mapping[str, InputSpec]) -> None:
    """Leaves out the rows with a value that an input cannot take.

    A column of text that feeds numbers is replaced by its numbers, unless it has none. A column of which no row is left
    is not touched, so that it is reported.

    Args:
        rows: Receives the rows.
        mapping: Which columns feed which input.
        inputs: The shape and dtype of each input.
    """
    for name, takes in inputs.items():
        if takes.dtype != "string":
            for column in mapping.inputs[name]:
                if rows.table.columns[column].kind == "list":
                    add_bad_items(rows, column)
                else:
                    add_bad_numbers(rows, column, takes.dtype)


def add_bad_numbers(rows: UnusableRows, name: str, dtype: str) -> None:
    """Leaves out the rows in which a column has no number of a dtype.

    Args:
        rows: Receives the rows.
        name: The column.
        dtype: A Keras dtype.
    """
    column = rows.table.columns[name]
    if column.kind == "text":
        numbers = read_numbers(column)
        if numbers is None or not (rows.kept & ~numbers[1]).any():
            return
        texts = column.texts()
        column, bad = numbers
        rows.table.columns[name] = column
        rows.add(bad, f'`{name}` has text: "{_first(texts, bad)[:40]}"', name)
    if column.values.dtype.kind not in "fiub":
        return
    infinite = non_finite(column)
    wrong = misfits(dtype, column) & ~infinite
    if not (infinite.any() or wrong.any()):
        return
    if (rows.kept & ~infinite & ~wrong).any():
        what = "a non-finite number" if column.kind == "array" else "an infinite value"
        rows.add(infinite, f"`{name}` has {what}", name, codes.NON_FINITE_VALUES)
        value = misfit_in_row(dtype, column, int(wrong.argmax())) if wrong.any() else ""
        rows.add(wrong, f"`{name}` takes {dtype}, and has {value}", name)


def add_bad_items(rows: UnusableRows, name: str) -> None:
    """Leaves out the rows in which a list has an item that is no finite number; the texts of others become numbers.

    Args:
        rows: Receives the rows.
        name: The column, of lists that an input of numbers takes.
    """
    import numpy

    column = rows.table.columns[name]
    values, bad, example = column.values.copy(), numpy.zeros(len(column.values), bool), ""
    for number, row in enumerate(column.values):
        try:
            values[number] = row.astype(numpy.float64) if row.dtype == object else row
        except ValueError:
            example = example or next(str(item) for item in row if not _is_number(item))
            bad[number], values[number] = True, row[:0]
    if bad.all():
        return  # reported when the input is made
    rows.table.columns[name] = Column(name, "list", values, column.missing)
    rows.add(bad, f'`{name}` has text: "{example[:40]}"', name)
    infinite = non_finite(rows.table.columns[name])
    if (rows.kept & ~infinite).any():
        rows.add(infinite, f"`{name}` has a non-finite number", name, codes.NON_FINITE_VALUES)


def _is_number(item: Any) -> bool:
    try:
        float(item)
    except ValueError:
        return False
    return True


def _first(values: Array, rows: Array) -> str:
    return str(values[rows.argmax()]) if rows.any() else ""
