"""The targets of data to predict: a row without one is predicted all the same, and has no actual value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kspec.data.arrays import TableArrays
from kspec.data.columns import ColumnMapping
from kspec.data.storage.mapped_arrays import copied, taken
from kspec.data.storage.mapped_texts import filled
from kspec.data.table import Column, Table
from kspec.data.targets.new_targets import NewTargets
from kspec.data.value_checks import non_finite, read_numbers

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


class ActualValues:
    """Finds the rows, or positions, whose targets are no actual values; outputs without any lose their target.

    Args:
        table: The table; a target column of text is replaced by its numbers where training had numbers.
        mapping: The columns of each output.
        targets: The targets, read as training had them.
    """

    def __init__(self, table: Table, mapping: ColumnMapping, targets: NewTargets) -> None:
        import numpy

        self._targets = targets
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
            absent = self.absent[name] = taken(self.absent[name], kept)
            for problem in self._targets.problems(name, arrays, kept):
                self._leave_out(name, problem.rows, problem.reason, arrays.table)
            absent, labels = self.absent[name], self._targets.labels(name)
            if not absent.any():
                continue
            if self._mapping.is_encoded(name):
                labels = None
            if absent.all():
                del arrays.targets[name]
                continue
            if labels is not None and labels.kind != "column":
                if labels.kind == "text":
                    raw = filled(raw, absent, labels.values[0])
                else:
                    raw = copied(raw)
                    raw[absent] = labels.values[0]
            arrays.targets[name], arrays.absent[name] = raw, absent

    def _check_column(self, name: str, column_name: str, table: Table) -> None:
        column = table.columns[column_name]
        self._leave_out(name, column.missing, f"no value in `{column_name}`", table)
        labels = self._targets.labels(name)
        if self._mapping.is_encoded(name):
            return
        if labels is not None and labels.kind != "column" and column.kind != "array":
            return
        if column.kind == "text" and column_name not in self._mapping.input_columns:
            numbers, texts = read_numbers(column), column.texts()
            unread = ~column.missing if numbers is None else numbers[1]
            if unread.any():
                self._leave_out(name, unread, f'`{column_name}` has text: "{texts[unread.argmax()][:40]}"', table)
            if numbers is None:
                return
            column = table.columns[column_name] = numbers[0]
        if column.values.ndim == 2 and len(self._mapping.targets[name]) == 1 and column.values.dtype.kind == "f":
            self._check_positions(name, column, table)
            return
        infinite = non_finite(column)
        if infinite.any():
            has = "has a non-finite number" if column.kind in ("array", "list") else "is infinite"
            self._leave_out(name, infinite, f"`{column_name}` {has}", table)
            if column_name in self._mapping.input_columns and not self._mapping.windows:
                return  # no gap that an input could fill: the row has no prediction
            values = copied(column.values)
            if column.kind == "list":
                for row in infinite.nonzero()[0]:
                    values[row] = values[row][:0]
            else:
                values[infinite] = 0
            missing = column.missing | infinite
            table.columns[column_name] = Column(column.name, column.kind, values, missing, column.original_texts)

    def _check_positions(self, name: str, column: Column, table: Table) -> None:
        """Finds the positions without an actual value; the others of their row keep theirs.

        Args:
            name: The output.
            column: Its target, shape (n, positions).
            table: The table; gets a known value there.
        """
        import numpy

        absent, labels = ~numpy.isfinite(column.values), self._targets.labels(name)
        if not absent.any():
            return
        rows = numpy.flatnonzero(absent.any(axis=1) & ~column.missing)
        if len(rows):
            has = f"`{column.name}` has a non-finite number"
            self.notes.append(f"left out actual values of `{name}` in {table.locate(rows)} ({has})")
        placeholder = labels.values[0] if labels is not None and labels.kind != "column" else 0
        values = numpy.where(absent, placeholder, column.values)
        table.columns[column.name] = Column(column.name, column.kind, values, column.missing, column.original_texts)
        self.absent[name] = absent | self.absent[name][:, numpy.newaxis]

    def _leave_out(self, name: str, rows: Array, reason: str, table: Table) -> None:
        """Gives some rows no actual value, with a note.

        Args:
            name: The output.
            rows: Which rows, shape (rows,).
            reason: Why, in a few words.
            table: The table, to name the rows.
        """
        import numpy

        absent = self.absent[name]
        new = numpy.flatnonzero(rows & ~absent.reshape(len(absent), -1).all(axis=1))
        if len(new):
            values = "the actual value" if len(new) == 1 else "actual values"
            self.notes.append(f"left out {values} of `{name}` in {table.locate(new)} ({reason})")
        self.absent[name] = absent | rows.reshape(-1, *[1] * (absent.ndim - 1))
