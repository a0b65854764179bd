"""Tables of Arrow as those of kspec: structs become dotted columns, and what no tensor can hold is unusable."""

from __future__ import annotations

from typing import Any

from kspec.data.context import Context
from kspec.data.limits import check_columns, check_memory
from kspec.data.sources.arrow_structs import flat_columns
from kspec.data.sources.parquet import arrow_column
from kspec.data.sources.read_request import SourceFile
from kspec.data.table import Column, Table
from kspec.diagnostics import codes
from kspec.language.data_limits import Limits

TEXT_BYTES = 64
"""The memory of a text beside its letters."""


def table_of(arrow: Any, name: str, source: SourceFile, context: Context) -> Table | None:
    """The table of a pyarrow table; None if it has no rows, or a column twice, which is reported.

    Args:
        arrow: The pyarrow table.
        name: The file in messages.
        source: The file.
        context: Receives errors.

    Raises:
        LimitReached: If it has too many columns.
    """
    columns = list(flat_columns(arrow))
    names = [column for column, _ in columns]
    check_columns(len(names), name, context.limits)
    if not arrow.num_rows or not columns:
        context.error(codes.EMPTY_SPLIT, f"`{name}` has no rows", source.path)
        return None
    if len(set(names)) < len(names):
        twice = next(column for number, column in enumerate(names) if column in names[:number])
        context.error(codes.MALFORMED_DATA_FILE, f"`{name}` has several columns named `{twice}`", source.path)
        return None
    table = Table({}, arrow.num_rows)
    for column, values in columns:
        result = arrow_column(column, values) if _has_text(values.type) else f"its type {values.type} has no text"
        if isinstance(result, Column):
            table.columns[column] = result
        else:
            table.unusable[column] = result
    return table


def _has_text(kind: Any) -> bool:
    """Whether Arrow can write a type of time as text."""
    import pyarrow as pa

    return not (pa.types.is_duration(kind) or pa.types.is_interval(kind))


def check_texts(arrow: Any, name: str, limits: Limits) -> None:
    """Compares the texts of a table, each with its repetitions, with the limits.

    Args:
        arrow: A pyarrow table.
        name: The file in messages.
        limits: The limits.

    Raises:
        LimitReached: If they take too much.
    """
    size = 0
    for _, column in flat_columns(arrow):
        for chunk in column.chunks:
            letters = _letters(chunk)
            size += 0 if letters is None else letters + TEXT_BYTES * len(chunk)
            check_memory(size, name, limits)


def _letters(chunk: Any) -> int | None:
    """The letters of a column of text, in bytes; None if it is none."""
    import numpy
    import pyarrow as pa
    import pyarrow.compute as pc

    types, kind = pa.types, chunk.type
    if types.is_dictionary(kind):
        if _letters(chunk.dictionary) is None:
            return None
        return pc.sum(pc.binary_length(pc.cast(chunk.dictionary, pa.large_string())).take(chunk.indices)).as_py() or 0
    if types.is_string_view(kind):
        lengths = numpy.frombuffer(chunk.buffers()[1], numpy.int32)[4 * chunk.offset :: 4][: len(chunk)]
        return int(lengths.astype(numpy.int64).sum())
    if types.is_string(kind) or types.is_large_string(kind):
        return pc.sum(pc.binary_length(chunk)).as_py() or 0
    return None
