"""The source `excel`: a sheet of a workbook (`.xlsx`, `.xlsb`, `.xls`, `.ods`), read with python-calamine.

Each cell becomes a text, and the columns have the types that those of a CSV file would have: the same table gives the
same columns. Errors such as `#DIV/0!` are missing values.
"""

from __future__ import annotations

import datetime
import os
import zipfile
import zlib
from collections.abc import Sequence
from typing import Any, BinaryIO

from kspec.data.context import Context, display_name
from kspec.data.limits import LimitReached, check_columns, check_growth, check_memory, check_zip_directory
from kspec.data.sources.excel_sizes import check_cells
from kspec.data.sources.read_request import Request, SourceFile, combine, source_files
from kspec.data.sources.workbook_kinds import OLD, check_binary, check_old, check_opendocument
from kspec.data.table import Table
from kspec.data.type_inference import typed_column
from kspec.diagnostics import codes, did_you_mean
from kspec.language.data import SUFFIXES
from kspec.language.data_limits import Limits
from kspec.language.excel_options import ExcelOptions
from kspec.language.source_packages import missing_package
from kspec.syntax.path_policy import PathRefused

SHOWN = 12
_OPEN = "content.xml"
"""The part of an `.ods` file that holds its sheets."""
TEXT_BYTES = 64
"""The memory of a value of a column of text."""
SMALL = 2 << 20
"""Columns are completed in an editor if the file is smaller than this."""
Rows = list[list[Any]]


class _NoTable(Exception):
    """A workbook that cannot be read; the message is for the user."""


def read(setting: Any, request: Request) -> Table | None:
    """Reads the sheets of all files into one table.

    Args:
        setting: A path, a list, a glob, a file for each split, or `ExcelOptions`.
        request: What is read.
    """
    context = request.context
    paths, sheet = _options(setting)
    path = context.source_path
    if isinstance(setting, ExcelOptions) and path is not None:
        context.source_path = (*path, "path")
    files = source_files(paths, request)
    context.source_path = path
    return None if files is None else combine(files, [_read_file(file, sheet, request) for file in files], context)


def names(setting: Any, request: Request) -> list[str]:
    """Reads the columns of the first file from its header; empty if it is large, or cannot be read."""
    paths, sheet = _options(setting)
    files = source_files(paths, request)
    context = request.context
    if not files or files[0].file.stat().st_size > SMALL or missing_package("excel"):
        return []
    try:
        with context.open(files[0].file) as stream:
            rows = _rows(stream, files[0], sheet, files[0].file.name, context)
    except (_NoTable, LimitReached, OSError):
        return []
    return _names(rows[0]) if rows else []


def sheet_sizes(setting: Any, request: Request) -> dict[str, int]:
    """The sheets of the first file that are shown, with the cells that each spans; empty if it cannot be read.

    Args:
        setting: As for `read`.
        request: What is read.
    """
    files = None if missing_package("excel") else source_files(_options(setting)[0], request)
    if not files:
        return {}
    import python_calamine as calamine

    try:
        with request.context.open(files[0].file) as stream:
            _check_sizes(stream, files[0].file.name, request.context.limits)
            stream.seek(0)
            with calamine.CalamineWorkbook.from_filelike(stream) as book:
                sheets = [(each.name, book.get_sheet_by_index(at)) for at, each in _shown(book.sheets_metadata)]
                return {name: sheet.height * sheet.width for name, sheet in sheets}
    except (_NoTable, LimitReached, PathRefused, OSError, calamine.CalamineError):
        return {}  # reading it reports what is wrong


def _shown(sheets: Sequence[Any]) -> list[tuple[int, Any]]:
    """The sheets that are shown, with their numbers."""
    return [(number, each) for number, each in enumerate(sheets) if str(each.visible).endswith(".Visible")]


def _options(setting: Any) -> tuple[Any, str | None]:
    return (setting.path, setting.sheet) if isinstance(setting, ExcelOptions) else (setting, None)


def _read_file(source: SourceFile, sheet: str | None, request: Request) -> Table | None:
    context, name = request.context, display_name(source.file, request.context)
    try:
        with context.open(source.file) as stream:
            rows = _rows(stream, source, sheet, name, context)
        return _table(rows, name, source, context)
    except LimitReached as reached:
        context.limit(reached, source.path)
    except PathRefused as refused:
        refused.problem.report(context.report, context.span(source.path))
    except _NoTable as error:
        help = "" if source.file.suffix in SUFFIXES["excel"] else "save it as an Excel workbook (.xlsx)"
        context.error(codes.MALFORMED_DATA_FILE, f"cannot read `{name}`: {error}", source.path, help=help)
    except OSError as error:
        context.error(codes.MALFORMED_DATA_FILE, f"cannot read `{name}`: {error}", source.path)
    except _UnknownSheet:
        pass  # has been reported
    return None


class _UnknownSheet(Exception):
    """The workbook lacks the sheet, which has been reported."""


def _rows(stream: BinaryIO, source: SourceFile, sheet: str | None, name: str, context: Context) -> Rows:
    """The rows of a sheet from its header on, without empty ones.

    Args:
        stream: The open file.
        source: The file.
        sheet: The name of the sheet; None for the first.
        name: The file in messages.
        context: Has the limits; receives what is wrong with the sheet.

    Raises:
        LimitReached: If it holds too much.
        _NoTable: If it is no workbook.
        _UnknownSheet: If it lacks the sheet.
    """
    import python_calamine as calamine

    _check_sizes(stream, name, context.limits)
    stream.seek(0)
    try:
        with calamine.CalamineWorkbook.from_filelike(stream) as book:
            index = _sheet_index(book.sheets_metadata, sheet, name, source, context)
            return _below_titles(book.get_sheet_by_index(index).to_python())
    except calamine.PasswordError as error:
        raise _NoTable("it is encrypted") from error
    except calamine.CalamineError as error:
        raise _NoTable("it is no workbook that can be read") from error
    except (LimitReached, _UnknownSheet, OSError):
        raise
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # what the reader raises at damage that it does not expect
            raise
        raise _NoTable("it is damaged") from error


def _check_sizes(stream: BinaryIO, name: str, limits: Limits) -> None:
    """Compares what a workbook holds with the limits.

    Args:
        stream: The open file.
        name: The file in messages.
        limits: The limits.

    Raises:
        LimitReached: If it holds too much.
        _NoTable: If it is no workbook.
    """
    packed = os.fstat(stream.fileno()).st_size
    if stream.read(len(OLD)) == OLD:
        check_memory(packed, name, limits)
        stream.seek(0)
        try:
            check_old(stream.read(), name, limits)
        except ValueError as error:
            raise _NoTable("it is no workbook that can be read") from error
        return
    check_zip_directory(stream, name, limits)
    try:
        with zipfile.ZipFile(stream) as archive:
            is_open = _OPEN in archive.namelist()
            if not is_open and not any(member.startswith("xl/") for member in archive.namelist()):
                raise _NoTable("it is no workbook")
            size = sum(member.file_size for member in archive.infolist())
            check_growth(size, packed, name, limits)
            check_memory(size, name, limits)
            if is_open:
                check_opendocument(archive, name, limits)
                return
            check_cells(archive, name, limits)
            check_binary(archive, name, limits)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise _NoTable("it is no workbook of the kinds .xlsx, .xlsb, .xls and .ods") from error


def _sheet_index(sheets: Sequence[Any], sheet: str | None, name: str, source: SourceFile, context: Context) -> int:
    """The number of the sheet to read.

    Args:
        sheets: What the reader tells of all sheets.
        sheet: The name of the sheet; None for the first that is shown.
        name: The file in messages.
        source: The file.
        context: Receives problems.

    Raises:
        _UnknownSheet: If there is none of this name.
    """
    titles = [each.name for each in sheets]
    if sheet is not None and sheet not in titles and not (context.is_new and len(titles) == 1):
        path = None if context.source_path is None else (*context.source_path, "sheet")
        context.error(
            codes.UNREADABLE_DATA,
            f"`{name}` has no sheet `{sheet}`",
            path,
            label=did_you_mean(sheet, titles),
            help=f"available sheets: {', '.join(titles[:SHOWN])}",
        )
        raise _UnknownSheet
    if sheet in titles:
        return titles.index(sheet)
    shown = [number for number, _ in _shown(sheets)] or [0]
    if len(shown) > 1 and sheet is None and not context.is_new:
        context.warning(
            codes.SHEET_BY_DEFAULT,
            f"`{name}` has {len(shown)} sheets, and the first is read: `{titles[shown[0]]}`",
            source.path,
            help=f"name the one with the table: `excel: {{path: {source.file.name}, sheet: {titles[shown[0]]}}}`",
        )
    return shown[0]


def _below_titles(rows: Rows) -> Rows:
    """The rows without empty ones, and without those above the header that have one value, such as a title."""
    rows = [row for row in rows if any(cell != "" for cell in row)]
    counts = [sum(cell != "" for cell in row) for row in rows]
    start = next((number for number, count in enumerate(counts) if count > 1), 0)
    return rows[start:]


def _names(header: Sequence[Any]) -> list[str]:
    """The names of the columns; numbered ones where the header is empty."""
    texts = [_text(cell).strip() for cell in header]
    return [text or f"unnamed_{number}" for number, text in enumerate(texts)]


def _table(rows: Rows, name: str, source: SourceFile, context: Context) -> Table | None:
    """The table of the rows of a sheet; None if it has none, which is reported.

    Args:
        rows: The header, and the rows below it.
        name: The file in messages.
        source: The file.
        context: Receives errors.

    Raises:
        LimitReached: If it has too many columns, or values.
    """
    import pyarrow as pa

    if len(rows) < 2:
        message = f"the sheet of `{name}` has no rows" + (" below its header" if rows else "")
        context.error(codes.EMPTY_SPLIT, message, source.path)
        return None
    names, cells = _names(rows[0]), list(zip(*rows[1:], strict=True))
    used = [number for number, column in enumerate(cells) if rows[0][number] != "" or any(c != "" for c in column)]
    check_columns(len(used), name, context.limits)
    check_memory(TEXT_BYTES * len(used) * len(rows), name, context.limits)
    twice = next((names[number] for number in used if names.count(names[number]) > 1), None)
    if twice is not None:
        message = f"`{name}` has several columns named `{twice}`"
        context.error(codes.MALFORMED_DATA_FILE, message, source.path, help="give each column a unique name")
        return None
    table = Table({}, len(rows) - 1)
    for number in used:
        texts = pa.chunked_array([[None if cell == "" else _text(cell) for cell in cells[number]]], pa.string())
        table.columns[names[number]] = typed_column(names[number], texts, lambda: None)
    table.nameless = tuple(names[number] for number in used if rows[0][number] == "")
    return table


def _text(cell: Any) -> str:
    """A cell as a CSV file has it."""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e16 else repr(cell)
    if isinstance(cell, datetime.datetime):
        midnight = not (cell.hour or cell.minute or cell.second or cell.microsecond)
        return cell.date().isoformat() if midnight else cell.isoformat(" ")
    if isinstance(cell, datetime.timedelta):
        return _text(cell.total_seconds())
    return cell.isoformat() if isinstance(cell, (datetime.date, datetime.time)) else str(cell)
