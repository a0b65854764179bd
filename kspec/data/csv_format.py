"""Finds out how a text table is written: encoding, lines on top, delimiter, header."""

from __future__ import annotations

import csv
import itertools
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from kspec.data.context import Context
from kspec.data.first_row import has_second_header, is_data
from kspec.data.sources.read_request import first_lines
from kspec.data.text_encoding import find_encoding
from kspec.language.csv_options import WHITESPACE, CsvOptions

SAMPLE, ROWS, TOP = 1 << 18, 500, 50
"""How many bytes and rows are looked at, and how many lines may stand on top of a table."""
DELIMITERS = ("\t", ";", "|", ",", WHITESPACE)
"""From the least likely to stand in a text to the most likely."""
CONSISTENT = 0.95
_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:[.,']\d{3})+(?:[.,]\d+)?|\d+[.,]?\d*|[.,]\d+)(?:[eE][+-]?\d+)?")
_BLANKS = re.compile(r"[ \t]+")


class _Division(NamedTuple):
    """A text, divided at a delimiter.

    Args:
        delimiter: The delimiter.
        width: The number of values that most rows have.
        start: The place of the first row of the table.
        rows: Its rows.
        numbers: The share of numbers among their values.
    """

    delimiter: str
    width: int
    start: int
    rows: list[list[str]]
    numbers: float


def find_format(file: Path, context: Context, given: dict[str, Any]) -> dict[str, Any]:
    """The options with which a text table is read.

    Args:
        file: The file.
        context: Opens it.
        given: Options that are known already; they are kept.

    Returns:
        The options that differ from their defaults, `header` and `names` as they must be.

    Raises:
        OSError: If it cannot be read.
    """
    options = dict(given) if "encoding" in given else {"encoding": find_encoding(file, context), **given}
    data = first_lines(file, context, SAMPLE)
    text = data.decode(options["encoding"], errors="replace").lstrip("\ufeff")
    lines = text.splitlines()[: None if len(data) < SAMPLE else -1][: ROWS + TOP]
    comment = _comment(lines)
    if comment and "comment" not in options:
        options["comment"] = comment
    commented = _last_comment(lines, comment) if comment else ""
    if comment:
        lines = [line.partition(comment)[0] for line in lines]
    if "quote" not in options and _has_single_quotes(lines):
        options["quote"] = "'"
    division = _division(lines, options)
    if division is not None:
        options["delimiter"] = division.delimiter
        if division.start and "skip_rows" not in options:
            options["skip_rows"] = division.start
        _find_header(division, options)
        if commented and options.get("header") is False and options.get("names") is None:
            options |= _names_in_comment(commented, division)
    elif (
        "header" not in options and options.get("names") is None and _are_numbers(lines[options.get("skip_rows", 0) :])
    ):
        options["header"] = False
    defaults = CsvOptions(path="-")
    return {key: value for key, value in options.items() if key == "header" or value != getattr(defaults, key)}


def is_aligned(file: Path, context: Context, options: dict[str, Any]) -> bool:
    """Whether the columns of a text are aligned by several blanks, with single ones inside of values.

    Args:
        file: The file.
        context: Opens it.
        options: How it is read, without a delimiter.

    Raises:
        OSError: If it cannot be read.
    """
    text = first_lines(file, context, SAMPLE).decode(options.get("encoding", "utf-8"), errors="replace")
    lines = [line.strip() for line in text.splitlines()[:ROWS] if line.strip()]
    widths = Counter(len(re.split(r" {2,}", line)) for line in lines)
    width, count = widths.most_common(1)[0] if widths else (1, 0)
    return width > 1 and count >= CONSISTENT * len(lines) and not any("," in line for line in lines[:1])


def _comment(lines: Sequence[str]) -> str | None:
    """The character that starts comments above the table."""
    mark = lines[0].strip()[:1] if lines else ""
    if mark not in ("#", "%"):
        return None
    below = next((line for line in lines if not line.strip().startswith(mark) and line.strip()), "")
    is_header = sum(line.startswith(mark) for line in lines[:TOP]) == 1 and any(
        delimiter in below and lines[0].count(delimiter) == below.count(delimiter) for delimiter in ",;\t|"
    )
    return None if is_header else mark


def _last_comment(lines: Sequence[str], mark: str) -> str:
    """The last comment above the table, without the mark."""
    above = list(itertools.takewhile(lambda line: not line.strip() or line.strip().startswith(mark), lines))
    return next((line.strip().lstrip(mark).strip() for line in reversed(above) if line.strip()), "")


def _names_in_comment(comment: str, division: _Division) -> dict[str, Any]:
    """The option `names`, if a comment above the table is one line of names, as NumPy writes them; else nothing."""
    division_of_names = None if division.delimiter == WHITESPACE else division.delimiter
    names = [name.strip() for name in comment.split(division_of_names)]
    are_names = len(names) == division.width and len(set(names)) == len(names) and all(names)
    return {"names": names} if are_names and not any(_NUMBER.fullmatch(name) for name in names) else {}


def _has_single_quotes(lines: Sequence[str]) -> bool:
    """Whether the values of the first line stand in single quotes."""
    line = next((line.strip() for line in lines if line.strip()), "")
    return '"' not in line and line.count("'") >= 4 and line.startswith("'") and line.endswith("'")


def _division(lines: list[str], options: dict[str, Any]) -> _Division | None:
    """The most plausible way to divide the lines; None if they are a single column."""
    candidates = [options["delimiter"]] if "delimiter" in options else DELIMITERS
    skipped = options.get("skip_rows")
    quote = options.get("quote") or '"'
    found = [each for delimiter in candidates if (each := _divide(lines, delimiter, skipped, quote)) is not None]
    return max(found, key=lambda each: (not each.start, round(each.numbers, 2)), default=None)


def _divide(lines: list[str], delimiter: str, skipped: int | None, quote: str) -> _Division | None:
    """Divides lines at a delimiter; None if the rows have different lengths.

    Args:
        lines: The lines.
        delimiter: The delimiter.
        skipped: How many lines stand above the table; None if that is to be found.
        quote: The character around texts.
    """
    rows: list[tuple[int, list[str]]] = []
    if delimiter == WHITESPACE:
        reader = csv.reader((_BLANKS.sub(" ", line.strip()) for line in lines), delimiter=" ", quotechar=quote)
    else:
        reader = csv.reader((line + "\n" for line in lines), delimiter=delimiter, quotechar=quote)
    before = 0
    try:
        for row in reader:
            if any(value.strip() for value in row):
                rows.append((before, row))
            before = reader.line_num
    except csv.Error:
        return None
    rows = [(line, row) for line, row in rows if skipped is None or line >= skipped]
    if not rows:
        return None
    widths = Counter(len(row) for _, row in rows)
    width = max(widths, key=lambda each: (widths[each], each))
    start = next(place for place, (_, row) in enumerate(rows) if len(row) == width)
    if skipped is None and start and len(rows[start - 1][1]) == width - 1:
        start -= _names_columns(rows[start - 1][1], width)
    below = rows[start:]
    fitting = sum(len(row) == width for _, row in below[1:]) + 1
    if width < 2 or start > TOP or fitting < CONSISTENT * len(below):
        return None
    values = [value for _, row in below[1:] for value in row] or [value for _, row in below for value in row]
    numbers = sum(_NUMBER.fullmatch(value.strip()) is not None for value in values)
    line = rows[start][0] if skipped is None and start else 0
    return _Division(delimiter, width, line, [row for _, row in below], numbers / len(values))


def _names_columns(row: list[str], width: int) -> bool:
    """Whether a row that is shorter by one names all columns but the first."""
    return len(row) == width - 1 and len(row) > 1 and not any(re.search(r"\d{2}|^-?\d", value) for value in row)


def _are_numbers(lines: list[str]) -> bool:
    """Whether lines are a list of numbers, one on each."""
    rows = [line.strip() for line in lines if line.strip()]
    return len(rows) > 1 and all(_NUMBER.fullmatch(row) for row in rows)


def _find_header(division: _Division, options: dict[str, Any]) -> None:
    """Adds `header: false` where the first row is data, and names where those of the file are not unique."""
    first, rows = division.rows[0], division.rows[1:]
    if first[:2] == [str(len(rows)), str(division.width - 1)] and "header" not in options:
        options["skip_rows"] = options.get("skip_rows", 0) + 1  # the numbers of rows and inputs, as scikit-learn writes
        first, rows = rows[0], rows[1:]
    if "header" not in options and options.get("names") is None and is_data(first, rows):
        options["header"] = False
        return
    if "header" not in options and options.get("names") is None and has_second_header(first, rows):
        _use_two_headers(first, rows[0], options)
        return
    if options.get("header", True) and options.get("names") is None:
        names = [name.strip() for name in first]
        named = [name for name in names if name]
        if len(set(named)) < len(named) and len(first) == division.width:
            options["header"], options["names"] = True, _unique(names)


def _use_two_headers(first: list[str], second: list[str], options: dict[str, Any]) -> None:
    """Takes the names from the line that has one for each column, the first if both do; the other is skipped.

    Args:
        first: The first line of two that are no data.
        second: The line below it.
        options: Receives the options.
    """
    names, others = ([name.strip() for name in row] for row in (first, second))
    skipped = options.get("skip_rows", 0)
    if not all(names) and all(others) and len(set(others)) == len(others):
        options["skip_rows"] = skipped + 1
        return
    options |= {"skip_rows": skipped + 2, "header": False, "names": _unique(names)}


def _unique(names: list[str]) -> list[str]:
    unique: list[str] = []
    for number, name in enumerate(names):
        free, count = name or f"unnamed_{number}", 1
        while free in unique:
            count += 1
            free = f"{name}_{count}"
        unique.append(free)
    return unique
