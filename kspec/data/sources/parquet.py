"""The source `parquet`: typed tables; lists of equal length are arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kspec.data.context import display_name
from kspec.data.sources.read_request import Request, SourceFile, combine, source_files
from kspec.data.table import Column, Table
from kspec.diagnostics import codes

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


def read(setting: Any, request: Request) -> Table | None:
    """Reads all files into one table; columns that no tensor can hold (structs, binary) are unusable."""
    files = source_files(setting, request)
    return None if files is None else combine(files, [_read_file(file, request) for file in files], request.context)


def names(setting: Any, request: Request) -> list[str]:
    """Reads the columns of the first file from its schema; empty if it cannot be read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    files = source_files(setting, request)
    try:
        return list(pq.read_schema(files[0].file).names) if files else []
    except (pa.ArrowException, OSError):
        return []


def _read_file(source: SourceFile, request: Request) -> Table | None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    context, name = request.context, display_name(source.file, request.context)
    try:
        with pq.ParquetFile(source.file) as file:
            arrow = file.read()
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
