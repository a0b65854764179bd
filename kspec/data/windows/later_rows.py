"""The rows that follow a series: their times, what is predicted for them, and what else is known of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kspec.data.context import Context
from kspec.data.table import NUMERIC, Column, Table
from kspec.data.windows.series import Series, series_of
from kspec.data.windows.time_steps import later_times, usual_step
from kspec.language.window import Step, Window

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


@dataclass(slots=True)
class LaterRows:
    """Adds to a table the rows that follow each of its series.

    A series ends at the last row whose targets are known. Rows that the file has after it keep what they have.

    Args:
        window: The setting.
        targets: The columns of targets.
        step: The step from row to row in training; None if its rows had no times.
        sees_future: Whether an input takes the rows to predict.
        predicted: By series, what is predicted for the rows after its end, shape (rows so far, targets).
        names: The name of each series, empty if there is one.
        ends: By series, the number of the row with which it ends, from 1.
        current: By series, the number of the last row whose targets are known or predicted.
        times: By series, the times of the rows after its end; empty texts where rows have no times, or no even steps.
        unknown: By column that is not known in some added row: the first such row, from 1 after the end of its series.
        table: The table with the added rows.
    """

    window: Window
    targets: list[str]
    step: Step | None
    sees_future: bool
    predicted: dict[str, Array] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    ends: dict[str, int] = field(default_factory=dict)
    current: dict[str, int] = field(default_factory=dict)
    times: dict[str, list[str]] = field(default_factory=dict)
    unknown: dict[str, int] = field(default_factory=dict)
    table: Table | None = None

    def add(self, table: Table, context: Context) -> Table:
        """The table with the rows that are predicted, and those that the next prediction is about.

        Args:
            table: The table as it was read.
            context: Receives problems with its times.

        Raises:
            InvalidData: If a row has no time or series, or two rows of a series have the same time.
        """
        import numpy

        series = series_of(table, self.window, context, self.step)
        groups = numpy.full(table.rows, "", object) if series.groups is None else series.groups
        known = ~numpy.any([table.columns[name].missing for name in self.targets], axis=0)[series.order]
        self.names = [str(name) for name in dict.fromkeys(groups.tolist()) if known[groups == name].any()]
        cells: dict[str, list[Any]] = {name: [] for name in table.columns}
        fills: dict[int, Array] = {}
        added = 0
        for name in self.names:
            places = numpy.flatnonzero(groups == name)
            end = int(numpy.flatnonzero(known[places])[-1])
            done = self.predicted.get(name, numpy.zeros((0, len(self.targets))))
            ahead = numpy.arange(1, len(done) + self.window.horizon + 1)
            after = series.order[places[end + 1 :]].tolist()
            times = self._later(series, int(places[end]), ahead)
            self.ends[name] = self.current[name] = int(series.order[places[end]]) + 1
            self.times[name] = ["" for _ in ahead] if times is None or self._is_by_row else times
            rows = table.columns
            for number in range(len(ahead) if self.sees_future else len(done)):
                if number < len(after):
                    if number < len(done):
                        fills[after[number]] = done[number]
                        self.current[name] = after[number] + 1
                    continue
                added += 1
                if number < len(done):
                    self.current[name] = table.rows + added
                for column in rows.values():
                    cells[column.name].append(
                        self._cell(column, series.order[places], number, done, None if times is None else times[number])
                    )
        self.table = _extended(table, cells, fills, self.targets)
        return self.table

    @property
    def _is_by_row(self) -> bool:
        return self.window.every == "row"

    def _later(self, series: Series, row: int, ahead: Array) -> list[str] | None:
        """The times of rows after another, as the file writes them; None if rows have no times.

        Args:
            series: The rows, in order.
            row: The other row, as its place in that order.
            ahead: How many rows after it, shape (k,).
        """
        import numpy

        if series.times is None or series.step is None:
            return None
        step = series.step
        if step.unit == "row":
            same = (
                numpy.ones(series.rows - 1, bool) if series.groups is None else series.groups[1:] == series.groups[:-1]
            )
            step = usual_step(series.times, same)
        texts: list[str] = later_times(series.times, step, numpy.array([row]), ahead)[0].tolist()
        return texts

    def _cell(self, column: Column, rows: Array, number: int, done: Array, time: str | None) -> Any:
        """The value of an added row; None if it is not known.

        Args:
            column: The column.
            rows: The rows of the series, in order.
            number: How many rows after its end, from 0.
            done: What is predicted, shape (rows so far, targets).
            time: The time of the row; None without times.
        """
        import numpy

        if column.name in self.targets:
            return done[number, self.targets.index(column.name)] if number < len(done) else None
        if column.name == self.window.time and time is not None:
            return time if column.kind == "text" else float(time) if column.kind == "float" else int(float(time))
        own = column.values[rows]
        is_same = (
            column.size == 1 and len(rows) > 1 and not column.missing[rows].any() and bool(numpy.all(own == own[0]))
        )
        if column.name == self.window.by or is_same:
            return own[0]
        self.unknown.setdefault(column.name, number + 1)
        return None

    def unknown_of(self, columns: Iterable[str], rows: int) -> str | None:
        """The first of these columns that is not known in the first added rows; of an expression, what it reads.

        Args:
            columns: The columns that the model needs.
            rows: How many rows after the end of a series it needs.
        """
        sources = {} if self.table is None else self.table.sources
        for name in columns:
            for source in sources.get(name, (name,)):
                if self.unknown.get(source, rows + 1) <= rows:
                    return source
        return None


def _extended(table: Table, cells: dict[str, list[Any]], fills: dict[int, Array], targets: list[str]) -> Table:
    """A table with more rows.

    Args:
        table: The table.
        cells: By column, the values of the added rows; None where they are not known.
        fills: By row of the table, the values of its targets.
        targets: The columns of targets.
    """
    import numpy

    columns = {}
    for name, column in table.columns.items():
        more, places = cells[name], list(fills)
        new = numpy.array([value is None for value in more], bool)
        missing = numpy.concatenate([column.missing, new])
        kind, base, texts = column.kind, column.values, column.original_texts
        if name in targets:
            kind, base, texts = "float", base.astype(numpy.float64), None
            base[places] = [fills[row][targets.index(name)] for row in places]
            missing[places] = False
        blank = numpy.zeros(base.shape[1:], base.dtype) if kind in NUMERIC or base.dtype.kind not in "OU" else ""
        added = numpy.empty((len(more), *base.shape[1:]), base.dtype)
        for row, value in enumerate(more):
            added[row] = blank if value is None else value
        columns[name] = Column(name, kind, numpy.concatenate([base, added]), missing, None)
        if texts is not None:
            columns[name].original_texts = _more_texts(texts, columns[name], len(base))
    rows = table.rows + len(next(iter(cells.values()), []))
    return Table(
        columns, rows, files=table.files, nameless=table.nameless, unusable=table.unusable, folder=table.folder
    )


def _more_texts(texts: Any, column: Column, rows: int) -> Any:
    """The texts of a column with more rows.

    Args:
        texts: Returns the texts of the first rows, as the file has them.
        column: The column.
        rows: How many rows these are.
    """
    import numpy

    later = [str(value) for value in column.values[rows:].tolist()]
    return lambda: numpy.concatenate([texts(), numpy.array(later, object)])
