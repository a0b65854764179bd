"""The source `parquet`: typed tables; lists of equal length are arrays."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from kspec.data.context import display_name
from kspec.data.limits import LimitReached, check_columns, check_growth, check_memory
from kspec.data.sources.read_request import Request, SourceFile, combine, source_files
from kspec.data.table import Column, Table
from kspec.diagnostics import codes
from kspec.language.data_limits import Limits
from kspec.syntax.path_policy import PathRefused

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


NUMBER_BYTES = 8
"""The memory of a value of a column of numbers."""
TEXT_BYTES = 64
"""The memory of a text beside its letters."""


def read(setting: Any, request: Request) -> Table | None:
    """Reads all files into one table; columns that no tensor can hold (structs, binary) are unusable."""
    files = source_files(setting, request)
    return None if files is None else combine(files, [_read_file(file, request) for file in files], request.context)


def names(setting: Any, request: Request) -> list[str]:
    """Reads the columns of the first file from its schema; empty if it cannot be read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    files = source_files(setting, request)
    if not files:
        return []
    try:
        with request.context.open(files[0].file) as stream:
            return list(pq.read_schema(stream).names)
    except (pa.ArrowException, OSError):
        return []


def _read_file(source: SourceFile, request: Request) -> Table | None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    context, name = request.context, display_name(source.file, request.context)
    try:
        with context.open(source.file) as stream:
            with pq.ParquetFile(stream) as file:
                _check_sizes(file, os.fstat(stream.fileno()).st_size, name, context.limits)
                texts = [field.name for field in file.schema_arrow if _is_text(field.type)]
            stream.seek(0)
            with pq.ParquetFile(stream, read_dictionary=texts) as file:  # a text that is repeated takes memory once
                arrow = file.read()
            _check_texts(arrow, os.fstat(stream.fileno()).st_size, name, context.limits)
    except LimitReached as reached:
        context.limit(reached, source.path)
        return None
    except PathRefused as refused:
        refused.problem.report(context.report, context.span(source.path))
        return None
    except (pa.ArrowException, OSError) as error:
        reason = "it is not a Parquet file" if "magic bytes" in str(error) else str(error).splitlines()[0]
        help = f"use `csv: {source.file.name}`" if source.file.suffix == ".csv" else ""
        context.error(codes.MALFORMED_DATA_FILE, f"cannot read `{name}`: {reason}", source.path, help=help)
        return None
    if not arrow.num_rows:
        context.error(codes.EMPTY_SPLIT, f"`{name}` has no rows", source.path)
        return None
    twice = sorted({column for column in arrow.column_names if arrow.column_names.count(column) > 1})
    if twice:
        context.error(codes.MALFORMED_DATA_FILE, f"`{name}` has several columns named `{twice[0]}`", source.path)
        return None
    table = Table({}, arrow.num_rows)
    for column in arrow.column_names:
        result = arrow_column(column, arrow.column(column))
        if isinstance(result, Column):
            table.columns[column] = result
        else:
            table.unusable[column] = result
    return table


def _check_sizes(file: Any, packed: int, name: str, limits: Limits) -> None:
    """Compares what a file says that it holds with the limits.

    Args:
        file: A `ParquetFile`.
        packed: The bytes of the file.
        name: The file in messages.
        limits: The limits.

    Raises:
        LimitReached: If it holds too much.
    """
    metadata = file.metadata
    check_columns(metadata.num_columns, name, limits)
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    size = max(sum(group.total_byte_size for group in groups), NUMBER_BYTES * metadata.num_rows * metadata.num_columns)
    check_memory(size, name, limits)
    for number in range(metadata.num_columns):
        if file.schema.column(number).max_repetition_level:  # a row holds any number of values
            size += NUMBER_BYTES * sum(group.column(number).num_values for group in groups)
            check_memory(size, name, limits)
    check_growth(size, packed, name, limits)


def _check_texts(arrow: Any, packed: int, name: str, limits: Limits) -> None:
    """Compares the texts of a table, each with its repetitions, with the limits.

    Args:
        arrow: A pyarrow table.
        packed: The bytes of the file.
        name: The file in messages.
        limits: The limits.

    Raises:
        LimitReached: If they take too much.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    size = 0
    for column in arrow.columns:
        if pa.types.is_dictionary(column.type) and _is_text(column.type.value_type):
            for chunk in column.chunks:
                size += pc.sum(pc.binary_length(chunk.dictionary).take(chunk.indices)).as_py() or 0
            check_memory(size + TEXT_BYTES * len(column), name, limits)
    check_growth(size, packed, name, limits)


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def arrow_column(name: str, values: Any) -> Column | str:
    """Converts a pyarrow column; the reason if that is impossible."""
    import numpy
    import pyarrow as pa
    import pyarrow.compute as pc

    kind, types = values.type, pa.types
    if types.is_dictionary(kind):
        values = pc.cast(values, kind.value_type)
        kind = values.type
    missing: Array = values.is_null().to_numpy()
    if types.is_null(kind):
        return Column(name, "float", numpy.full(len(missing), numpy.nan), missing)
    if types.is_boolean(kind):
        return Column(name, "boolean", pc.fill_null(values, False).to_numpy().astype(bool), missing)
    if types.is_integer(kind):
        wide = values if types.is_uint64(kind) else pc.cast(values, pa.int64())
        return Column(name, "integer", pc.fill_null(wide, 0).to_numpy(), missing)
    if types.is_floating(kind) or types.is_decimal(kind):
        numbers = pc.fill_null(pc.cast(values, pa.float64()), numpy.nan).to_numpy()
        return Column(name, "float", numbers, missing | numpy.isnan(numbers))
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind) or types.is_temporal(kind):
        texts = pc.fill_null(pc.cast(values, pa.string()), "")
        return Column(name, "text", texts.to_numpy().astype(object), missing)
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return _lists(name, values, missing)
    return f"its type {kind} is neither numeric nor text"


def _lists(name: str, values: Any, missing: Array) -> Column | str:
    import numpy

    if missing.any():
        return "it has missing lists"
    try:
        stacked = numpy.array(values.to_pylist())
    except ValueError:
        return "its lists differ in length"
    if stacked.dtype.kind not in "fiub":
        return "its lists are empty or contain no numbers"
    return Column(name, "array", stacked, missing)
