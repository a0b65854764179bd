"""How Python's module csv reads the files of a source: the lines it gets, its arguments, the names of the columns."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any

from kspec.codegen.data.dataset_info import DatasetInfo
from kspec.codegen.model.arguments import UnsupportedInPython
from kspec.data.context import Context
from kspec.data.sources.csv_header import dialect, nameless, read_header
from kspec.data.sources.csv_text import CsvText
from kspec.data.sources.read_request import SourceFile, first_lines
from kspec.data.type_inference import MISSING_WORDS
from kspec.diagnostics import Report
from kspec.language.csv_options import WHITESPACE, CsvOptions

_UNUSUAL_BLANKS = re.compile(r"[^\S \t\r\n]")


@dataclass(slots=True)
class CsvFile:
    """The first lines of a CSV file.

    Args:
        path: The file.
        names: The names of its columns in kspec.
        above: The number of lines above the first row, which can be the header.
        header_lines: The number of lines of the header; 0 without one.
        header: The first row as the module csv reads it.
    """

    path: Path
    names: list[str]
    above: int
    header_lines: int
    header: list[str]

    @property
    def names_differ(self) -> bool:
        """Whether the columns do not have the names in the header, without the blanks around these."""
        own = [name.strip() or nameless(number) for number, name in enumerate(self.header)]
        width = min(len(own), len(self.names))
        return not self.header_lines or self.names[:width] != own[:width]


class CsvDialect:
    """How the module csv reads the files of a data set, compared with how kspec reads them.

    Args:
        info: The data set.
        paths: Its files.

    Raises:
        UnsupportedInPython: If the module would read other values.
    """

    def __init__(self, info: DatasetInfo, paths: Sequence[Path]) -> None:
        self.info = info
        self.options: CsvOptions = info.csv
        self.place = info.path or ("data", "csv")
        self.used = set(info.used_columns(every=True))
        self.context = Context(info.spec, Report(), self.place, is_new=bool(info.suffix))
        self.is_spaced = self.options.delimiter == WHITESPACE
        self.skips_blanks = self.is_spaced
        """Whether the module leaves out the blanks before a value, which may stand before quotes."""
        self.strips = False
        """Whether unquoted texts have blanks around them."""
        self.has_tabs = self.must_cut_comments = False
        self.spellings: dict[str, set[str]] = {}
        """By column, other ways in which a number that stands for a missing value is written."""
        for path in paths:
            self._look_at_lines(path)
        self.files = [self._first_lines(path) for path in paths]
        marked = any(first_lines(path, self.context, 3) == codecs.BOM_UTF8 for path in paths)
        encoding = codecs.lookup(self.options.encoding).name
        self.encoding = "utf-8-sig" if marked and encoding == "utf-8" else encoding
        if self._may_differ():
            self._compare()

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments of the module that differ from its defaults."""
        options, found = self.options, dict[str, Any]()
        if options.delimiter != ",":
            found["delimiter"] = " " if self.is_spaced else options.delimiter
        if options.quote and options.quote != '"':
            found["quotechar"] = options.quote
        if options.quote is False:
            found["quoting"] = csv.QUOTE_NONE
        if self.skips_blanks:
            found["skipinitialspace"] = True
        return found

    def lines_for_module(self, lines: Iterator[str]) -> Iterator[str]:
        """The lines that the module gets in the exported code.

        Args:
            lines: Those of the file.
        """
        mark = self.options.comment
        if mark is not None and self.must_cut_comments:
            lines = filter(str.strip, (line.partition(mark)[0] for line in lines))
        elif mark is not None:
            lines = (line for line in lines if not line.startswith(mark))
        if self.is_spaced:
            lines = (line.replace("\t", " ").strip() for line in lines)
        return lines

    def plain_number(self, number: str) -> str:
        """A number as Python writes it."""
        number = number.replace(self.options.thousands, "") if self.options.thousands else number
        return number.replace(",", ".") if self.options.decimal == "," else number

    def marks(self, column: str) -> list[str]:
        """The texts that stand for a missing value in a column, besides those of every table."""
        own = [*map(str, self.options.marks(column)), *sorted(self.spellings.get(column, ()))]
        return [mark for mark in dict.fromkeys(own) if mark not in MISSING_WORDS]

    def _lines(self, path: Path, above: int = 0) -> Iterator[str]:
        """The lines of a file as Python reads them.

        Args:
            path: The file.
            above: How many lines are left out.
        """
        plain = CsvOptions(path="-", encoding=self.options.encoding)
        return islice(CsvText(plain, self.context).lines(path), above, None)

    def _first_lines(self, path: Path) -> CsvFile:
        text = CsvText(self.options, self.context)
        found = read_header(SourceFile(path, None, self.place), path.name, text, self.options, self.context)
        if found is None:
            raise UnsupportedInPython("read the header of a table", self.place)
        above = self.options.skip_rows
        reader = csv.reader(islice(text.lines(path), above, None), **dialect(text, self.options))
        while not next(reader):
            above = self.options.skip_rows + reader.line_num
        header = next(csv.reader(self.lines_for_module(self._lines(path, above)), **self.arguments))
        return CsvFile(path, found.names, above, found.lines - above if self.options.header else 0, header)

    def _may_differ(self) -> bool:
        """Whether the module may read other values than kspec did."""
        options = self.options
        has_texts = any(self.info.column(name).type == "text" or options.marks(name) for name in self.used)
        is_edited = self.is_spaced or options.comment is not None
        return has_texts or is_edited or bool(self.info.kept) or any(map(self._has_quotes, self.files))

    def _has_quotes(self, file: CsvFile) -> bool:
        quote = self.options.quote
        return bool(quote) and any(quote in line for line in self._lines(file.path))

    def _look_at_lines(self, path: Path) -> None:
        """Finds comments behind values, blank lines on top, and tabs among blanks."""
        mark, is_top = self.options.comment, True
        for line in self._lines(path, self.options.skip_rows) if self.is_spaced or mark is not None else ():
            self.has_tabs |= self.is_spaced and "\t" in line
            if mark is not None and not line.startswith(mark):
                self.must_cut_comments |= mark in line or (is_top and not line.strip())
                is_top &= not line.strip()
            if self.is_spaced and _UNUSUAL_BLANKS.search(line):
                raise UnsupportedInPython("divide lines at blanks that are neither spaces nor tabs", self.place)

    def _compare(self) -> None:
        """Finds out how the module reads the same values."""
        for skips_blanks in dict.fromkeys((self.skips_blanks, True)):
            self.skips_blanks = skips_blanks
            ways = set.intersection(*map(self._ways, self.files))
            if ways:
                self.strips = "as it is" not in ways
                return
        raise UnsupportedInPython("distinguish what is in quotes from what is around them", self.place)

    def _ways(self, file: CsvFile) -> set[str]:
        """How the texts of the module are those of kspec: `as it is`, `stripped`, or both."""
        exact = CsvText(self.options, self.context, exact=True)
        is_quoted, ways = self._has_quotes(file), {"as it is", "stripped"}
        columns = [self.info.column(name) if name in self.used else None for name in file.names]
        above = file.above + file.header_lines
        wanted = csv.reader(islice(exact.lines(file.path), above, None), **dialect(exact, self.options))
        own = csv.reader(self.lines_for_module(self._lines(file.path, above)), **self.arguments)
        for expected, row in zip_longest(filter(None, wanted), filter(None, own)):
            if expected is None or row is None or len(expected) != len(row):
                return set()
            for column, text, other in zip(columns, expected, row, strict=False):
                if column is None:
                    continue
                if column.type != "text" and column.name not in self.info.kept:
                    ways = ways if text.strip() == other.strip() else set()
                    self._note_spelling(column.name, text.strip())
                elif (text if is_quoted else text.strip()) != other:
                    ways = ways & {"stripped"} if text.strip() == other.strip() else set()
                elif other != other.strip():
                    ways = ways & {"as it is"}
        return ways

    def _note_spelling(self, column: str, text: str) -> None:
        """Takes note of a number that stands for a missing value but is written otherwise than in the spec.

        Args:
            column: A column of numbers.
            text: One of its values.
        """
        marks = [float(mark) for mark in self.options.marks(column) if _is_number(str(mark))]
        if marks and text not in MISSING_WORDS:
            number = self.plain_number(text)
            if _is_number(number) and float(number) in marks:
                self.spellings.setdefault(column, set()).add(text)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
