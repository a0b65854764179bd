"""The first lines of a CSV file: the names of its columns, and what tells data from names."""

from __future__ import annotations

import csv
import itertools
import zlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from kspec.data.context import Context
from kspec.data.limits import MAX_HEADER, LimitReached, check_columns, grows_too_much
from kspec.data.packed_files import packing_of
from kspec.data.sources.csv_text import CsvText
from kspec.data.sources.read_request import SourceFile, first_lines
from kspec.diagnostics import codes, did_you_mean
from kspec.language.csv_options import CsvOptions
from kspec.language.data import SUFFIXES
from kspec.language.targets import named_targets
from kspec.syntax.gzip_stream import GrowsTooMuch
from kspec.syntax.path_policy import PathRefused

SAMPLE = 50
"""How many rows below the header tell whether it lacks a name."""
SAMPLE_LINES = 10_000
"""How many lines are looked at for these, some of which may be empty."""


class Header(NamedTuple):
    """The names of the columns, and the number of lines above the data."""

    names: list[str]
    lines: int


class FirstRows(NamedTuple):
    """The first row of a file that is not empty, some rows below it, and the number of lines above the data."""

    first: list[str]
    below: list[list[str]]
    lines: int


def options_of(setting: Any) -> tuple[CsvOptions, Any]:
    """The options of the source, and its paths."""
    return (setting, setting.path) if isinstance(setting, CsvOptions) else (CsvOptions(path="-"), setting)


def read_header(source: SourceFile, name: str, text: CsvText, options: CsvOptions, context: Context) -> Header | None:
    """Reads the header: unique, trimmed names; numbered names for empty ones.

    Args:
        source: The file.
        name: Its name in messages.
        text: Opens it.
        options: The options of the source.
        context: Receives errors.

    Returns:
        The header; None if there are errors.
    """
    rows = first_rows(source, name, text, options, context)
    names = None if rows is None else header_names(rows, name, source, options, context)
    return None if rows is None or names is None else Header(names, rows.lines)


def first_rows(source: SourceFile, name: str, text: CsvText, options: CsvOptions, context: Context) -> FirstRows | None:
    """Reads the rows that tell the names of the columns; None if there are errors.

    Args:
        source: The file.
        name: Its name in messages.
        text: Opens it.
        options: The options of the source.
        context: Receives errors.
    """
    try:
        if b"\0" in first_lines(source.file, context) and "16" not in options.encoding and "32" not in options.encoding:
            message = f"`{name}` is a binary file, not a text table"
            help = _help_for_binary(source.file, first_lines(source.file, context))
            if (line := _line_of_null(first_lines(source.file, context))) is not None:
                message = f"`{name}` has a null character in line {line}, which is no part of a text"
                help = "write the table again without it; NumPy and C end texts with such characters"
            context.error(codes.MALFORMED_DATA_FILE, message, source.path, help=help)
            return None
        lines = _bounded(itertools.islice(text.lines(source.file, MAX_HEADER + 1), options.skip_rows, None), name)
        reader = csv.reader(lines, **dialect(text, options))
        first = next((row for row in reader if row), [])
        above = options.skip_rows + (reader.line_num if options.header else 0)
        rows = _sample(reader)
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
    except (csv.Error, UnicodeError):
        message = f"the first line of `{name}` is not a table row"
        context.error(codes.MALFORMED_DATA_FILE, message, source.path, help="is it a text file in the stated encoding?")
        return None
    if not first:
        where = f" below line {options.skip_rows}" if options.skip_rows else ""
        context.error(codes.MALFORMED_DATA_FILE, f"`{name}` has no table{where}: all its lines are empty", source.path)
        return None
    return FirstRows(first, rows, above)


def dialect(text: CsvText, options: CsvOptions) -> dict[str, Any]:
    """The arguments of Python's `csv.reader` for a text."""
    if not options.quote:
        return {"delimiter": text.delimiter, "quoting": csv.QUOTE_NONE}
    return {"delimiter": text.delimiter, "quotechar": options.quote}


def nameless(number: int) -> str:
    """The name of a column without a name in the header, such as the index that pandas writes."""
    return f"unnamed_{number}"


def header_names(
    rows: FirstRows, name: str, source: SourceFile, options: CsvOptions, context: Context
) -> list[str] | None:
    """The names of the columns, each once; None if there are errors.

    Args:
        rows: The first rows of the file.
        name: The file in messages.
        source: The file.
        options: The options of the source.
        context: Receives errors.
    """
    first = rows.first
    if options.header:
        names = _completed([column.strip() for column in first], rows.below)
    else:
        names = [f"c{number}" for number in range(len(first))]
    if options.names is not None:
        listed = _listed_names(names, first, options, context)
        if listed is None:
            _refuse_names(len(options.names), len(names), name, source, context)
            return None
        names = listed
    twice = [column for column, count in Counter(names).items() if column and count > 1]
    if twice:
        message, help = f"`{name}` has several columns named `{twice[0]}`", "give each column a unique name"
        if _is_number(twice[0]):
            help = f"the first line looks like data; a table without a header needs {option(source, 'header: false')}"
        context.error(codes.MALFORMED_DATA_FILE, message, source.path, help=help)
        return None
    return [column or nameless(number) for number, column in enumerate(names)]


def _refuse_names(listed: int, columns: int, name: str, source: SourceFile, context: Context) -> None:
    """Reports that a file has another number of columns than names.

    Args:
        listed: The number of names.
        columns: The number of columns.
        name: The file in messages.
        source: The file.
        context: Receives the error.
    """
    if context.is_new:
        message = f"`{name}` has {columns} columns, but the training data had {listed}"
        help = "a table without a header needs the same columns in the same order; only targets may be absent"
        context.error(codes.MALFORMED_DATA_FILE, message, source.path, help=help)
        return
    message = f"`names` lists {listed} columns, but `{name}` has {columns}"
    path = None if context.source_path is None else (*context.source_path[:2], "names")
    context.error(codes.MALFORMED_DATA_FILE, message, path, help="name each column of the file")


def option(source: SourceFile, text: str) -> str:
    """How to write an option for a file: `csv: {path: t.csv, header: false}` in backticks."""
    return f"`csv: {{path: {source.file.name}, {text}}}`"


def are_known(missing: Mapping[str, Any], names: Sequence[str], unusable: Collection[str], context: Context) -> bool:
    """Whether each column under `missing` is one of the table; reports the first that is not.

    Args:
        missing: By column, the texts that stand for missing values.
        names: The columns of the table.
        unusable: The columns that some file lacks.
        context: Receives the error.
    """
    unknown = next((name for name in missing if name not in names and name not in unusable), None)
    if unknown is None or context.is_new:
        return True
    path = None if context.source_path is None else (*context.source_path[:2], "missing", unknown)
    context.error(
        codes.UNKNOWN_COLUMN,
        f"unknown column `{unknown}`",
        path,
        key=True,
        label=did_you_mean(unknown, names),
        help=f"available columns: {', '.join(names[:12])}",
    )
    return False


def _completed(names: list[str], rows: list[list[str]]) -> list[str]:
    """The names, with an empty one for a column that the header leaves out.

    Each row may end in a delimiter though the header does not; and the header may lack a name for the names of the
    rows, which come first, as R writes tables.
    """
    lengths = {len(row) for row in rows}
    if lengths == {len(names) + 1}:
        if not any(row[-1].strip() for row in rows):
            return [*names, ""]
        return ["", *names] if len(rows) > 1 else names
    if lengths == {len(names) - 1} and not names[-1]:
        return names[:-1]
    return names


def _listed_names(names: list[str], first: list[str], options: CsvOptions, context: Context) -> list[str] | None:
    """The names that the spec lists; None if these are more or fewer than the columns.

    Args:
        names: The columns of the file.
        first: Its first row.
        options: The options of the source.
        context: Tells whether the file is other data, which may lack the targets.
    """
    listed: list[str] = options.names
    if len(names) == len(listed) + 1 and not first[-1].strip():
        return [*listed, ""]
    if len(names) != len(listed) and context.is_new and context.spec.document.data is not None:
        targets = named_targets(context.spec.document.data.targets)
        listed = [column for column in listed if column not in targets]
    return listed if len(names) == len(listed) else None


def _sample(reader: Any) -> list[list[str]]:
    """Some rows below the header; fewer if they cannot be read."""
    rows: list[list[str]] = []
    try:
        for row in itertools.islice(reader, SAMPLE_LINES):
            rows += [row] if row else []
            if len(rows) == SAMPLE:
                break
    except (csv.Error, LimitReached, OSError, EOFError, zlib.error):
        pass  # reported when the table is read
    return rows


def _bounded(lines: Iterator[str], name: str) -> Iterator[str]:
    """The lines of a text, until they are too long for a header."""
    left = MAX_HEADER
    for line in lines:
        left -= len(line)
        if left < 0:
            message = f"the first line of `{name}` is longer than {MAX_HEADER >> 20} million characters"
            raise LimitReached(codes.TOO_MANY_COLUMNS, f"{message}: it is no line of column names")
        yield line


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _line_of_null(start: bytes) -> int | None:
    """The line of the first null character in a text; None if the bytes are no text."""
    others = sum(start.count(code) for code in range(1, 32) if code not in b"\t\n\f\r")
    if others or start.count(0) * 10 > len(start):
        return None
    return start[: start.index(0)].count(b"\n") + 1


def _help_for_binary(file: Path, start: bytes) -> str:
    if packing := packing_of(start):
        return f"it is packed: give it a name that ends in {packing}"
    if start.startswith(b"PAR1"):
        return f"use `parquet: {file.name}`"
    if file.suffix in SUFFIXES["excel"]:
        return f"use `excel: {file.name}`"
    if file.suffix in (".npz", ".parquet"):
        return f"use `{file.suffix[1:]}: {file.name}`"
    return "to read UTF-16, set `encoding: utf-16`"
