"""The source `csv`: text tables, read with pyarrow; packed files are unpacked."""

from __future__ import annotations

import os
import zlib
from typing import Any, NamedTuple

from kspec.data.context import Context, display_name
from kspec.data.first_row import is_data
from kspec.data.limits import LimitReached, check_memory, grows_too_much
from kspec.data.packed_files import is_packed
from kspec.data.parallel import in_parallel
from kspec.data.sources.csv_errors import explain, report_ragged
from kspec.data.sources.csv_header import Header, are_known, nameless, option, options_of, read_header
from kspec.data.sources.csv_text import CsvText
from kspec.data.sources.large_csv import CSV_DISK, are_large, parsed
from kspec.data.sources.read_request import (
    Request,
    SourceFile,
    blocks,
    fingerprint,
    not_in_all,
    row_splits,
    source_files,
)
from kspec.data.storage.mapped_arrays import use_disk
from kspec.data.table import Column, FileRows, Table
from kspec.data.type_inference import MISSING_WORDS, NumberFormat, typed_column
from kspec.diagnostics import codes
from kspec.language.csv_options import WHITESPACE, CsvOptions
from kspec.language.data_limits import Limits
from kspec.syntax.gzip_stream import GrowsTooMuch
from kspec.syntax.path_policy import PathRefused

SAMPLE, SHOWN_NAMES = 200, 4
"""How many rows tell whether the header is one, and how many of its names are shown."""
MAX_RAGGED = 10_000
"""After so many lines of another length, the rest is not read."""
BLOCK, COLUMN_BLOCK, LARGEST_BLOCK = 1 << 20, 1 << 16, 16 << 20
"""How many bytes are parsed at once: at least, for each column, and at most, which no row may exceed. Large blocks do
not stay in the processor's cache, and in small ones a chunk of a column has few values."""
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
    options, paths = options_of(setting)
    context = request.context
    if isinstance(setting, CsvOptions) and context.source_path is not None:
        context.source_path = (*context.source_path, "path")
    files = source_files(paths, request)
    if files is None or not _fits(files, options, context):
        return None
    text = CsvText(options, context)
    pieces = [_read_file(file, text, options, context) for file in files]
    if text.has_quotes and any(piece is not None and _is_untidy(piece) for piece in pieces):
        text = CsvText(options, context, exact=True)
        pieces = [_read_file(file, text, options, context) for file in files]
    for file, piece in zip(files, pieces, strict=True):
        if piece is not None and piece.ragged:
            name = display_name(file.file, context)
            report_ragged(piece.ragged, piece.header, name, text, file, options, context)
            return None
    tables = [piece.table for piece in pieces if piece is not None]
    if options.header and options.names is None and len(tables) == len(files) and not request.for_prediction:
        _warn_of_data_in_header(files[0], pieces[0], context)
    return _combined(files, tables, text, options, context) if len(tables) == len(files) else None


def names(setting: Any, request: Request) -> list[str]:
    """Reads the columns of the first file from its header; empty if it cannot be read."""
    options, paths = options_of(setting)
    files = source_files(paths, request)
    if not files:
        return []
    text = CsvText(options, request.context)
    header = read_header(files[0], files[0].file.name, text, options, request.context)
    return header.names if header else []


def _warn_of_data_in_header(source: SourceFile, piece: Any, context: Context) -> None:
    """Warns of a table without a header, which lacks its first row."""
    rows = zip(*(column.to_pylist() for column in piece.table.slice(0, SAMPLE).columns), strict=True)
    if is_data(piece.header.names, [[value or "" for value in row] for row in rows]):
        first = ", ".join(f"`{name}`" for name in piece.header.names[:SHOWN_NAMES])
        message = f"the first line of `{display_name(source.file, context)}` looks like data, not like names: {first}"
        help = f"to keep it as a row, write {option(source, 'header: false')}"
        context.warning(codes.DATA_IN_HEADER, message, source.path, help=help)


def _is_untidy(piece: _Piece) -> bool:
    """Whether blanks beside a delimiter may stand in quotes or before them, which the parser cannot tell."""
    import pyarrow.compute as pc

    if piece.ragged:
        return True

    def is_untidy(column: Any) -> bool:
        return any(
            pc.sum(pc.binary_length(chunk)) != pc.sum(pc.binary_length(pc.ascii_trim_whitespace(chunk)))
            for chunk in column.chunks
        )

    return any(in_parallel(is_untidy, piece.table.columns, piece.table.num_rows * piece.table.num_columns))


def _read_file(
    source: SourceFile, text: CsvText, options: CsvOptions, context: Context, block: int = 0
) -> _Piece | None:
    """Reads a file as a table of strings; None if there are errors.

    Args:
        source: The file.
        text: Opens it.
        options: The options of the source.
        context: Receives errors.
        block: How many bytes are parsed at once; by default as many as the columns need.
    """
    import pyarrow as pa
    from pyarrow import csv

    name = display_name(source.file, context)
    header = read_header(source, name, text, options, context)
    if header is None:
        return None
    ragged = _Ragged()
    block = block or min(max(BLOCK, COLUMN_BLOCK * len(header.names)), LARGEST_BLOCK)
    try:
        with text.open(source.file) as stream:
            table = parsed(
                stream,
                read_options=csv.ReadOptions(
                column_names=header.names, skip_rows=header.lines, encoding=text.encoding, use_threads=True,
                block_size=block,
            ),
            parse_options=csv.ParseOptions(
                delimiter=text.delimiter, quote_char=options.quote, newlines_in_values=True,
                invalid_row_handler=ragged.collect,
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
        if "straddling" in str(error) and block < LARGEST_BLOCK:  # a row is longer than a block
            return _read_file(source, text, options, context, LARGEST_BLOCK)
        if not ragged.count:
            explain(error, source, name, options, context)
            return None
        table = None
    if table is not None and not ragged.count and not table.num_rows:
        context.error(
            codes.EMPTY_SPLIT, f"`{name}` has no rows" + (" below its header" if options.header else ""), source.path
        )
        return None
    return _Piece(table, header, ragged.count)


class _Ragged:
    """Counts the lines with another number of values than the header."""

    def __init__(self) -> None:
        self.count = 0

    def collect(self, _: Any) -> str:
        """Takes a line that pyarrow cannot divide into the columns."""
        self.count += 1
        return "skip" if self.count < MAX_RAGGED else "error"


class _Piece(NamedTuple):
    """A file as a pyarrow table of strings; None if too many rows are ragged.

    Args:
        table: The table.
        header: Its header.
        ragged: The number of rows of another length than the header.
    """

    table: Any
    header: Header
    ragged: int


def _fits(files: list[SourceFile], options: CsvOptions, context: Context) -> bool:
    """Whether the tables stay below the limits; reports the first that does not."""
    import numpy

    limits, total = context.limits, 0.0
    on_disk = are_large(files, context)
    marks = tuple(map(ord, "\n \t" if options.delimiter == WHITESPACE else "\n" + options.delimiter))
    for source in files:
        name, before = display_name(source.file, context), total
        try:
            with context.open(source.file) as packed:
                size = os.fstat(packed.fileno()).st_size
            must_unpack = is_packed(source.file)
            if on_disk and not must_unpack:
                continue
            total += size
            check_memory(total, name, limits)
            if not must_unpack and before + size * (1 + CELL_BYTES) <= limits.memory:
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
    use_disk(total, total * CSV_DISK)
    return True


class _Texts:
    """Counts the memory of columns of text, each of which takes far more than in its file."""

    def __init__(self, rows: int, name: str, limits: Limits) -> None:
        self._rows, self._name, self._limits = rows, name, limits
        self._bytes = 0

    def take(self) -> None:
        """Counts another column; raises `LimitReached` if they take too much."""
        self._bytes += TEXT_BYTES * self._rows
        check_memory(self._bytes, self._name, self._limits)


def _combined(
    files: list[SourceFile], pieces: list[Any], text: CsvText, options: CsvOptions, context: Context
) -> Table | None:
    """Combines the tables of all files; a column that some file lacks is unusable.

    Args:
        files: The files.
        pieces: The table of each file.
        text: Knows whether values are quoted.
        options: The options of the source.
        context: Receives errors.
    """
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
    if isinstance(options.missing, dict) and not are_known(options.missing, names, unusable, context):
        return None
    texts = _Texts(combined.num_rows, shown_names[0], context.limits)

    def typed(name: str) -> Column:
        numbers = NumberFormat(options.decimal, options.thousands, options.marks(name), trimmed=not text.has_quotes)
        return typed_column(name, combined.column(name), texts.take, numbers)

    try:
        columns = in_parallel(typed, names, combined.num_rows * len(names))
    except LimitReached as reached:
        context.limit(reached, files[0].path)
        return None
    table.columns = dict(zip(names, columns, strict=True))
    start = 0
    for file, shown, count in zip(files, shown_names, counts, strict=True):
        table.files.append(FileRows(shown, start, start + count))
        table.fingerprints[shown] = fingerprint(file.file, context)
        start += count
    return table
