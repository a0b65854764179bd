"""The targets of data to predict: a row without one is predicted all the same, and has no actual value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kspec.data.arrays import TableArrays
from kspec.data.columns import ColumnMapping
from kspec.data.table import Column, Table
from kspec.data.target_encoding import TargetEncoding
from kspec.data.value_checks import by_row, non_finite, read_numbers
from kspec.data.yes_no import as_boolean

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


class ActualValues:
    """Finds the rows whose targets are no actual values; outputs without any lose their target.

    Args:
        table: The table; a target column of text is replaced by its numbers where training had numbers.
        mapping: The columns of each output.
        encodings: By output, the encoding of its target in training.
    """

    def __init__(self, table: Table, mapping: ColumnMapping, encodings: Mapping[str, TargetEncoding]) -> None:
        import numpy

        self.encodings = encodings
        self.absent: dict[str, Array] = {name: numpy.zeros(table.rows, bool) for name in mapping.targets}
        self.notes: list[str] = []
        self._mapping = mapping
        for name, columns in list(mapping.targets.items()):
            for column in columns:
                self._check_column(name, column, table)
            if self.absent[name].all():
                del mapping.targets[name]

    def complete(self, arrays: TableArrays, kept: Array) -> None:
        """Gives the arrays their targets' gaps, and a known label there.

        Args:
            arrays: The arrays of the rows that are kept.
            kept: Which rows these are, shape (rows,).
        """
        for name, raw in list(arrays.targets.items()):
            absent = self.absent[name] = self.absent[name][kept]
            labels = self.encodings[name].labels if name in self.encodings else None
            if labels is not None:
                unknown = labels.are_unknown(raw)
                unknown &= ~absent.reshape(-1, *[1] * (raw.ndim - 1))
                if unknown.any():
                    reason = f"`{raw[unknown].ravel()[0]}` was not seen in training"
                    self._leave_out(name, by_row(unknown), reason, arrays.table)
                absent = self.absent[name]
            if not absent.any():
                continue
            if absent.all():
                del arrays.targets[name]
                continue
            if labels is not None and labels.kind != "column":
                raw = raw.copy()
                raw[absent] = labels.values[0]
            arrays.targets[name], arrays.absent[name] = raw, absent

    def _check_column(self, name: str, column_name: str, table: Table) -> None:
        column = table.columns[column_name]
        labels = self.encodings[name].labels if name in self.encodings else None
        self._leave_out(name, column.missing, f"no value in `{column_name}`", table)
        is_text = labels is not None and labels.kind == "text"
        if column.kind == "text" and not is_text and column_name not in self._mapping.input_columns:
            number = self._mapping.targets[name].index(column_name)
            if labels is not None and labels.kind == "boolean":
                numbers: tuple[Column, Array] | None = as_boolean(column, labels.of_column(number).names)
            else:
                numbers = read_numbers(column)
            if numbers is None:
                self._leave_out(name, ~column.missing, f"`{column_name}` has text", table)
                return
            column, unread = numbers
            self._leave_out(name, unread, f"`{column_name}` has text", table)
            table.columns[column_name] = column
        infinite = non_finite(column)
        if infinite.any() and column.kind != "array":
            self._leave_out(name, infinite, f"`{column_name}` is infinite", table)
            column.missing = column.missing | infinite

    def _leave_out(self, name: str, rows: Array, reason: str, table: Table) -> None:
        """Gives some rows no actual value, with a note.

        Args:
            name: The output.
            rows: Which rows, shape (rows,).
            reason: Why, in a few words.
            table: The table, to name the rows.
        """
        import numpy

        new = numpy.flatnonzero(rows & ~self.absent[name])
        if len(new):
            values = "the actual value" if len(new) == 1 else "actual values"
            self.notes.append(f"left out {values} of `{name}` in {table.locate(new)} ({reason})")
        self.absent[name] = self.absent[name] | rows
