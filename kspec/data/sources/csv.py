"""The source `csv`: text tables, read with pyarrow; files that end in .gz are decompressed."""

from __future__ import annotations

import codecs
import io
import os
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from kspec.data.context import Context, display_name
from kspec.data.limits import MAX_HEADER, LimitReached, check_columns, check_memory, grows_too_much
from kspec.data.sources.read_request import (
    Request,
    SourceFile,
    blocks,
    fingerprint,
    first_lines,
    likely_delimiter,
    not_in_all,
    open_file,
    row_splits,
    source_files,
)
from kspec.data.table import FileRows, Table
from kspec.data.type_inference import MISSING_WORDS, typed_column
from kspec.diagnostics import codes
from kspec.language.csv_options import CsvOptions
from kspec.language.data_limits import Limits
from kspec.syntax.gzip_stream import GrowsTooMuch
from kspec.syntax.path_policy import PathRefused

SHOWN = 3
MAX_RAGGED = 10_000
"""After so many lines of another length, the rest is not read."""
CELL_BYTES = 16
"""The memory of a value beside that of its text."""
TEXT_BYTES = 64
"""The memory of a value of a column of text."""


def read(setting: Any, request: Request) -> Table | None:
    """Reads all files into one table; the type of a column depends on its values in all of them.

    Args:
        setting: A path, a list, a glob, a file for each split, or `CsvOptions`.
        request: What is read.
    """
    options, paths = _options(setting)
    context = request.context
    if isinstance(setting, CsvOptions) and context.source_path is not None:
        context.source_path = (*context.source_path, "path")
    files = source_files(paths, request)
    if files is None or not _fits(files, options, context):
        return None
    pieces = [_read_file(file, options, context) for file in files]
    return None if any(piece is None for piece in pieces) else _combined(files, pieces, context)


def names(setting: Any, request: Request) -> list[str]:
    """Reads the columns of the first file from its header; empty if it cannot be read."""
    options, paths = _options(setting)
    files = source_files(paths, request)
    if not files:
        return []
    header = _header(files[0], files[0].file.name, options, request.context)
    return header.names if header else []


def _options(setting: Any) -> tuple[CsvOptions, Any]:
    """The options of the source, and its paths."""
    return (setting, setting.path) if isinstance(setting, CsvOptions) else (CsvOptions(path="-"), setting)


def _read_file(source: SourceFile, options: CsvOptions, context: Context) -> Any:
    """Reads a file as a pyarrow table of strings; None if there are errors."""
    import pyarrow as pa
    from pyarrow import csv

    ragged = _Ragged()

    name = display_name(source.file, context)
    header = _header(source, name, options, context)
    if header is None:
        return None
    try:
        with open_file(source.file, context) as stream:
            table = csv.read_csv(
                stream,
                read_options=csv.ReadOptions(
                column_names=header.names, skip_rows=header.lines, encoding=options.encoding, use_threads=False,
                block_size=16 << 20,
            ),
            parse_options=csv.ParseOptions(
                delimiter=options.delimiter, newlines_in_values=True, invalid_row_handler=ragged.collect
            ),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(header.names, pa.string()), strings_can_be_null=True,
                quoted_strings_can_be_null=False, null_values=MISSING_WORDS,
            ),
        )  # fmt: skip
    except GrowsTooMuch as error:
        context.limit(grows_too_much(name, context.limits, error), source.path)
        return None
    except (pa.ArrowInvalid, pa.ArrowException, UnicodeError, OSError, EOFError, zlib.error) as error:
        if ragged.count:
            _report_ragged(ragged, name, source, options, context)
        else:
            _explain(error, source, name, options, context)
        return None
    if ragged.count:
        _report_ragged(ragged, name, source, options, context)
        return None
    if not table.num_rows:
        context.error(
            codes.EMPTY_SPLIT, f"`{name}` has no rows" + (" below its header" if options.header else ""), source.path
        )
        return None
    return table


class _Ragged:
    """The first lines with another number of values than the header, and how many there are."""

    def __init__(self) -> None:
        self.rows: list[Any] = []
        self.count = 0

    def collect(self, row: Any) -> str:
        """Takes a line that pyarrow cannot divide into the columns."""
        self.count += 1
        if len(self.rows) < SHOWN:
            self.rows.append(row)
        return "skip" if self.count < MAX_RAGGED else "error"


class Header(NamedTuple):
    """The names of the columns, and the number of lines that the header takes."""

    names: list[str]
    lines: int


def _fits(files: list[SourceFile], options: CsvOptions, context: Context) -> bool:
    """Whether the tables stay below the limits; reports the first that does not."""
    import numpy

    limits, total = context.limits, 0.0
    marks = (ord("\n"), ord(options.delimiter))
    for source in files:
        name, before = display_name(source.file, context), total
        try:
            with context.open(source.file) as packed:
                size = os.fstat(packed.fileno()).st_size
            is_packed = source.file.suffix == ".gz"
            total += size
            check_memory(total, name, limits)
            if not is_packed and before + size * (1 + CELL_BYTES) <= limits.memory:
                total += size * CELL_BYTES
                continue
            total = before
            for block in blocks(source.file, context):
                letters = numpy.frombuffer(block, numpy.uint8)
                total += len(block) + CELL_BYTES * sum(int(numpy.count_nonzero(letters == mark)) for mark in marks)
                check_memory(total, name, limits)
        except LimitReached as reached:
            context.limit(reached, source.path)
            return False
        except GrowsTooMuch as error:
            context.limit(grows_too_much(name, limits, error), source.path)
            return False
        except PathRefused as refused:
            refused.problem.report(context.report, context.span(source.path))
            return False
        except (OSError, EOFError, zlib.error):
            continue  # reported when it is read
    return True


def _header(source: SourceFile, name: str, options: CsvOptions, context: Context) -> Header | None:
    """Reads the header: unique, trimmed names; numbered names for empty ones. None if there are errors."""
    import csv as standard

    try:
        if b"\0" in first_lines(source.file, context) and "16" not in options.encoding and "32" not in options.encoding:
            message, help = f"`{name}` is a binary file, not a text table", _help_for_binary(source.file)
            context.error(codes.MALFORMED_DATA_FILE, message, source.path, help=help)
            return None
        encoding = "utf-8-sig" if codecs.lookup(options.encoding).name == "utf-8" else options.encoding
        stream = open_file(source.file, context)
        with stream, io.TextIOWrapper(stream, encoding, "replace", newline="") as text:
            reader = standard.reader(_bounded_lines(text, name), delimiter=options.delimiter)
            first = next(reader, [])
            lines = reader.line_num
        check_columns(len(first), name, context.limits)
    except LimitReached as reached:
        context.limit(reached, source.path)
        return None
    except GrowsTooMuch as error:
        context.limit(grows_too_much(name, context.limits, error), source.path)
        return None
    except PathRefused as refused:
        refused.problem.report(context.report, context.span(source.path))
        return None
    except (OSError, EOFError, zlib.error) as error:
        context.error(codes.MALFORMED_DATA_FILE, f"cannot read `{name}`: {error}", source.path)
        return None
    except (standard.Error, UnicodeError):
        message = f"the first line of `{name}` is not a table row"
        context.error(codes.MALFORMED_DATA_FILE, message, source.path, help="is it a text file in the stated encoding?")
        return None
    if not first:
        context.error(
            codes.MALFORMED_DATA_FILE, f"`{name}` starts with an empty line", source.path, help="delete the line"
        )
        return None
    if not options.header:
        return Header([f"c{number}" for number in range(len(first))], 0)
    names = [column.strip() for column in first]
    twice = [column for column, count in Counter(names).items() if column and count > 1]
    if twice:
        message = f"`{name}` has several columns named `{twice[0]}`"
        context.error(codes.MALFORMED_DATA_FILE, message, source.path, help="give each column a unique name")
        return None
    return Header([column or nameless(number) for number, column in enumerate(names)], lines)


def _bounded_lines(text: io.TextIOWrapper, name: str) -> Iterator[str]:
    """The lines of a text, until they are too long for a header."""
    left = MAX_HEADER
    while line := text.readline(left + 1):
        left -= len(line)
        if left < 0:
            message = f"the first line of `{name}` is longer than {MAX_HEADER >> 20} million characters"
            raise LimitReached(codes.TOO_MANY_COLUMNS, f"{message}: it is no line of column names")
        yield line


def nameless(number: int) -> str:
    """The name of a column without a name in the header, such as the index that pandas writes."""
    return f"unnamed_{number}"


class _Texts:
    """Counts the memory of columns of text, each of which takes far more than in its file."""

    def __init__(self, rows: int, name: str, limits: Limits) -> None:
        self._rows, self._name, self._limits = rows, name, limits
        self._bytes = 0

    def take(self) -> None:
        """Counts another column; raises `LimitReached` if they take too much."""
        self._bytes += TEXT_BYTES * self._rows
        check_memory(self._bytes, self._name, self._limits)


def _help_for_binary(file: Path) -> str:
    if file.suffix in (".xls", ".xlsx", ".ods"):
        return "export the sheet as CSV"
    if file.suffix in (".npz", ".parquet"):
        return f"use `{file.suffix[1:]}: {file.name}`"
    return "to read UTF-16, set `encoding: utf-16`"


def _report_ragged(ragged: _Ragged, name: str, source: SourceFile, options: CsvOptions, context: Context) -> None:
    lengths = []
    for row in ragged.rows:
        line = f"line {row.number}" if row.number is not None else "a line"
        lengths.append(f"{line} has {row.actual_columns}")
    more = f", and {ragged.count - SHOWN} more lines differ" if ragged.count > SHOWN else ""
    columns = ragged.rows[0].expected_columns
    delimiter = likely_delimiter(source.file, context)
    if delimiter != options.delimiter and columns == 1:
        escaped = "\\t" if delimiter == "\t" else delimiter
        help = f'is the delimiter right? try `csv: {{path: {source.file.name}, delimiter: "{escaped}"}}`'
    else:
        help = "every line needs as many values as the first; quote values that contain the delimiter"
    context.error(
        codes.MALFORMED_DATA_FILE,
        f"`{name}` has {columns} column{'s' if columns > 1 else ''}, but {', '.join(lengths)}{more}",
        source.path,
        help=help,
    )


def _explain(error: Exception, source: SourceFile, name: str, options: CsvOptions, context: Context) -> None:
    """Reports why pyarrow cannot read a file."""
    if isinstance(error, PathRefused):
        error.problem.report(context.report, context.span(source.path))
        return
    line, text, help = _first_bad_line(source.file, options.encoding, context), str(error), ""
    if line is not None:
        message = f"`{name}` is not {options.encoding}: line {line} cannot be decoded"
        help = f"set the encoding, for example `csv: {{path: {source.file.name}, encoding: latin-1}}`"
    elif "straddling" in text or "quote" in text:
        message = f"cannot divide `{name}` into rows: is a closing quote missing?"
    elif "zlib" in text or "gzip" in text.lower():
        message = f"`{name}` is not a complete gzip file"
    else:
        message = f"cannot read `{name}` as a table: {text.splitlines()[0]}"
    context.error(codes.MALFORMED_DATA_FILE, message, source.path, help=help)


def _first_bad_line(file: Path, encoding: str, context: Context) -> int | None:
    """The number of the first line (from 1) that cannot be decoded; None if all can.

    Args:
        file: The file.
        encoding: How it should be encoded.
        context: Opens it.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    try:
        for block in blocks(file, context):
            try:
                line += decoder.decode(block).count("\n")
            except UnicodeDecodeError as error:
                return line + error.object[: error.start].count(b"\n")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return line
    except (OSError, EOFError, zlib.error):
        return None
    return None


def _combined(files: list[SourceFile], pieces: list[Any], context: Context) -> Table | None:
    """Combines the tables of all files; a column that some file lacks is unusable."""
    import pyarrow as pa

    shown_names = [display_name(file.file, context) for file in files]
    unusable = not_in_all([(name, piece.column_names) for name, piece in zip(shown_names, pieces, strict=True)])
    names = [name for name in pieces[0].column_names if name not in unusable]
    if not names:
        context.error(codes.MALFORMED_DATA_FILE, "the files have no columns in common", files[1].path)
        return None
    combined = pa.concat_tables([piece.select(names) for piece in pieces]) if len(pieces) > 1 else pieces[0]
    counts = [piece.num_rows for piece in pieces]
    table = Table({}, combined.num_rows, row_splits=row_splits(files, counts), unusable=unusable)
    table.nameless = tuple(name for number, name in enumerate(names) if name == nameless(number))
    texts = _Texts(combined.num_rows, shown_names[0], context.limits)
    for name in names:
        try:
            table.columns[name] = typed_column(name, combined.column(name), texts.take)
        except LimitReached as reached:
            context.limit(reached, files[0].path)
            return None
    start = 0
    for file, shown, count in zip(files, shown_names, counts, strict=True):
        table.files.append(FileRows(shown, start, start + count))
        table.fingerprints[shown] = fingerprint(file.file, context)
        start += count
    return table
