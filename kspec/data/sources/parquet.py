"""The source `parquet`: tables with types of their own; lists of one length are arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kspec.data.context import shown_name
from kspec.data.sources.read_request import Given, Request, combine, given_files
from kspec.data.table import Column, Table
from kspec.diagnostics import codes

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


def read(given: Any, request: Request) -> Table | None:
    """One table of all files; columns that no tensor can hold (structs, binary) are left aside, with the reason."""
    files = given_files(given, request)
    if files is None:
        return None
    tables = [_read_file(one, request) for one in files]
    return None if any(table is None for table in tables) else combine(files, [t for t in tables if t], request.context)


def names(given: Any, request: Request) -> list[str]:
    """The columns of the first file, by its schema alone; empty where it cannot be read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    files = given_files(given, request)
    try:
        return list(pq.read_schema(files[0].file).names) if files else []
    except (pa.ArrowException, OSError):
        return []


def _read_file(given: Given, request: Request) -> Table | None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    context, name = request.context, shown_name(given.file, request.context)
    try:
        with pq.ParquetFile(given.file) as file:
            arrow = file.read()
    except (pa.ArrowException, OSError) as error:
        what = (
            "is not a Parquet file" if "magic bytes" in str(error) else f"cannot be read: {str(error).splitlines()[0]}"
        )
        context.error(codes.MALFORMED_DATA_FILE, f"`{name}` {what}", given.path,
                      help=f"write `csv: {given.file.name}`" if given.file.suffix == ".csv" else "")  # fmt: skip
        return None
    if not arrow.num_rows:
        context.error(codes.EMPTY_SPLIT, f"`{name}` has no rows", given.path)
        return None
    twice = sorted({column for column in arrow.column_names if arrow.column_names.count(column) > 1})
    if twice:
        context.error(codes.MALFORMED_DATA_FILE, f"`{name}` has several columns called `{twice[0]}`", given.path)
        return None
    table = Table({}, arrow.num_rows)
    for column in arrow.column_names:
        made = arrow_column(column, arrow.column(column))
        if isinstance(made, Column):
            table.columns[column] = made
        else:
            table.unusable[column] = made
    return table


def arrow_column(name: str, values: Any) -> Column | str:
    """A column of ours, or why there is none."""
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
    return f"it holds {kind}, which is neither number nor text"


def _lists(name: str, values: Any, missing: Array) -> Column | str:
    import numpy

    if missing.any():
        return "some of its lists are missing"
    try:
        stacked = numpy.array(values.to_pylist())
    except ValueError:
        return "its lists differ in length"
    if stacked.dtype.kind not in "fiub":
        return "its lists hold no numbers, or nothing"
    return Column(name, "array", stacked, missing)
