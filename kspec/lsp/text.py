"""A text in the protocol's terms: lines and characters count from 0, a character is a UTF-16 unit.

Spans of kspec count from 1, in whole characters, and YAML has line breaks that editors do not have (U+0085, U+2028 and
U+2029). Both are converted to offsets into the text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property

from lsprotocol import types as lsp

from kspec.diagnostics import Source, Span
from kspec.rewrite.edits import Change, Offsets
from kspec.syntax.extents import Place

_LINE_BREAK = re.compile("\r\n|\r|\n")


class Text:
    """A source, and conversions between its positions, spans and offsets."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.content = source.text
        self.starts = [0, *(found.end() for found in _LINE_BREAK.finditer(source.text))]

    @cached_property
    def offsets(self) -> Offsets:
        return Offsets(self.source)

    def line(self, number: int) -> str:
        """A line as editors count them, without its line break; empty past the end."""
        if number >= len(self.starts):
            return ""
        end = self.starts[number + 1] if number + 1 < len(self.starts) else len(self.content)
        return self.content[self.starts[number] : end].rstrip("\r\n")

    def offset(self, position: lsp.Position) -> int:
        """The offset of a position; past the end of a line or of the text, that end."""
        if position.line >= len(self.starts):
            return len(self.content)
        line = self.line(position.line)
        units = max(position.character, 0)
        if line.isascii():
            return self.starts[position.line] + min(units, len(line))
        count = 0
        for character in line:
            if units <= 0:
                break
            units -= _units(character)
            count += 1
        return self.starts[position.line] + count

    def position(self, offset: int) -> lsp.Position:
        """The position of an offset."""
        number = bisect_right(self.starts, offset) - 1
        before = self.content[self.starts[number] : offset]
        return lsp.Position(number, len(before) if before.isascii() else sum(map(_units, before)))

    def place(self, offset: int) -> Place:
        """The line and column of an offset, as in spans."""
        line = bisect_right(self.offsets.starts, offset)
        return Place(line, offset - self.offsets.starts[line - 1] + 1)

    def offset_of(self, line: int, column: int) -> int:
        """The offset of a line and column of a span, limited to the text."""
        line = min(max(line, 1), len(self.offsets.starts))
        return min(self.offsets.of(line, max(column, 1)), len(self.content))

    def range_of(self, span: Span) -> lsp.Range:
        """The range of a span."""
        start = self.offset_of(span.line, span.column)
        return self.between(start, max(start, self.offset_of(span.end_line, span.end_column)))

    def between(self, start: int, end: int) -> lsp.Range:
        """The range between two offsets."""
        return lsp.Range(self.position(start), self.position(end))

    def edit(self, change: Change) -> lsp.TextEdit:
        """A change as an edit of the protocol."""
        return lsp.TextEdit(self.between(change.start, change.end), change.text)


def _units(character: str) -> int:
    return 2 if ord(character) > 0xFFFF else 1
