"""The source `csv`: text tables, read with pyarrow; packed files are unpacked."""

from __future__ import annotations

import os
import zlib
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from threading import Lock
from typing import Any, NamedTuple

from kspec.data.context import Context, InvalidData, display_name
from kspec.data.first_row import is_data
from kspec.data.limits import LimitReached, check_memory, grows_too_much
from kspec.data.packed_files import is_packed
from kspec.data.parallel import in_parallel
from kspec.data.sources import csv_files
from kspec.data.sources.csv_errors import report_open_quote, report_ragged
from kspec.data.sources.csv_files import BLOCK, SAMPLE, Piece, block_size, first_texts, read_file
from kspec.data.sources.csv_header import Header, are_known, nameless, option, options_of, read_header
from kspec.data.sources.csv_numbers import ATTEMPTS, NotNumbers, NumberColumns
from kspec.data.sources.csv_text import CsvText
from kspec.data.sources.large_csv import CSV_DISK, are_large, file_size
from kspec.data.sources.read_request import (
    Request,
    SourceFile,
    blocks,
    fingerprint,
    not_in_all,
    row_splits,
    source_files,
)
from kspec.data.storage.mapped_arrays import arrays_on_disk, on_disk, use_disk
from kspec.data.table import Column, FileRows, Table
from kspec.data.type_inference import NumberFormat, column_texts, typed_column
from kspec.diagnostics import Report, codes
from kspec.language.csv_options import WHITESPACE, CsvOptions
from kspec.language.data_limits import Limits
from kspec.syntax.gzip_stream import GrowsTooMuch
from kspec.syntax.path_policy import PathRefused

SHOWN_NAMES = 4
"""How many names of a header that looks like data are shown."""
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
    found = _read_numbers(files, options, context) or _read_texts(files, options, context)
    for file, piece in zip(files, found.pieces, strict=True):
        if piece is not None and piece.ragged:
            name = display_name(file.file, context)
            report_ragged(piece.ragged, piece.header, name, found.text, file, options, context)
            return None
        if piece is not None and found.text.has_quotes:
            name, last = display_name(file.file, context), _last_value(piece)
            if report_open_quote(last, name, found.text, piece.header, file, options, context):
                return None
    pieces = [piece for piece in found.pieces if piece is not None]
    if len(pieces) < len(files):
        return None
    if options.header and options.names is None and not request.for_prediction:
        _warn_of_data_in_header(files[0], pieces[0].header, found.sample or pieces[0].texts, context)
    return _combined(files, found._replace(pieces=pieces), options, context)


class _Found(NamedTuple):
    """What the files of a source hold.

    Args:
        pieces: The rows of each file; None for one with errors.
        text: Opens them.
        numbers: The columns that were read as numbers.
        sample: The first rows of the first file, as a pyarrow table of strings, if some columns were.
    """

    pieces: Sequence[Piece | None]
    text: CsvText
    numbers: NumberColumns
    sample: Any = None


def _read_texts(
    files: Sequence[SourceFile], options: CsvOptions, context: Context, only: tuple[str, ...] = ()
) -> _Found:
    """Reads all columns as texts.

    Args:
        files: The files.
        options: The options of the source.
        context: Receives errors.
        only: The columns to read, unless a file has quotes: then all of them tell what these mean.
    """
    text = CsvText(options, context)
    pieces = [read_file(file, text, options, context, only=only) for file in files]
    if text.has_quotes and only:
        return _read_texts(files, options, context)
    if text.has_quotes and any(piece is not None and _is_untidy(piece) for piece in pieces):
        text = CsvText(options, context, exact=True)
        pieces = [read_file(file, text, options, context) for file in files]
    return _Found(pieces, text, NumberColumns({}, options))


def _read_numbers(files: Sequence[SourceFile], options: CsvOptions, context: Context) -> _Found | None:
    """Reads columns as numbers where the parser can; None if all have to be read as texts.

    Args:
        files: The files.
        options: The options of the source.
        context: Opens the files; receives no errors, since it is those of reading texts that count.
    """
    size = sum(file_size(file, context) for file in files)
    if size < BLOCK * csv_files.FEW_BLOCKS:
        return None
    trial = replace(context, report=Report())
    text = CsvText(options, trial)
    header = read_header(files[0], display_name(files[0].file, trial), text, options, trial)
    if header is None or size < block_size(header) * csv_files.FEW_BLOCKS:
        return None
    sample = first_texts(files[0], header, text, options)
    if sample is None:
        return None
    numbers = NumberColumns.of_sample(sample, options)
    for _ in range(ATTEMPTS):
        if not numbers.kinds:
            return None
        try:
            pieces = [read_file(file, text, options, trial, numbers=numbers) for file in files]
        except NotNumbers as other:
            numbers = numbers.without(other.column)
            continue
        if any(piece is None or piece.ragged or (text.has_quotes and _is_untidy(piece)) for piece in pieces):
            return None
        return _Found(pieces, text, numbers, sample)
    return None


def names(setting: Any, request: Request) -> list[str]:
    """Reads the columns of the first file from its header; empty if it cannot be read."""
    options, paths = options_of(setting)
    files = source_files(paths, request)
    if not files:
        return []
    text = CsvText(options, request.context)
    header = read_header(files[0], files[0].file.name, text, options, request.context)
    return header.names if header else []


def _last_value(piece: Piece) -> str | None:
    """The last value of a file; None if its last column holds no texts."""
    name = piece.header.names[-1]
    if name not in piece.texts.column_names or not piece.texts.num_rows:
        return None
    value: str | None = piece.texts.column(name)[-1].as_py()
    return value


def _warn_of_data_in_header(source: SourceFile, header: Header, texts: Any, context: Context) -> None:
    """Warns of a table without a header, which lacks its first row.

    Args:
        source: The first file.
        header: Its header.
        texts: Its first rows, as a pyarrow table of strings.
        context: Receives the warning.
    """
    rows = zip(*(column.to_pylist() for column in texts.slice(0, SAMPLE).columns), strict=True)
    if is_data(header.names, [[value or "" for value in row] for row in rows]):
        first = ", ".join(f"`{name}`" for name in header.names[:SHOWN_NAMES])
        message = f"the first line of `{display_name(source.file, context)}` looks like data, not like names: {first}"
        help = f"to keep it as a row, write {option(source, 'header: false')}"
        context.warning(codes.DATA_IN_HEADER, message, source.path, help=help)


def _is_untidy(piece: Piece) -> bool:
    """Whether blanks beside a delimiter may stand in quotes or before them, which the parser cannot tell."""
    import pyarrow.compute as pc

    if piece.ragged:
        return True

    def is_untidy(column: Any) -> bool:
        return any(
            pc.sum(pc.binary_length(chunk)) != pc.sum(pc.binary_length(pc.ascii_trim_whitespace(chunk)))
            for chunk in column.chunks
        )

    return any(in_parallel(is_untidy, piece.texts.columns, piece.texts.num_rows * piece.texts.num_columns))


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


def _combined(files: list[SourceFile], found: _Found, options: CsvOptions, context: Context) -> Table | None:
    """Combines the rows of all files; a column that some file lacks is unusable.

    Args:
        files: The files.
        found: The rows of each file.
        options: The options of the source.
        context: Receives errors.
    """
    import pyarrow as pa

    pieces = [piece for piece in found.pieces if piece is not None]
    shown_names = [display_name(file.file, context) for file in files]
    unusable = not_in_all([(name, piece.header.names) for name, piece in zip(shown_names, pieces, strict=True)])
    names = [name for name in pieces[0].header.names if name not in unusable]
    if not names:
        context.error(codes.MALFORMED_DATA_FILE, "the files have no columns in common", files[1].path)
        return None
    as_texts = [name for name in names if name not in found.numbers.kinds]
    combined = pa.concat_tables([piece.texts.select(as_texts) for piece in pieces])
    counts = [piece.rows for piece in pieces]
    table = Table({}, sum(counts), row_splits=row_splits(files, counts), unusable=unusable)
    table.nameless = tuple(name for number, name in enumerate(names) if name == nameless(number))
    if isinstance(options.missing, dict) and not are_known(options.missing, names, unusable, context):
        return None
    texts = _Texts(table.rows, shown_names[0], context.limits)
    trimmed = not found.text.has_quotes
    original = _OriginalTexts(files, tuple(found.numbers.kinds), table.rows, options, context)

    def typed(name: str) -> Column:
        if name in found.numbers.kinds:
            return found.numbers.column(name, lambda: original.of(name))
        numbers = NumberFormat(options.decimal, options.thousands, options.marks(name), trimmed=trimmed)
        return typed_column(name, combined.column(name), texts.take, numbers)

    try:
        columns = in_parallel(typed, names, table.rows * len(names))
    except LimitReached as reached:
        context.limit(reached, files[0].path)
        return None
    table.columns = dict(zip(names, columns, strict=True))
    start = 0
    for file, shown, count in zip(files, shown_names, counts, strict=True):
        table.files.append(FileRows(shown, start, start + count))
        table.fingerprints[shown] = found.text.fingerprints.get(file.file) or fingerprint(file.file, context)
        start += count
    return table


class _OriginalTexts:
    """The texts of columns that were read as numbers: they are read when somebody asks for them.

    Args:
        files: The files.
        names: The columns.
        rows: The number of rows.
        options: The options of the source.
        context: Receives an error if the files are not those that were read.
    """

    def __init__(
        self, files: Sequence[SourceFile], names: tuple[str, ...], rows: int, options: CsvOptions, context: Context
    ) -> None:
        self._files, self._names, self._rows = files, names, rows
        self._options, self._context = options, context
        self._on_disk, self._lock = on_disk(), Lock()
        self._found: tuple[Any, bool] | None = None

    def of(self, name: str) -> Any:
        """The texts of a column, shape (n,), as in `Column`.

        Raises:
            InvalidData: If a file has changed, or cannot be read any more.
        """
        with self._lock:
            if self._found is None:
                with arrays_on_disk() if self._on_disk else nullcontext():
                    self._found = self._read()
            texts, trimmed = self._found
        marks = self._options.marks(name)
        return column_texts(texts.column(name), NumberFormat(self._options.decimal, marks=marks, trimmed=trimmed))

    def _read(self) -> tuple[Any, bool]:
        """The texts of all columns, as a pyarrow table, and whether blanks around them are none of them."""
        import pyarrow as pa

        context = replace(self._context, report=Report())
        found = _read_texts(self._files, self._options, context, self._names)
        pieces = [piece for piece in found.pieces if piece is not None and not piece.ragged]
        has_changed = not all(context.opened.get(str(file.file)) for file in self._files)
        if has_changed or len(pieces) < len(self._files) or sum(piece.rows for piece in pieces) != self._rows:
            name = display_name(self._files[0].file, self._context)
            changed = f"`{name}`" if len(self._files) == 1 else f"`{name}` or another file of the data"
            self._context.error(
                codes.UNREADABLE_DATA, f"{changed} has changed or vanished while it was read", self._files[0].path
            )
            raise InvalidData
        names = [name for name in self._names if all(name in piece.texts.column_names for piece in pieces)]
        return pa.concat_tables([piece.texts.select(names) for piece in pieces]), not found.text.has_quotes
