"""The headers of `.npy` files."""

from __future__ import annotations

from typing import Any

from kspec.data.context import display_name
from kspec.data.headers.arrays import UnknownColumns, array_of_header, joined
from kspec.data.headers.columns import MAX_FILES, column_of_header
from kspec.data.limits import LimitReached, check_columns
from kspec.data.sources.arrays import array_table
from kspec.data.sources.npy import by_column, explain, place, stem
from kspec.data.sources.read_request import Request, SourceFile, source_files
from kspec.data.table import Column, Table
from kspec.language.source_files import SPLITS
from kspec.syntax.path_policy import PathRefused


def read(setting: Any, request: Request) -> Table | None:
    """The columns that the arrays will be; None if there are errors, or if the headers do not tell.

    Args:
        setting: A path, a list, a glob, column → file; or one of these for each split.
        request: What is read.
    """
    try:
        columns = by_column(setting)
        if columns is not None:
            return _named(columns, request)
        files = source_files(setting, request)
        return (
            None
            if files is None or len(files) > MAX_FILES
            else joined(files, [_alone(file, setting, request) for file in files], request)
        )
    except UnknownColumns:
        return None


def _named(by_column: Any, request: Request) -> Table | None:
    """The table of arrays that the spec names.

    Args:
        by_column: Split → column → file.
        request: What is read.
    """
    context = request.context
    parts: list[SourceFile] = []
    tables: list[Table | None] = []
    for split, columns in by_column.items():
        path = place(context.source_path, split)
        found = {name: context.find(text, place(path, name)) for name, text in columns.items()}
        if None in found.values():
            return None
        files = [SourceFile(matches[0], None, place(path, name)) for name, matches in found.items() if matches]
        results = {name: _column(name, file, request) for name, file in zip(columns, files, strict=True)}
        if None in results.values():
            return None
        shown = " and ".join(display_name(file.file, context) for file in files[:2])
        parts.append(SourceFile(files[0].file, SPLITS.index(split) if split else None, path))
        read = {name: result for name, result in results.items() if result is not None}
        tables.append(array_table(read, shown, parts[-1], context))
    return joined(parts, tables, request)


def _alone(source: SourceFile, setting: Any, request: Request) -> Table | None:
    """The table of an array that is alone: its columns, if it is a table itself.

    Args:
        source: Its file.
        setting: The setting of the source.
        request: What is read.
    """
    context, name = request.context, display_name(source.file, request.context)
    found = _column(stem(source, setting), source, request)
    if found is None:
        return None
    results: dict[str, Column | str] = {stem(source, setting): found}
    if isinstance(found, Column) and found.values.ndim == 2:
        rows, width = found.values.shape
        try:
            check_columns(width, name, context.limits)
        except LimitReached as reached:
            context.limit(reached, source.path)
            return None
        keys = [f"c{number}" for number in range(width)]
        results = {key: column_of_header(key, "unknown", (rows,)) for key in keys}
    return array_table(results, name, source, context)


def _column(name: str, source: SourceFile, request: Request) -> Column | str | None:
    """The column that a file will be, or the reason that it can be none; None if there are errors.

    Args:
        name: The column.
        source: The file.
        request: What is read.
    """
    context = request.context
    try:
        with context.open(source.file) as stream:
            return array_of_header(name, stream)
    except PathRefused as refused:
        refused.problem.report(context.report, context.span(source.path))
    except (ValueError, OSError, EOFError) as error:
        explain(error, source, context)
    return None
