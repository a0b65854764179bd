"""Reports why a CSV file is no table."""

from __future__ import annotations

import codecs
import collections
import csv
import itertools
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from kspec.data.context import Context
from kspec.data.packed_files import DamagedFile
from kspec.data.sources.csv_header import Header, dialect, option
from kspec.data.sources.csv_text import CsvText
from kspec.data.sources.read_request import SourceFile, blocks, likely_delimiter
from kspec.data.text_encoding import find_encoding
from kspec.diagnostics import codes
from kspec.language.csv_options import CsvOptions
from kspec.syntax.path_policy import PathRefused

MANY_LINES = 1000
"""A quoted value of more lines is one that was not closed."""
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
    rows = _ragged_rows(text, header, source.file, options)
    counted = f"`{name}` has {columns} column{'s' if columns > 1 else ''}, but "
    quoted = next((row for row in rows if row.last > row.line), None)
    if quoted is not None:
        end = "is never closed" if quoted.is_open else f"closes only in line {quoted.last}"
        message = f"{counted}line {quoted.line} has {quoted.length}: the quote that opens there {end}"
        context.error(codes.MALFORMED_DATA_FILE, message, source.path, help=_quote_help(quoted.line, source))
        return
    more = f", and {count - SHOWN} more lines differ" if count > SHOWN else ""
    delimiter = likely_delimiter(source.file, context)
    if columns == 1 and delimiter != options.delimiter:
        setting = 'delimiter: "{}"'.format("\\t" if delimiter == "\t" else delimiter)
        help = f"is the delimiter right? try {option(source, setting)}"
    elif rows and rows[0].is_below:
        help = f"take the notes below the table out of the file, from line {rows[0].line} on"
    elif options.delimiter == " ":
        help = f"if several blanks divide two values, write {option(source, 'delimiter: whitespace')}"
    else:
        help = "every line needs as many values as the first; quote values that contain the delimiter"
    lines = ", ".join(f"line {row.line} has {row.length}" for row in rows)
    context.error(codes.MALFORMED_DATA_FILE, f"{counted}{lines or 'lines differ'}{more}", source.path, help=help)


def report_open_quote(
    last: str | None,
    name: str,
    text: CsvText,
    header: Header,
    source: SourceFile,
    options: CsvOptions,
    context: Context,
) -> bool:
    """Reports a quote in the last column that is never closed, so that it takes all rows below it.

    Args:
        last: The last value of the file.
        name: The file in messages.
        text: Opens it.
        header: The columns.
        source: The file.
        options: The options of the source.
        context: Receives the error.

    Returns:
        Whether there is one.
    """
    if not options.quote or not last or "\n" not in last.replace("\r", "\n"):
        return False
    rows = collections.deque(_rows(text, header, source.file, options), maxlen=1)
    if not rows or not rows[0].is_open:
        return False
    row = rows[0]
    message = f"the quote that opens in line {row.line} of `{name}` is never closed: it takes all lines below it"
    context.error(codes.MALFORMED_DATA_FILE, message, source.path, help=_quote_help(row.line, source))
    return True


def _quote_help(line: int, source: SourceFile) -> str:
    return f"close it in line {line}; if quotes are plain characters, write {option(source, 'quote: false')}"


class _Row(NamedTuple):
    """A row of a file.

    Args:
        line: Its first line.
        last: Its last line.
        length: The number of its values.
        is_open: Whether a quote in it is not closed before the end of the file.
        is_below: Whether only short rows stand below it, which may be notes.
    """

    line: int
    last: int
    length: int
    is_open: bool = False
    is_below: bool = False


def _rows(text: CsvText, header: Header, file: Path, options: CsvOptions) -> Iterator[_Row]:
    """The rows of a file, but for empty ones.

    Raises:
        OSError: If it cannot be read.
    """
    end = ""

    def lines() -> Iterator[str]:
        nonlocal end
        for line in itertools.islice(text.lines(file), header.lines, None):
            end = line.rstrip() or end
            yield line

    reader = csv.reader(lines(), **dialect(text, options))
    line = 0
    found: _Row | None = None
    try:
        for row in reader:
            if found is not None:
                yield found
            first, line = line + 1, reader.line_num
            found = _Row(header.lines + first, header.lines + line, len(row)) if row else None
    except csv.Error:  # a value of more than 131,072 characters
        found = _Row(header.lines + line + 1, header.lines + reader.line_num, 0, is_open=True)
    if found is not None:
        is_open = found.is_open or (found.last > found.line and not end.endswith(options.quote or "\n"))
        yield found._replace(is_open=is_open)


def _ragged_rows(text: CsvText, header: Header, file: Path, options: CsvOptions) -> list[_Row]:
    """The first rows of another length."""
    wanted = len(header.names)
    found: list[_Row] = []
    is_below = True
    try:
        for row in _rows(text, header, file, options):
            if row.length == wanted and found:
                is_below = False
            elif row.length != wanted and len(found) < SHOWN:
                found.append(row)
            is_below &= row.length < min(wanted, 3) or row.length == wanted
            if len(found) == SHOWN and not is_below:
                break
    except (OSError, EOFError, zlib.error):
        pass
    return [row._replace(is_below=is_below) for row in found]


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
        help = f"it seems to be {option(source, f'encoding: {find_encoding(source.file, context)}')}"
    elif "straddling" in text or "quote" in text:
        message = f"cannot divide `{name}` into rows: is a closing quote missing?"
        opened = _long_quote(CsvText(options, context), source.file, options) if options.quote else None
        if opened is not None:
            message = f"the quote that opens in line {opened} of `{name}` is not closed"
            help = _quote_help(opened, source)
        elif options.quote:
            help = f"if its quotes are plain characters, write {option(source, 'quote: false')}"
    elif "zlib" in text or "gzip" in text.lower():
        message = f"`{name}` is not a complete gzip file"
    elif isinstance(error, DamagedFile):
        message = f"cannot read `{name}`: {error}"
    else:
        message = f"cannot read `{name}` as a table: {text.splitlines()[0]}"
    context.error(codes.MALFORMED_DATA_FILE, message, source.path, help=help)


def _long_quote(text: CsvText, file: Path, options: CsvOptions) -> int | None:
    """The line of a quote that is not closed for very long; None if there is none."""
    try:
        rows = _rows(text, Header([], 0), file, options)
        return next((row.line for row in rows if row.is_open or row.last - row.line > MANY_LINES), None)
    except (OSError, EOFError, zlib.error):
        return None


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
