"""New rows as columns: from objects by row, values by column, or a table of Arrow, pandas or Polars."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


@dataclass(slots=True)
class NewColumn:
    """A column of new rows.

    Args:
        values: Shape (n,), or (n, …) of arrays; numbers, booleans or objects. Missing values are undefined.
        missing: Which rows have no value, shape (n,).
        absent: Which rows do not name the column at all, shape (n,); None if all do.
        unreadable: Which rows name a file that cannot be used, shape (n,); None if there are none.
        refusal: Why these cannot, in a few words.
    """

    values: Array
    missing: Array
    absent: Array | None = None
    unreadable: Array | None = None
    refusal: str = ""

    def take(self, rows: Any) -> NewColumn:
        """The column with only some rows: a slice, or indices, shape (m,)."""
        absent, unreadable = (None if each is None else each[rows] for each in (self.absent, self.unreadable))
        return NewColumn(self.values[rows], self.missing[rows], absent, unreadable, self.refusal)

    def numbers(self) -> tuple[Array, Array]:
        """The numbers of a column of one value in each row, NaN where there is none; and which rows have another value.

        Returns:
            Both of shape (n,), float64 and bool.
        """
        import numpy

        if self.values.dtype.kind in "fiub" and self.values.ndim == 1:
            values = self.values.astype(numpy.float64)
            return numpy.where(self.missing, numpy.nan, values), numpy.zeros(len(values), bool)
        numbers, bad = numpy.full(len(self.values), numpy.nan), numpy.zeros(len(self.values), bool)
        for row in numpy.flatnonzero(~self.missing).tolist():
            number = number_of(self.values[row])
            bad[row] = number is None
            numbers[row] = math.nan if number is None else number
        return numbers, bad

    def texts(self) -> list[str | None]:
        """The values as texts, as a text column has them; None where there is none."""
        return [None if gap else text_of(value) for value, gap in zip(self.values.tolist(), self.missing, strict=True)]


def number_of(value: Any) -> float | None:
    """The number that a value is, or that a text states; None if it is none."""
    if isinstance(value, (bool, int, float)):
        try:
            return float(value)
        except OverflowError:
            return math.inf
    if hasattr(value, "dtype") and getattr(value, "ndim", 1) == 0:
        return number_of(value.item())
    if not isinstance(value, str) or "_" in value:
        return None
    text = value.strip()
    try:
        return None if text.lower().lstrip("+-") == "nan" else float(text)
    except ValueError:
        return {"true": 1.0, "false": 0.0}.get(text.lower())


def text_of(value: Any) -> str:
    """A value as text, booleans in lower case."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def is_missing(value: Any) -> bool:
    """Whether a value is a gap of any kind: null, NaN, pandas' NA and NaT."""
    if value is None or type(value).__name__ in ("NaTType", "NAType"):
        return True
    return isinstance(value, float) and math.isnan(value)


def columns_of(rows: Any) -> tuple[dict[str, NewColumn], int]:
    """New rows as columns.

    Args:
        rows: A sequence of mappings, one for each row; a mapping from columns to values, each of shape (n, …); or a
            table of Arrow, pandas or Polars.

    Returns:
        By column its values, and the number of rows.

    Raises:
        TypeError: If it is none of these.
        ValueError: If columns differ in length.
    """
    if hasattr(rows, "column_names") and hasattr(rows, "column"):  # Arrow
        return {name: _of_arrow(rows.column(name)) for name in rows.column_names}, rows.num_rows
    if hasattr(rows, "columns") and hasattr(rows, "__getitem__") and not isinstance(rows, Mapping):  # pandas, Polars
        rows = {str(name): rows[name].to_numpy() for name in rows.columns}
    if isinstance(rows, Mapping):
        columns = {str(name): _of_values(name, values) for name, values in rows.items()}
        lengths = {name: len(column.missing) for name, column in columns.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"columns differ in length: {', '.join(f'{name} {n}' for name, n in lengths.items())}")
        return columns, next(iter(lengths.values()), 0)
    if isinstance(rows, Sequence) and not isinstance(rows, (str, bytes)):
        for number, row in enumerate(rows, 1):
            if not isinstance(row, Mapping):
                raise TypeError(f"row {number} must be a mapping from columns to values, not {type(row).__name__}")
        return _of_rows(rows), len(rows)
    raise TypeError(f"rows must be mappings, columns by name or a table, not {type(rows).__name__}")


def _of_rows(rows: Sequence[Mapping[Any, Any]]) -> dict[str, NewColumn]:
    import numpy

    names = dict.fromkeys(name for row in rows for name in row)
    columns = {}
    for name in names:
        column = objects_column([row.get(name) for row in rows])
        absent = numpy.fromiter((name not in row for row in rows), bool, len(rows))
        column.absent = absent if absent.any() else None
        columns[str(name)] = column
    return columns


def _of_values(name: Any, values: Any) -> NewColumn:
    import numpy

    if isinstance(values, (str, bytes)) or not hasattr(values, "__len__"):
        raise TypeError(f"column `{name}` must hold a value for each row, not {type(values).__name__}")
    if isinstance(values, numpy.ndarray) and values.dtype.kind in "fiub":
        is_float = values.dtype.kind == "f" and values.ndim == 1
        return NewColumn(values, numpy.isnan(values) if is_float else numpy.zeros(len(values), bool))
    return objects_column(list(values))


def objects_column(values: list[Any]) -> NewColumn:
    """A column of Python's values."""
    import numpy

    array = numpy.empty(len(values), object)
    for row, value in enumerate(values):
        array[row] = value
    return NewColumn(array, numpy.fromiter((is_missing(value) for value in values), bool, len(values)))


def _of_arrow(column: Any) -> NewColumn:
    import numpy
    import pyarrow as pa

    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        values = column.to_numpy()
        missing = column.is_null().to_numpy().astype(bool)
        return NewColumn(values, missing | numpy.isnan(values) if values.dtype.kind == "f" else missing)
    return objects_column(column.to_pylist())
