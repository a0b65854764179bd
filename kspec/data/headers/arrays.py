"""NumPy arrays of which only the header is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

from kspec.data.context import display_name
from kspec.data.headers.columns import column_of_header
from kspec.data.sources.read_request import Request, SourceFile, not_in_all
from kspec.data.table import Column, Kind, Table
from kspec.syntax.numpy_files import NoPlainArray, read_header

_KINDS: dict[str, Kind] = {"i": "integer", "u": "integer", "f": "float", "b": "boolean", "U": "text", "M": "text"}


class UnknownColumns(Exception):
    """The headers do not tell what the data will be."""


def array_of_header(name: str, stream: BinaryIO) -> Column | str:
    """The column that an array will be, without its values; the reason if it can be none.

    Args:
        name: The column.
        stream: The open array.

    Raises:
        ValueError: If it is no array, or holds Python objects.
        UnknownColumns: If only NumPy can tell.
    """
    try:
        dtype, _, shape = read_header(stream)
    except NoPlainArray as error:
        return str(error)
    letter = dtype.lstrip("<>|=")[:1]
    if letter == "O":
        raise ValueError("it holds pickled objects")
    if not shape:
        return "it is a single value"
    if letter not in _KINDS:
        raise UnknownColumns
    return column_of_header(name, "array" if len(shape) > 1 else _KINDS[letter], shape)


def joined(files: Sequence[SourceFile], tables: Sequence[Table | None], request: Request) -> Table | None:
    """The table of several files, without rows; None if one of them has errors.

    Args:
        files: The files.
        tables: The table of each file.
        request: What is read.

    Raises:
        UnknownColumns: If a column is not the same in all files.
    """
    pieces = [table for table in tables if table is not None]
    if len(pieces) < len(tables):
        return None
    if len(pieces) == 1:
        return pieces[0]
    named = [
        (display_name(file.file, request.context), list(table.columns))
        for file, table in zip(files, pieces, strict=True)
    ]
    unusable = {column: reason for table in pieces for column, reason in table.unusable.items()} | not_in_all(named)
    columns = {name: column for name, column in pieces[0].columns.items() if name not in unusable}
    for name, column in columns.items():
        others = [table.columns[name] for table in pieces]
        if any((each.kind, each.values.shape[1:]) != (column.kind, column.values.shape[1:]) for each in others):
            raise UnknownColumns
    return Table(columns, 0, unusable=unusable)
