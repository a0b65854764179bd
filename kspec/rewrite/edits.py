"""Edits of a text by offset."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from kspec.diagnostics import Edit, Source


class Change(NamedTuple):
    """Replaces the characters from `start` up to `end` by `text`."""

    start: int
    end: int
    text: str


class Offsets:
    """Lines and columns of a source, as offsets into its text."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.starts: list[int] = []
        position = 0
        for line in source.lines:
            self.starts.append(position)
            position += len(line)
            position += 2 if source.text.startswith("\r\n", position) else 1

    def of(self, line: int, column: int) -> int:
        """The offset of a place."""
        return self.starts[line - 1] + column - 1

    def line_end(self, line: int) -> int:
        """The offset where a line ends, before its break."""
        return self.starts[line - 1] + len(self.source.line(line))

    def changes(self, edits: Sequence[Edit]) -> list[Change]:
        """The edits as changes, each once, in the order of the text; none if one of them belongs to another text."""
        changes = set()
        for edit in edits:
            span = edit.span
            if span.source is not self.source or not 0 < span.line <= span.end_line <= len(self.starts):
                return []
            start, end = self.of(span.line, span.column), self.of(span.end_line, span.end_column)
            if not start <= end <= len(self.source.text):
                return []
            changes.add(Change(start, end, edit.replacement))
        return sorted(changes)


def overlap(one: Change, other: Change) -> bool:
    """Whether two changes share characters, or one inserts where the other begins or ends."""
    if one.start == one.end or other.start == other.end:
        return one.start <= other.end and other.start <= one.end
    return one.start < other.end and other.start < one.end


def applied(text: str, changes: Sequence[Change]) -> str:
    """Applies changes that do not overlap; several insertions at one place keep their order."""
    pieces, position = [], 0
    for change in sorted(changes, key=lambda change: change[:2]):
        pieces += [text[position : change.start], change.text]
        position = change.end
    return "".join([*pieces, text[position:]])
