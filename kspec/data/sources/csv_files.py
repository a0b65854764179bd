"""One CSV file as a pyarrow table of strings."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from kspec.data.context import Context, display_name
from kspec.data.limits import grows_too_much
from kspec.data.sources.csv_errors import explain
from kspec.data.sources.csv_header import Header, read_header
from kspec.data.sources.csv_numbers import NotNumbers, NumberColumns, failed_column
from kspec.data.sources.csv_text import CsvText
from kspec.data.sources.large_csv import parsed
from kspec.data.sources.read_request import SourceFile
from kspec.data.type_inference import MISSING_WORDS
from kspec.diagnostics import codes
from kspec.language.csv_options import CsvOptions
from kspec.syntax.gzip_stream import GrowsTooMuch

SAMPLE = 200
"""How many rows tell whether the header is one."""
TYPED = 10_000
"""How many rows tell which columns are numbers, at most."""
MAX_RAGGED = 10_000
"""After so many lines of another length, the rest is not read."""
BLOCK, COLUMN_BLOCK, LARGEST_BLOCK = 1 << 20, 1 << 16, 16 << 20
"""How many bytes are parsed at once: at least, for each column, and at most, which no row may exceed. Large blocks do
not stay in the processor's cache, and in small ones a chunk of a column has few values."""

FEW_BLOCKS = 8
"""Of fewer blocks, all columns are read as texts: that takes little longer than to look at the first, and somebody may
ask for the texts."""


class Piece(NamedTuple):
    """A file.

    Args:
        texts: Its columns that are no numbers, as a pyarrow table of strings; None if too many rows are ragged.
        rows: The number of its rows.
        header: Its header.
        ragged: The number of rows of another length than the header.
    """

    texts: Any
    rows: int
    header: Header
    ragged: int


class _Ragged:
    """Counts the lines with another number of values than the header."""

    def __init__(self) -> None:
        self.count = 0

    def collect(self, _: Any) -> str:
        """Takes a line that pyarrow cannot divide into the columns."""
        self.count += 1
        return "skip" if self.count < MAX_RAGGED else "error"


def read_file(
    source: SourceFile,
    text: CsvText,
    options: CsvOptions,
    context: Context,
    *,
    numbers: NumberColumns | None = None,
    only: tuple[str, ...] = (),
    block: int = 0,
) -> Piece | None:
    """Reads a file as a table of strings; None if there are errors, or if numbers have a row longer than a block.

    Args:
        source: The file.
        text: Opens it.
        options: The options of the source.
        context: Receives errors.
        numbers: The columns that are read as numbers; takes their values.
        only: The columns to read; all if there are none.
        block: How many bytes are parsed at once; by default as many as the columns need.

    Raises:
        NotNumbers: If a column of numbers has a value that is none.
    """
    import pyarrow as pa

    name = display_name(source.file, context)
    header = read_header(source, name, text, options, context)
    if header is None:
        return None
    ragged = _Ragged()
    block = block or block_size(header)
    try:
        with text.open(source.file) as stream:
            settings = _settings(header, text, options, numbers, only, block, ragged)
            texts, rows = parsed(stream.raw, settings, numbers)
    except GrowsTooMuch as error:
        context.limit(grows_too_much(name, context.limits, error), source.path)
        return None
    except (pa.ArrowInvalid, pa.ArrowException, UnicodeError, OSError, EOFError, zlib.error) as error:
        if "straddling" in str(error) and block < LARGEST_BLOCK and numbers is None:  # a row is longer than a block
            return read_file(source, text, options, context, only=only, block=LARGEST_BLOCK)
        if numbers is not None and (column := failed_column(error, header.names)) is not None:
            raise NotNumbers(column) from None
        if not ragged.count:
            explain(error, source, name, options, context)
            return None
        texts, rows = None, 0
    if not rows and not ragged.count:
        context.error(
            codes.EMPTY_SPLIT, f"`{name}` has no rows" + (" below its header" if options.header else ""), source.path
        )
        return None
    return Piece(texts, rows, header, ragged.count)


def first_texts(source: SourceFile, header: Header, text: CsvText, options: CsvOptions) -> Any:
    """Some rows of a file, as a pyarrow table of strings; None if they cannot be read.

    Args:
        source: The file.
        header: Its header.
        text: Opens it.
        options: The options of the source.
    """
    import pyarrow as pa
    from pyarrow import csv

    try:
        with text.open(source.file) as stream:
            settings = _settings(header, text, options, None, (), block_size(header), _Ragged())
            settings["read_options"].use_threads = False  # they would read further than the first block
            batch = csv.open_csv(stream, **settings).read_next_batch().slice(0, TYPED)
    except (pa.ArrowInvalid, StopIteration, UnicodeError, OSError, EOFError, zlib.error):
        return None
    return pa.Table.from_batches([batch])


def block_size(header: Header) -> int:
    """How many bytes are parsed at once."""
    return min(max(BLOCK, COLUMN_BLOCK * len(header.names)), LARGEST_BLOCK)


def _settings(
    header: Header,
    text: CsvText,
    options: CsvOptions,
    numbers: NumberColumns | None,
    only: tuple[str, ...],
    block: int,
    ragged: _Ragged,
) -> Mapping[str, Any]:
    """The arguments of pyarrow's readers of CSV.

    Args:
        header: The columns of the file.
        text: The bytes that are parsed.
        options: The options of the source.
        numbers: The columns that are read as numbers.
        only: The columns to read; all if there are none.
        block: How many bytes are parsed at once.
        ragged: Takes rows of another length.
    """
    import pyarrow as pa
    from pyarrow import csv

    types = dict.fromkeys(header.names, pa.string()) | ({} if numbers is None else numbers.types())
    return {
        "read_options": csv.ReadOptions(
            column_names=header.names, skip_rows=header.lines, encoding=text.encoding, use_threads=True,
            block_size=block,
        ),
        "parse_options": csv.ParseOptions(
            delimiter=text.delimiter, quote_char=options.quote, newlines_in_values=True,
            invalid_row_handler=ragged.collect,
        ),
        "convert_options": csv.ConvertOptions(
            column_types=types, strings_can_be_null=True, quoted_strings_can_be_null=False,
            null_values=MISSING_WORDS if numbers is None else numbers.missing_words(),
            decimal_point=options.decimal, include_columns=list(only),
        ),
    }  # fmt: skip
