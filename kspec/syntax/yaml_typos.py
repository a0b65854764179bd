"""Slips of the hand that YAML reads as something else, or not at all: a space or a `:` left out, a tuple."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from kspec.diagnostics import Edit, Report, Source, Span, codes
from kspec.syntax.scalars import resolve

_GLUED = re.compile(r"([A-Za-z_][\w.]*):([^\s/:].*)", re.DOTALL)
_OPENED = re.compile(r"(?:^\s*(?:-\s+)*|[{,\[]\s*)(?P<word>[A-Za-z_][\w.]*)(?:(?P<colon>:)(?=[{\[])|[ ]*(?=\{))")
_UNBRACED = re.compile(
    r"\s*(?:-\s+)*(?P<word>[A-Z]\w*|data|compile|fit|evaluate|predict):\s+"
    r"(?P<inner>[a-z_]+: [^\s,]+(?:, [a-z_]+: [^\s,]+)*)\s*(?:#.*)?"
)
_DASHED = re.compile(r"\s*-(?=[A-Z]\w*\s*(?::|$))")
_TEXTS = ("name", "description")
"""Keys whose values are free text."""


@dataclass(frozen=True, slots=True)
class Slip:
    """What is to be said of a slip, and the edits that cure it.

    Args:
        start: The columns of what is underlined, counted from 0; `end` is the first past it.
        edits: What is replaced: from a column up to another, counted from 0, by a text.
    """

    message: str
    help: str
    start: int
    end: int
    edits: tuple[tuple[int, int, str], ...]

    def report(self, source: Source, line: int, report: Report) -> None:
        """Adds it as the problem of a line, counted from 1."""

        def place(start: int, end: int) -> Span:
            return Span(source, line, start + 1, line, end + 1)

        edits = (
            () if source.is_command_line else tuple(Edit(place(start, end), text) for start, end, text in self.edits)
        )
        report.error(codes.INVALID_YAML, self.message, place(self.start, self.end), help=self.help, edits=edits)


def glued(text: str, key: str = "") -> tuple[str, str] | None:
    """The key and the value of a plain text such as `units:10`, which to YAML is one word.

    Args:
        key: What the text stands below.
    """
    found = None if key in _TEXTS else _GLUED.fullmatch(text)
    return (found[1], found[2]) if found else None


def missing_space(text: str, start: int) -> Slip:
    """The slip of a text such as `units:10` that stands at a column."""
    colon = text.index(":") + 1
    return Slip(
        "a space is missing after `:`",
        f"write `{text[:colon]} {text[colon:]}`",
        start,
        start + len(text),
        ((start + colon, start + colon, " "),),
    )


def missing_space_after_dash(source: Source, line: int, report: Report) -> bool:
    """Reports a line such as `-Dense: {units: 4}`, and all in its column that are like it; False for any other."""
    found = _DASHED.match(source.line(line))
    if found is None or source.is_command_line:
        return False
    column = found.end() + 1
    alike = [number for number, text in enumerate(source.lines, start=1)
             if (other := _DASHED.match(text)) is not None and other.end() == found.end()]  # fmt: skip
    report.error(codes.INVALID_YAML, "a space is missing after `-`", Span(source, line, column - 1, line, column),
                 help=f"write `- {source.line(line)[found.end():].split(':')[0].strip()}`",
                 edits=tuple(Edit(Span(source, n, column, n, column), " ") for n in alike))  # fmt: skip
    return True


def parse_tuple(text: str) -> list[Any] | None:
    """The items of a tuple in Python's way of writing; None for other text.

    >>> parse_tuple("(10,)"), parse_tuple("(2, null)"), parse_tuple("(a) b")
    ([10], [2, None], None)
    """
    found = re.fullmatch(r"\(([^()]*)\)", text.strip())
    if found is None:
        return None
    parts = [part.strip() for part in found[1].split(",")]
    return [None if part == "None" else resolve(part) for part in parts if part]


def tuple_in(line: str, start: int) -> Slip | None:
    """The slip of a tuple that begins at a column (counted from 0) between brackets, where its commas end a value."""
    found = re.compile(r"\([^()\[\]{}]*,[^()\[\]{}]*\)").match(line, start)
    if found is None:
        return None
    inner = found[0][1:-1].strip().rstrip(",")
    comma = found[0][:-1].rstrip().endswith(",")
    last = line.rindex(",", start, found.end()) if comma else found.end() - 1
    return Slip("YAML has no tuples", f"write `[{inner}]`", start, found.end(),
                ((start, start + 1, "["), (last, found.end(), "]")))  # fmt: skip


def slip_in(line: str, upto: int) -> Slip | None:
    """The slip that a line shows at which YAML gives up.

    Args:
        upto: The column, counted from 0, at which it does.
    """
    for found in _OPENED.finditer(line):
        word, start, end = found["word"], found.start("word"), found.end("word")
        if start > upto:
            break
        if found["colon"]:
            shown = "{...}" if line[end + 1] == "{" else "[...]"
            return Slip(f"a space is missing after `{word}:`", f"write `{word}: {shown}`",
                        start, end + 1, ((end + 1, end + 1, " "),))  # fmt: skip
        colon = ":" if found.end() > end else ": "
        return Slip(f"a `:` is missing after `{word}`", f"write `{word}: {{...}}`", start, end, ((end, end, colon),))
    unbraced = _UNBRACED.fullmatch(line)
    if unbraced:
        start, end = unbraced.span("inner")
        inner = unbraced["inner"]
        word = unbraced["word"]
        return Slip(f"what belongs to `{word}` stands in braces, or on lines of its own below",
                    f"write `{word}: {{{inner}}}`", start, end, ((start, start, "{"), (end, end, "}")))  # fmt: skip
    return None
