"""Reports why a CSV file is no table."""

from __future__ import annotations

import codecs
import csv
import itertools
import zlib
from pathlib import Path

from kspec.data.context import Context
from kspec.data.packed_files import DamagedFile
from kspec.data.sources.csv_header import Header, dialect, option
from kspec.data.sources.csv_text import CsvText
from kspec.data.sources.read_request import SourceFile, blocks, likely_delimiter
from kspec.diagnostics import codes
from kspec.language.csv_options import CsvOptions
from kspec.syntax.path_policy import PathRefused

SHOWN = 3
"""How many rows of another length are named."""


def report_ragged(
    count: int,
    header: Header,
    name: str,
    text: CsvText,
    source: SourceFile,
    options: CsvOptions,
    context: Context,
) -> None:
    """Reports rows with more or fewer values than there are columns.

    Args:
        count: How many there are.
        header: The columns.
        name: The file in messages.
        text: Opens it.
        source: The file.
        options: The options of the source.
        context: Receives the error.
    """
    columns = len(header.names)
    lines = [f"line {line} has {length}" for line, length in _ragged_lines(text, header, source.file, options)]
    more = f", and {count - SHOWN} more lines differ" if count > SHOWN else ""
    delimiter = likely_delimiter(source.file, context)
    if columns == 1 and delimiter != options.delimiter:
        setting = 'delimiter: "{}"'.format("\\t" if delimiter == "\t" else delimiter)
        help = f"is the delimiter right? try {option(source, setting)}"
    else:
        help = "every line needs as many values as the first; quote values that contain the delimiter"
    context.error(
        codes.MALFORMED_DATA_FILE,
        f"`{name}` has {columns} column{'s' if columns > 1 else ''}, but {', '.join(lines) or 'lines differ'}{more}",
        source.path,
        help=help,
    )


def _ragged_lines(text: CsvText, header: Header, file: Path, options: CsvOptions) -> list[tuple[int, int]]:
    """The numbers of the first lines of another length, and their numbers of values."""
    reader = csv.reader(itertools.islice(text.lines(file), header.lines, None), **dialect(text, options))
    lines = ((header.lines + reader.line_num, len(row)) for row in reader if row and len(row) != len(header.names))
    try:
        return list(itertools.islice(lines, SHOWN))
    except (csv.Error, OSError, EOFError, zlib.error):
        return []


def explain(error: Exception, source: SourceFile, name: str, options: CsvOptions, context: Context) -> None:
    """Reports why pyarrow cannot read a file.

    Args:
        error: What it has raised.
        source: The file.
        name: Its name in messages.
        options: The options of the source.
        context: Receives the error.
    """
    if isinstance(error, PathRefused):
        error.problem.report(context.report, context.span(source.path))
        return
    line, text, help = _first_bad_line(source.file, options.encoding, context), str(error), ""
    if line is not None:
        message = f"`{name}` is not {options.encoding}: line {line} cannot be decoded"
        help = f"set the encoding, for example {option(source, 'encoding: latin-1')}"
    elif "straddling" in text or "quote" in text:
        message = f"cannot divide `{name}` into rows: is a closing quote missing?"
        help = f"if its quotes are plain characters, write {option(source, 'quote: false')}" if options.quote else ""
    elif "zlib" in text or "gzip" in text.lower():
        message = f"`{name}` is not a complete gzip file"
    elif isinstance(error, DamagedFile):
        message = f"cannot read `{name}`: {error}"
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
