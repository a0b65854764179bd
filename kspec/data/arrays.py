"""Columns → the arrays of a table: those of inputs here, those of targets and weights in `target_arrays`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kspec.data.columns import ColumnMapping
from kspec.data.context import Context
from kspec.data.files.sounds import SoundColumn, length_note, load_sounds
from kspec.data.input_shapes import example_shape
from kspec.data.lists.arrays import padded_column
from kspec.data.network_specs import InputSpec
from kspec.data.number_texts import why_no_numbers, words_among_numbers
from kspec.data.profile.repeated_examples import MAX_COMPARED_BYTES
from kspec.data.storage.mapped_arrays import converted, on_disk, stacked, stored_arrays, taken, true_rows
from kspec.data.storage.mapped_texts import text_type
from kspec.data.storage.stacked_columns import StackedColumns
from kspec.data.table import FILES, Column, Table
from kspec.data.targets.arrays import all_finite, target_array, weight_array
from kspec.data.types import DataSplit
from kspec.data.value_checks import FLOATS, misfit_in_row, misfits
from kspec.diagnostics import Path, codes

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


class TableArrays:
    """The arrays of a whole table, before it is split; None for those whose columns do not fit.

    `positions` has, by input or output that takes lists, which positions are real: booleans, shape (rows, length).

    Args:
        table: The table, without the rows that are dropped.
        mapping: Which columns feed which input and output.
        inputs: The shape and dtype of each input.
        context: Receives every problem.
    """

    def __init__(self, table: Table, mapping: ColumnMapping, inputs: Mapping[str, InputSpec], context: Context) -> None:
        self.table = table
        self.positions: dict[str, Array] = {}
        self.inputs = {
            name: input_array(name, takes, table, mapping, context, self.positions) for name, takes in inputs.items()
        }
        self.targets = {name: target_array(name, table, mapping, context, self.positions) for name in mapping.targets}
        self.weights = {name: weight_array(name, table, mapping, context) for name in mapping.weights}
        self.absent: dict[str, Array] = {}
        notes = (length_note(name, takes, table, mapping) for name, takes in inputs.items())
        self.notes = [note for note in notes if note]

    def take(self, kept: Array) -> None:
        """Keeps only the rows where `kept`, shape (rows,), is true."""
        rows = true_rows(kept)
        self.table = self.table.take(kept)
        for arrays in (self.inputs, self.targets, self.weights, self.absent, self.positions):
            arrays.update({name: taken(array, rows) for name, array in arrays.items()})

    def arrange(self, order: Array) -> None:
        """Brings the rows into another order.

        Args:
            order: The indices of the rows, shape (rows,).
        """
        self.table = self.table.arranged(order)
        for arrays in (self.inputs, self.targets, self.weights, self.absent, self.positions):
            arrays.update({name: taken(array, order) for name, array in arrays.items()})

    def split(self, rows: Array, numbers: Array) -> DataSplit:
        """The split with these rows.

        Args:
            rows: Indices into the table, ascending, shape (n,).
            numbers: The row number of each row of the table, shape (rows,).
        """
        all_rows = len(rows) == self.table.rows

        def select(arrays: Mapping[str, Any]) -> dict[str, Any]:
            are_whole = {name: all_rows and not isinstance(array, StackedColumns) for name, array in arrays.items()}
            return {name: array if are_whole[name] else taken(array, rows) for name, array in arrays.items()}

        names = self.table.names
        with stored_arrays():
            return DataSplit(
                rows=taken(numbers, rows),
                inputs=select(self.inputs),
                targets=select(self.targets),
                weights=select(self.weights),
                absent=select(self.absent),
                kept=select(self.table.kept),
                slices=select(self.table.slices),
                positions=select(self.positions),
                names=None if names is None else [names[int(row)] for row in rows],
            )


def input_array(
    name: str, takes: InputSpec, table: Table, mapping: ColumnMapping, context: Context, positions: dict[str, Array]
) -> Any:
    """The array of an input, shape (rows, *shape), in its dtype; None if its columns do not fit, which is reported.

    Of an input that takes several rows, it has the shape of one of them.

    Args:
        name: The input.
        takes: The shape and dtype of the input.
        table: The table, without the rows that are dropped.
        mapping: Which columns feed the input.
        context: Receives every problem.
        positions: Receives which positions of lists are real, shape (rows, length).
    """
    columns = [table.columns[column] for column in mapping.inputs[name]]
    path = mapping.places[name]
    window = mapping.windows.get(name)
    if any(column.kind in FILES or column.paths is not None for column in columns):
        if window is not None:
            message = f"`{name}` takes several rows, and a window of files cannot be read"
            context.error(codes.INCOMPATIBLE_DATA_TYPE, message, path)
            return None
        return _array_of_files(name, takes, columns, path, context)
    plan = mapping.lists.get(name)
    if plan is not None:
        columns[0], positions[name] = padded_column(columns[0], plan, as_text=takes.dtype == "string")
    return _numbers_or_text(name, takes, columns, table, path, context, is_window=window is not None)


def _array_of_files(name: str, takes: InputSpec, columns: list[Column], path: Path, context: Context) -> Any:
    from kspec.data.files.images import load_images

    if len(columns) > 1:
        others = ", ".join(column.name for column in columns if column.kind not in FILES)
        context.error(
            codes.DATA_SHAPE_MISMATCH,
            f"`{name}` takes one column of files and cannot also take {others or 'a second one'}",
            path,
        )
        return None
    if isinstance(columns[0], SoundColumn):
        return load_sounds(name, takes, columns[0], path, context)
    return load_images(name, takes, columns[0], path, context)


def _numbers_or_text(
    name: str,
    takes: InputSpec,
    columns: list[Column],
    table: Table,
    path: Path,
    context: Context,
    *,
    is_window: bool,
) -> Any:
    """The array of an input of numbers or text; see `input_array`.

    Args:
        name: The input.
        takes: The shape and dtype of the input.
        columns: Its columns.
        table: The table.
        path: The setting that names the columns.
        context: Receives every problem.
        is_window: Whether the input takes several rows, along its first axis.
    """
    if takes.dtype == "string":
        pieces = _texts(name, columns, path, context)
    else:
        pieces = _numbers(name, takes.dtype, columns, table, path, context)
    if pieces is None:
        return None
    shape = example_shape(name, takes, columns, path, context, is_window=is_window)
    if shape is None:
        return None
    dtype = text_type(pieces) if takes.dtype == "string" else _storage(takes.dtype)
    if len(pieces) == 1:
        return converted(pieces[0], dtype).reshape(table.rows, *shape)
    size = table.rows * math.prod(shape) * dtype.itemsize
    if on_disk() and not is_window and takes.dtype != "string" and size > MAX_COMPARED_BYTES:
        return StackedColumns(pieces, dtype, (table.rows, *shape))
    return stacked(pieces, dtype).reshape(table.rows, *shape)


def _storage(dtype: str) -> Any:
    """NumPy's type for Keras's; bfloat16, which NumPy lacks, is held as float32."""
    import numpy

    return numpy.dtype("float32" if dtype == "bfloat16" else dtype)


def _texts(name: str, columns: list[Column], path: Path, context: Context) -> list[Array] | None:
    for column in columns:
        if column.kind in ("array", "image") and column.values.dtype.kind not in "OU":
            context.error(
                codes.INCOMPATIBLE_DATA_TYPE,
                f"`{name}` takes text, but `{column.name}` contains arrays of numbers",
                path,
                help=context.remedy("remove `dtype: string`"),
            )
            return None
    return [column.values if column.kind == "array" else column.texts() for column in columns]


def _numbers(
    name: str, dtype: str, columns: list[Column], table: Table, path: Path, context: Context
) -> list[Array] | None:
    sound = True
    unfit = []
    for column in columns:
        if column.kind == "text" or column.values.dtype.kind not in "fiub":
            _refuse_text(name, column, columns, table, path, context)
            sound = False
        elif not all_finite(column, table, path, context):
            sound = False
        elif dtype not in FLOATS and (example := _invalid_integer(dtype, column, table)):
            unfit.append(example)
    if unfit:
        sound = False
        others = len(unfit) - 1
        more = f"; {others} other column{'s do' if others > 1 else ' does'} not fit either" if others else ""
        help = "omit `dtype` for float32" if dtype != "bool" else "a bool is 0 or 1, false or true"
        context.error(
            codes.INCOMPATIBLE_DATA_TYPE,
            f"`{name}` takes {dtype}, but {unfit[0]}{more}",
            path,
            help=context.remedy(help),
        )
    return [column.values for column in columns] if sound else None


def _refuse_text(name: str, column: Column, columns: list[Column], table: Table, path: Path, context: Context) -> None:
    values = [(row, value) for row, value in enumerate(column.values.tolist()) if not column.missing[row]]
    if column.values.ndim > 1:
        values = [(row, value) for row, _ in values for value in column.values[row].ravel().tolist()]
    index, text = next((pair for pair in values if not _is_number(pair[1])), values[0] if values else (0, ""))
    example = str(text)
    data = context.spec.document.data
    is_csv = data is not None and data.source == "csv"
    texts = [str(value) for _, value in values]
    help = why_no_numbers(texts) if is_csv else words_among_numbers(texts, column.name)
    if not help and len(columns) == 1:
        help = "set `dtype: string` and add a `StringLookup` or `TextVectorization` layer, or drop the column"
    elif not help:
        help = "drop the column, or feed it to its own input with `dtype: string` and a `StringLookup` layer"
    context.error(
        codes.INCOMPATIBLE_DATA_TYPE,
        f'`{name}` takes numbers, but `{column.name}` has text: "{example[:40]}" in {table.locate([index])}',
        path,
        help=context.remedy(help),
    )


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def _invalid_integer(dtype: str, column: Column, table: Table) -> str:
    """A value of a column that an integer (or bool) dtype cannot hold, in words; empty if it can hold all."""
    import numpy

    rows = numpy.flatnonzero(misfits(dtype, column))
    if not len(rows):
        return ""
    return f"`{column.name}` has {misfit_in_row(dtype, column, rows[0])} in {table.locate(rows[:1])}"
