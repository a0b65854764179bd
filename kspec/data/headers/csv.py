"""The headers of text tables."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

from kspec.data.context import Context, display_name
from kspec.data.headers.columns import MAX_FILES, table_of_header
from kspec.data.packed_files import is_packed
from kspec.data.sources.csv_header import FirstRows, are_known, first_rows, header_names, nameless, options_of
from kspec.data.sources.csv_text import CsvText
from kspec.data.sources.read_request import Request, SourceFile, not_in_all, source_files
from kspec.data.table import Kind, Table
from kspec.diagnostics import Report
from kspec.language.csv_options import CsvOptions

_KEPT = 64
"""So many headers are kept, for an editor that checks a spec at each keystroke."""
_ROWS = 10
"""So many rows below the header are looked at for texts."""


class _Columns(NamedTuple):
    """The columns of a file, and those in which some of the first rows have what is no number."""

    names: list[str]
    with_text: list[str]


_known: dict[tuple[Any, ...], _Columns | None] = {}


def read(setting: Any, request: Request) -> Table | None:
    """The columns that the headers of all files have; None if there are errors, or if rows may tell other names.

    Args:
        setting: A path, a list, a glob, a file for each split, or `CsvOptions`.
        request: What is read.
    """
    options, paths = options_of(setting)
    context = request.context
    if isinstance(setting, CsvOptions) and context.source_path is not None:
        context.source_path = (*context.source_path, "path")
    files = source_files(paths, request)
    if files is None or len(files) > MAX_FILES:
        return None
    found = [_columns(file, options, context) for file in files]
    columns = [each for each in found if each is not None]
    if len(columns) < len(files):
        return None
    named = [(display_name(file.file, context), each.names) for file, each in zip(files, columns, strict=True)]
    unusable = not_in_all(named)
    names = [name for name in columns[0].names if name not in unusable]
    if not names or (isinstance(options.missing, dict) and not are_known(options.missing, names, unusable, context)):
        return None
    kinds: dict[str, Kind] = {name: "text" for each in columns for name in each.with_text}
    without_name = tuple(name for number, name in enumerate(names) if name == nameless(number))
    return table_of_header(names, kinds=kinds, unusable=unusable, nameless=without_name)


def _columns(source: SourceFile, options: CsvOptions, context: Context) -> _Columns | None:
    """The columns of a file, which is read again only if it has changed."""
    if is_packed(source.file) and source.file.suffix.lower() == ".zst":
        return None  # pyarrow unpacks it
    about = os.stat(source.file)
    state = (about.st_mtime_ns, about.st_size, about.st_ino)
    key = (str(source.file), state, repr(options), context.limits.columns)
    if key not in _known:
        errors = context.report.errors
        columns = _read(source, options, context)
        if context.report.errors > errors:
            return None
        while len(_known) >= _KEPT:
            _known.pop(next(iter(_known)), None)
        _known[key] = columns
    return _known.get(key)


def _read(source: SourceFile, options: CsvOptions, context: Context) -> _Columns | None:
    """The columns of a file; None if there are errors, or if rows further down tell the names."""
    name = display_name(source.file, context)
    rows = first_rows(source, name, CsvText(options, context), options, context)
    names = None if rows is None else header_names(rows, name, source, options, context)
    if rows is None or names is None:
        return None
    if options.quote and any(options.quote in cell for row in (rows.first, *rows.below) for cell in row):
        silent = Context(context.spec, Report(), context.source_path)
        exact = first_rows(source, name, CsvText(options, silent, exact=True), options, silent)
        exact_names = None if exact is None else header_names(exact, name, source, options, silent)
        if exact is None or (exact_names != names and not _is_untidy(rows)):
            return None
        if exact_names is None:
            return None
        rows, names = exact, exact_names
    return _Columns(names, _with_text(rows, names, options))


def _is_untidy(rows: FirstRows) -> bool:
    """Whether blanks stand beside a delimiter, so that the file is read with its quotes in mind."""
    return any(cell != cell.strip() for row in rows.below for cell in row)


def _with_text(rows: FirstRows, names: list[str], options: CsvOptions) -> list[str]:
    """The columns in which the first rows have what is no number."""
    from kspec.data.type_inference import MISSING_WORDS

    words = {*MISSING_WORDS, "true", "false"}
    below = rows.below if options.header else [rows.first, *rows.below]
    return [
        name
        for number, name in enumerate(names)
        if any(
            not _is_number(row[number])
            and row[number].strip() not in words
            and row[number].strip().lower() not in words
            for row in below[:_ROWS]
            if number < len(row)
        )
    ]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
