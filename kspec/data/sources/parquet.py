"""The source `parquet`: typed tables, also with lists and structs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from kspec.data.arrow_values import nulls_of, values_of
from kspec.data.context import Context, display_name
from kspec.data.limits import LimitReached, check_columns, check_growth, check_memory
from kspec.data.lists.columns import arrow_lists
from kspec.data.sources.arrow_structs import FieldPath, field_paths, flat_columns, flat_names, type_at, values_at
from kspec.data.sources.read_request import Request, SourceFile, combine, source_files
from kspec.data.storage.mapped_arrays import empty, on_disk, pieces, use_disk, zeros
from kspec.data.storage.mapped_texts import text_array
from kspec.data.table import Column, Table
from kspec.diagnostics import codes
from kspec.language.data_limits import Limits
from kspec.syntax.path_policy import PathRefused

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


NUMBER_BYTES = 8
"""The memory of a value of a column of numbers."""
PARQUET_MEMORY, PARQUET_DISK = 2.0, 3.0
"""How many times the bytes of its numbers a table takes in memory, and its arrays in files."""
BATCH_ROWS = 1 << 18
"""How many values of a column are read at once, if the table is large."""
TEXT_BYTES = 64
"""The memory of a text beside its letters."""


def read(setting: Any, request: Request) -> Table | None:
    """Reads all files into one table; columns that no tensor can hold (maps, binary) are unusable."""
    files = source_files(setting, request)
    if files is not None:
        _use_disk(files, request.context)
    return None if files is None else combine(files, [_read_file(file, request) for file in files], request.context)


def _use_disk(files: Sequence[SourceFile], context: Context) -> None:
    """Decides whether the arrays of these files lie in files.

    Args:
        files: The files.
        context: Opens them.

    Raises:
        DiskFull: If the disk has no place for them.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    size = 0
    for source in files:
        try:
            with context.open(source.file) as stream, pq.ParquetFile(stream) as file:
                size += NUMBER_BYTES * file.metadata.num_rows * file.metadata.num_columns
                check_growth(size, os.fstat(stream.fileno()).st_size, "", context.limits)
        except (pa.ArrowException, OSError, LimitReached):
            return  # reported when it is read
    use_disk(size * PARQUET_MEMORY, size * PARQUET_DISK)


def names(setting: Any, request: Request) -> list[str]:
    """Reads the columns of the first file from its schema; empty if it cannot be read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    files = source_files(setting, request)
    if not files:
        return []
    try:
        with request.context.open(files[0].file) as stream:
            return list(flat_names(pq.read_schema(stream)))
    except (pa.ArrowException, OSError):
        return []


def _read_file(source: SourceFile, request: Request) -> Table | None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    context, name = request.context, display_name(source.file, request.context)
    try:
        with context.open(source.file) as stream:
            with pq.ParquetFile(stream) as file:
                packed = os.fstat(stream.fileno()).st_size
                _check_sizes(file, packed, name, context.limits)
                if not _is_table(file, name, source, context):
                    return None
                texts = [field.name for field in file.schema_arrow if _is_text(field.type)]  # not those in structs
            stream.seek(0)
            with pq.ParquetFile(stream, read_dictionary=texts) as file:  # a text that is repeated takes memory once
                return _table(file, packed, name, context.limits)
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


def _is_table(file: Any, name: str, source: SourceFile, context: Context) -> bool:
    """Whether a file has rows, and a name for each column; what it lacks is reported.

    Args:
        file: A `ParquetFile`.
        name: The file in messages.
        source: The file.
        context: Receives errors.
    """
    if not file.metadata.num_rows:
        context.error(codes.EMPTY_SPLIT, f"`{name}` has no rows", source.path)
        return False
    names = list(flat_names(file.schema_arrow))
    twice = sorted({column for column in names if names.count(column) > 1})
    if twice:
        context.error(codes.MALFORMED_DATA_FILE, f"`{name}` has several columns named `{twice[0]}`", source.path)
    return not twice


def _table(file: Any, packed: int, name: str, limits: Limits) -> Table:
    """The table of a file: read at once, or column by column if the table is large.

    Args:
        file: A `ParquetFile`.
        packed: The bytes of the file.
        name: The file in messages.
        limits: The limits.

    Raises:
        LimitReached: If its texts take too much.
    """
    table = Table({}, file.metadata.num_rows)
    columns: Iterable[tuple[str, Any]]
    if on_disk():
        columns = ((".".join(path), _Streamed(file, path)) for path in field_paths(file.schema_arrow))
    else:
        columns = flat_columns(file.read())
    size = 0
    for column, values in columns:
        if _is_text(getattr(values.type, "value_type", values.type)):
            size += _text_bytes(values, name, limits)
            check_memory(size, name, limits)
            check_growth(size, packed, name, limits)
        result = arrow_column(column, values)
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
    if not on_disk():
        check_memory(size, name, limits)
    for number in range(metadata.num_columns):
        if file.schema.column(number).max_repetition_level:  # a row holds any number of values
            size += NUMBER_BYTES * sum(group.column(number).num_values for group in groups)
            check_memory(size, name, limits)
    check_growth(size, packed, name, limits)


def _text_bytes(column: Any, name: str, limits: Limits) -> int:
    """What the texts of a column take, each with its repetitions.

    Args:
        column: As for `arrow_column`.
        name: The file in messages.
        limits: The limits.

    Raises:
        LimitReached: If they take too much.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    size = 0
    for chunk in column.chunks:
        if pa.types.is_dictionary(chunk.type):
            size += pc.sum(pc.binary_length(chunk.dictionary).take(chunk.indices)).as_py() or 0
        elif _is_text(chunk.type):
            size += pc.sum(pc.binary_length(chunk)).as_py() or 0
        check_memory(size + TEXT_BYTES * len(column), name, limits)
    return size


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def arrow_column(name: str, values: Any) -> Column | str:
    """Converts a pyarrow column; the reason if that is impossible.

    Args:
        name: Its name.
        values: A pyarrow chunked array, or what has its type, length and chunks.
    """
    import numpy
    import pyarrow as pa

    types, kind = pa.types, values.type
    kind = kind.value_type if types.is_dictionary(kind) else kind
    rows, missing = len(values), zeros(len(values), bool)
    if types.is_null(kind):
        missing[:] = True
        return Column(name, "float", numpy.full(rows, numpy.nan), missing)
    if types.is_boolean(kind):
        return Column(name, "boolean", _filled(values, empty(rows, bool), missing, False, pa.bool_()), missing)
    if types.is_integer(kind):
        wide = pa.uint64() if types.is_uint64(kind) else pa.int64()
        return Column(name, "integer", _filled(values, empty(rows, str(wide)), missing, 0, wide), missing)
    if types.is_floating(kind) or types.is_decimal(kind):
        numbers = _filled(values, empty(rows, "float64"), missing, numpy.nan, pa.float64())
        for piece in pieces(rows):
            missing[piece] |= numpy.isnan(numbers[piece])
        return Column(name, "float", numbers, missing)
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind) or types.is_temporal(kind):
        texts = text_array(rows, lambda: values.chunks)
        return Column(name, "text", _filled(values, texts, missing, "", pa.string()), missing)
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return arrow_lists(name, values, missing)
    return f"its type {kind} is neither numeric nor text"


def _filled(values: Any, into: Array, missing: Array, fill: Any, kind: Any) -> Array:
    """Copies a pyarrow column into an array.

    Args:
        values: As for `arrow_column`.
        into: Gets the values, shape (rows,).
        missing: Gets which are missing, shape (rows,).
        fill: Stands for a missing value.
        kind: The pyarrow type of the values in the array.
    """
    import numpy
    import pyarrow as pa
    import pyarrow.compute as pc

    start = 0
    for chunk in values.chunks:
        place = slice(start, start + len(chunk))
        if chunk.null_count:
            missing[place] = nulls_of(chunk)
        is_text = into.dtype.kind in "OU"
        if is_text and pa.types.is_dictionary(chunk.type):  # equal texts are one object
            words = numpy.append(pc.cast(chunk.dictionary, kind).to_numpy(zero_copy_only=False), fill)
            words = words.astype(into.dtype, copy=False)
            into[place] = words[pc.fill_null(pc.cast(chunk.indices, pa.int64()), len(words) - 1).to_numpy()]
        else:
            plain = pc.cast(chunk, chunk.type.value_type) if pa.types.is_dictionary(chunk.type) else chunk
            plain = pc.cast(plain, kind)
            into[place] = _objects(plain, fill) if is_text else values_of(plain, fill)
        start += len(chunk)
    return into


def _objects(texts: Any, fill: str) -> Array:
    """The texts of a pyarrow array as objects."""
    import pyarrow.compute as pc

    objects: Array = pc.fill_null(texts, fill).to_numpy(zero_copy_only=False)
    return objects


class _Streamed:
    """A column of a file that is read when its chunks are asked for.

    Args:
        file: A `ParquetFile`.
        path: The path of the column.
    """

    def __init__(self, file: Any, path: FieldPath) -> None:
        self._file, self._path = file, path
        self.type = type_at(file.schema_arrow, path)

    def __len__(self) -> int:
        rows: int = self._file.metadata.num_rows
        return rows

    @property
    def chunks(self) -> Iterator[Any]:
        name, *fields = self._path
        for batch in self._file.iter_batches(BATCH_ROWS, columns=[".".join(self._path)]):
            yield values_at(batch.column(batch.schema.get_field_index(name)), tuple(fields))
