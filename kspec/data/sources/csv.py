"""The source `csv`: tables of text, read by pyarrow; gzip where the name ends in .gz."""

from __future__ import annotations

import codecs
import io
import zlib
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from kspec.data.context import Context, shown_name
from kspec.data.sources.read_request import (
    Given,
    Request,
    blocks,
    fingerprint,
    first_lines,
    given_files,
    likely_delimiter,
    not_in_all,
    opened,
    parts_of,
)
from kspec.data.table import FileRows, Table
from kspec.data.type_inference import MISSING_WORDS, typed_column
from kspec.diagnostics import codes
from kspec.language.data import CsvOptions

SHOWN = 3


def read(given: Any, request: Request) -> Table | None:
    """One table of all files, with the type of each column decided over all of them.

    Args:
        given: A path, a list, a glob, a file for each split, or `CsvOptions`.
    """
    options = given if isinstance(given, CsvOptions) else CsvOptions(path="-")
    context = request.context
    if isinstance(given, CsvOptions) and context.source_path is not None:
        context.source_path = (*context.source_path, "path")
    if not _encoding_exists(options, context):
        return None
    files = given_files(given.path if isinstance(given, CsvOptions) else given, request)
    if files is None:
        return None
    pieces = [_read_file(one, options, context) for one in files]
    if any(piece is None for piece in pieces):
        return None
    return _combined(files, pieces, context)


def names(given: Any, request: Request) -> list[str]:
    """The columns of the first file, by its header alone; empty where it cannot be read."""
    options = given if isinstance(given, CsvOptions) else CsvOptions(path="-")
    files = given_files(options.path if isinstance(given, CsvOptions) else given, request)
    if not files or not _encoding_exists(options, request.context):
        return []
    header = _header(files[0], files[0].file.name, options, request.context)
    return header.names if header else []


def _encoding_exists(options: CsvOptions, context: Context) -> bool:
    try:
        codecs.lookup(options.encoding)
    except LookupError:
        context.error(
            codes.MALFORMED_DATA_FILE,
            f"there is no encoding called `{options.encoding}`",
            ("data", "csv", "encoding"),
            help="usual ones: utf-8, latin-1, cp1252, utf-16",
        )
        return False
    return True


def _read_file(given: Given, options: CsvOptions, context: Context) -> Any:
    """A pyarrow table of strings; None with the reason in the report."""
    import pyarrow as pa
    from pyarrow import csv

    bad: list[Any] = []

    def note(row: Any) -> str:
        bad.append(row)
        return "skip"

    name = shown_name(given.file, context)
    header = _header(given, name, options, context)
    if header is None:
        return None
    try:
        table = csv.read_csv(
            given.file,
            read_options=csv.ReadOptions(
                column_names=header.names, skip_rows=header.lines, encoding=options.encoding, use_threads=False,
                block_size=16 << 20,
            ),
            parse_options=csv.ParseOptions(
                delimiter=options.delimiter, newlines_in_values=True, invalid_row_handler=note
            ),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(header.names, pa.string()), strings_can_be_null=True,
                quoted_strings_can_be_null=False, null_values=MISSING_WORDS,
            ),
        )  # fmt: skip
    except (pa.ArrowInvalid, pa.ArrowException, UnicodeError, OSError, EOFError) as error:
        _explain(error, given, name, options, context)
        return None
    if bad:
        _ragged(bad, name, given, options, context)
        return None
    if not table.num_rows:
        context.error(
            codes.EMPTY_SPLIT, f"`{name}` has no rows" + (" below its header" if options.header else ""), given.path
        )
        return None
    return table


class Header(NamedTuple):
    """The names of the columns, and how many lines of the file they take."""

    names: list[str]
    lines: int


def _header(given: Given, name: str, options: CsvOptions, context: Context) -> Header | None:
    """The columns' names: unique, trimmed; by place for those without one. None with the reason in the report."""
    import csv as standard

    try:
        if b"\0" in first_lines(given.file) and "16" not in options.encoding and "32" not in options.encoding:
            context.error(codes.MALFORMED_DATA_FILE, f"`{name}` is not a table of text, but binary data", given.path,
                          help=_for_binary(given.file))  # fmt: skip
            return None
        encoding = "utf-8-sig" if codecs.lookup(options.encoding).name == "utf-8" else options.encoding
        with opened(given.file) as stream, io.TextIOWrapper(stream, encoding, "replace", newline="") as text:
            reader = standard.reader(text, delimiter=options.delimiter)
            first = next(reader, [])
            lines = reader.line_num
    except (OSError, EOFError, zlib.error) as error:
        context.error(codes.MALFORMED_DATA_FILE, f"`{name}` cannot be read: {error}", given.path)
        return None
    except (standard.Error, UnicodeError):
        context.error(codes.MALFORMED_DATA_FILE, f"the first line of `{name}` is not a row of a table", given.path,
                      help="is it text? is the encoding right?")  # fmt: skip
        return None
    if not first:
        context.error(codes.MALFORMED_DATA_FILE, f"`{name}` begins with an empty line", given.path, help="delete it")
        return None
    if not options.header:
        return Header([f"c{number}" for number in range(len(first))], 0)
    names = [column.strip() for column in first]
    twice = [column for column, count in Counter(names).items() if column and count > 1]
    if twice:
        context.error(codes.MALFORMED_DATA_FILE, f"`{name}` has several columns called `{twice[0]}`", given.path,
                      help="give each column a name of its own")  # fmt: skip
        return None
    return Header([column or nameless(number) for number, column in enumerate(names)], lines)


def nameless(number: int) -> str:
    """What a column is called whose name in the header is empty, as the index that pandas writes."""
    return f"unnamed_{number}"


def _for_binary(file: Path) -> str:
    if file.suffix in (".xls", ".xlsx", ".ods"):
        return "export the sheet as CSV"
    if file.suffix in (".npz", ".parquet"):
        return f"write `{file.suffix[1:]}: {file.name}`"
    return "is it a table of text? UTF-16 is read with `encoding: utf-16`"


def _ragged(bad: list[Any], name: str, given: Given, options: CsvOptions, context: Context) -> None:
    told = []
    for row in bad[:SHOWN]:
        place = f"line {row.number}" if row.number is not None else "a line"
        told.append(f"{place} has {row.actual_columns}")
    more = f", and {len(bad) - SHOWN} more lines are so" if len(bad) > SHOWN else ""
    columns = bad[0].expected_columns
    other = likely_delimiter(given.file)
    if other != options.delimiter and columns == 1:
        written = "\\t" if other == "\t" else other
        help = (
            f'the first line speaks for another delimiter: `csv: {{path: {given.file.name}, delimiter: "{written}"}}`'
        )
    else:
        help = "each line has as many values as the first; a value with the delimiter in it is quoted"
    context.error(
        codes.MALFORMED_DATA_FILE,
        f"`{name}` has {columns} column{'s' if columns > 1 else ''}, but {', '.join(told)}{more}",
        given.path,
        help=help,
    )


def _explain(error: Exception, given: Given, name: str, options: CsvOptions, context: Context) -> None:
    line = _first_bad_line(given.file, options.encoding)
    if line is not None:
        context.error(
            codes.MALFORMED_DATA_FILE,
            f"`{name}` is not {options.encoding}: line {line} cannot be decoded",
            given.path,
            help=f"state how it is written, such as `csv: {{path: {given.file.name}, encoding: latin-1}}`",
        )
        return
    text = str(error)
    if "straddling" in text or "quote" in text:
        context.error(
            codes.MALFORMED_DATA_FILE,
            f"`{name}` cannot be divided into rows: is a quote opened and never closed?",
            given.path,
        )
    elif "zlib" in text or "gzip" in text.lower():
        context.error(codes.MALFORMED_DATA_FILE, f"`{name}` is no gzip file, or a part of one", given.path)
    else:
        context.error(
            codes.MALFORMED_DATA_FILE, f"`{name}` cannot be read as a table: {text.splitlines()[0]}", given.path
        )


def _first_bad_line(file: Path, encoding: str) -> int | None:
    """The first line (from 1) that cannot be decoded; None when all can."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    try:
        for block in blocks(file):
            try:
                line += decoder.decode(block).count("\n")
            except UnicodeDecodeError as error:
                return line + error.object[: error.start].count(b"\n")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return line
    except (OSError, EOFError):
        return None
    return None


def _combined(files: list[Given], pieces: list[Any], context: Context) -> Table | None:
    """One table of all files; a column that some file lacks cannot be used."""
    import pyarrow as pa

    unusable = not_in_all([(shown_name(g.file, context), p.column_names) for g, p in zip(files, pieces, strict=True)])
    names = [name for name in pieces[0].column_names if name not in unusable]
    if not names:
        context.error(codes.MALFORMED_DATA_FILE, "the files of the source share no column", files[1].path)
        return None
    whole = pa.concat_tables([piece.select(names) for piece in pieces]) if len(pieces) > 1 else pieces[0]
    counts = [piece.num_rows for piece in pieces]
    table = Table({}, whole.num_rows, parts=parts_of(files, counts), unusable=unusable)
    table.nameless = tuple(name for number, name in enumerate(names) if name == nameless(number))
    for name in names:
        table.columns[name] = typed_column(name, whole.column(name))
    start = 0
    for given, count in zip(files, counts, strict=True):
        shown = shown_name(given.file, context)
        table.files.append(FileRows(shown, start, start + count))
        table.fingerprints[shown] = fingerprint(given.file)
        start += count
    return table
