"""Typing errors that YAML rejects or reads as something else: a missing space or `:`, a tuple."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from kspec.diagnostics import Edit, Report, Source, Span, codes
from kspec.syntax.scalars import resolve

_UNSPACED = re.compile(r"([A-Za-z_][\w.]*):([^\s/:].*)", re.DOTALL)
_OPENED = re.compile(r"(?:^\s*(?:-\s+)*|[{,\[]\s*)(?P<word>[A-Za-z_][\w.]*)(?:(?P<colon>:)(?=[{\[])|[ ]*(?=\{))")
_UNBRACED = re.compile(
    r"\s*(?:-\s+)*(?P<word>[A-Z]\w*|data|compile|fit|evaluate|predict):\s+"
    r"(?P<inner>[a-z_]+: [^\s,]+(?:, [a-z_]+: [^\s,]+)*)\s*(?:#.*)?"
)
_DASHED = re.compile(r"\s*-(?=[A-Z]\w*\s*(?::|$))")
_TEXTS = ("name", "description")
"""Keys whose values are free text."""


@dataclass(frozen=True, slots=True)
class Typo:
    """A typing error in a line, and the edits that fix it.

    Args:
        message: The message of its diagnostic.
        help: What to write instead.
        start: The first column to underline, counted from 0.
        end: The column after the last one to underline.
        edits: Replacements: from a column up to another, counted from 0, by a text.
    """

    message: str
    help: str
    start: int
    end: int
    edits: tuple[tuple[int, int, str], ...]

    def report(self, source: Source, line: int, report: Report) -> None:
        """Reports the typing error.

        Args:
            source: The text; on the command line nothing is edited.
            line: Its line, counted from 1.
            report: Receives the error.
        """

        def span(start: int, end: int) -> Span:
            return Span(source, line, start + 1, line, end + 1)

        edits = () if source.is_command_line else tuple(Edit(span(*place), text) for *place, text in self.edits)
        report.error(codes.INVALID_YAML, self.message, span(self.start, self.end), help=self.help, edits=edits)


def split_unspaced(text: str, key: str = "") -> tuple[str, str] | None:
    """The key and the value of a plain scalar such as `units:10`; None for other text.

    Args:
        text: The scalar.
        key: The key whose value it is.
    """
    match = None if key in _TEXTS else _UNSPACED.fullmatch(text)
    return (match[1], match[2]) if match else None


def missing_space(text: str, start: int) -> Typo:
    """The typo of a text such as `units:10` that begins at a column, counted from 0."""
    colon = text.index(":") + 1
    return Typo(
        "missing space after `:`",
        f"write `{text[:colon]} {text[colon:]}`",
        start,
        start + len(text),
        ((start + colon, start + colon, " "),),
    )


def report_missing_space_after_dash(source: Source, line: int, report: Report) -> bool:
    """Reports a line such as `-Dense: {units: 4}`, with an edit for it and all like it in its column.

    Args:
        source: The text.
        line: The line, counted from 1.
        report: Where it is reported.

    Returns:
        Whether the line has that typo.
    """
    match = _DASHED.match(source.line(line))
    if match is None or source.is_command_line:
        return False
    end = match.end()
    column = end + 1
    similar = [number for number, text in enumerate(source.lines, start=1)
               if (other := _DASHED.match(text)) is not None and other.end() == end]  # fmt: skip
    report.error(codes.INVALID_YAML, "missing space after `-`", Span(source, line, column - 1, line, column),
                 help=f"write `- {source.line(line)[end:].split(':')[0].strip()}`",
                 edits=tuple(Edit(Span(source, n, column, n, column), " ") for n in similar))  # fmt: skip
    return True


def parse_tuple(text: str) -> list[Any] | None:
    """The items of a tuple in Python's notation; None for other text.

    >>> parse_tuple("(10,)"), parse_tuple("(2, null)"), parse_tuple("(a) b")
    ([10], [2, None], None)
    """
    match = re.fullmatch(r"\(([^()]*)\)", text.strip())
    if match is None:
        return None
    parts = [part.strip() for part in match[1].split(",")]
    return [None if part == "None" else resolve(part) for part in parts if part]


def find_tuple(line: str, start: int) -> Typo | None:
    """The typo of a tuple that begins at a column, counted from 0, inside `{}` or `[]`."""
    match = re.compile(r"\([^()\[\]{}]*,[^()\[\]{}]*\)").match(line, start)
    if match is None:
        return None
    inner = match[0][1:-1].strip().rstrip(",")
    has_trailing_comma = match[0][:-1].rstrip().endswith(",")
    last = line.rindex(",", start, match.end()) if has_trailing_comma else match.end() - 1
    return Typo("YAML has no tuples", f"write `[{inner}]`", start, match.end(),
                ((start, start + 1, "["), (last, match.end(), "]")))  # fmt: skip


def find_typo(line: str, upto: int) -> Typo | None:
    """A typo that explains why YAML cannot read a line.

    Args:
        line: The line's text.
        upto: The column, counted from 0, at which YAML stops.
    """
    for match in _OPENED.finditer(line):
        word, start, end = match["word"], match.start("word"), match.end("word")
        if start > upto:
            break
        if match["colon"]:
            value = "{...}" if line[end + 1] == "{" else "[...]"
            return Typo(f"missing space after `{word}:`", f"write `{word}: {value}`",
                        start, end + 1, ((end + 1, end + 1, " "),))  # fmt: skip
        colon = ":" if match.end() > end else ": "
        return Typo(f"missing `:` after `{word}`", f"write `{word}: {{...}}`", start, end, ((end, end, colon),))
    unbraced = _UNBRACED.fullmatch(line)
    if unbraced:
        start, end = unbraced.span("inner")
        word, inner = unbraced["word"], unbraced["inner"]
        return Typo(f"the keys of `{word}` must be in braces, or on lines of their own below it",
                    f"write `{word}: {{{inner}}}`", start, end, ((start, start, "{"), (end, end, "}")))  # fmt: skip
    return None
