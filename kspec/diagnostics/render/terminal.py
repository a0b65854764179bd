"""Diagnostics for people: the source line, underlined, one plain sentence, and the cure.

    error[KS201]: no node is called `hiden1`
      ┌─ specs/mlp.yaml:24:11
    24│     from: hiden1
      │           ^^^^^^ did you mean `hidden1`?
      = help: nodes you can use here: visible, hidden1, hidden2
      = explain: kspec explain KS201

In colour on a terminal, plain elsewhere and under NO_COLOR; on a stream that cannot show the frame, in ASCII.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple, TextIO

from kspec.diagnostics.diagnostic import Diagnostic, Span
from kspec.diagnostics.render.snippet import snippet, visible
from kspec.diagnostics.severity import Severity

WIDTH = 120
"""How wide a line of source may get where there is no terminal to ask."""

_COLOURS = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.INFO: "bold cyan"}
_FRAME = "blue"
_NOTE = "cyan"

Line = list[tuple[str, str]]
"""Pieces of text, each with its style."""


class _Frame(NamedTuple):
    corner: str
    bar: str
    unicode: bool


_DRAWN = _Frame("┌─", "│", True)
_TYPED = _Frame("-->", "|", False)


def write(diagnostics: Sequence[Diagnostic], stream: TextIO) -> None:
    """Writes diagnostics, a blank line between two, and at the end how many there are."""
    if not diagnostics:
        return
    frame = _DRAWN if _shows(stream, "┌─│…") else _TYPED
    coloured = wants_colour(stream)
    layout = _Layout(frame, _terminal_width() if coloured else WIDTH)
    lines: list[Line] = []
    for diagnostic in diagnostics:
        lines.extend(layout.diagnostic(diagnostic))
        lines.append([])
    lines.append([(summary(diagnostics), "bold")])
    if coloured:
        _write_coloured(lines, stream)
    else:
        encoding = getattr(stream, "encoding", None) or "utf-8"
        text = "".join("".join(piece for piece, _ in line) + "\n" for line in lines)
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))


def summary(diagnostics: Sequence[Diagnostic]) -> str:
    """How many there are: "2 errors, 1 warning"."""
    words = []
    for severity, noun in ((Severity.ERROR, "error"), (Severity.WARNING, "warning"), (Severity.INFO, "note")):
        count = sum(diagnostic.severity is severity for diagnostic in diagnostics)
        if count:
            words.append(f"{count} {noun}{'' if count == 1 else 's'}")
    return ", ".join(words)


def wants_colour(stream: TextIO) -> bool:
    """Whether the stream is a terminal whose user has not asked for plain text."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


class _Layout:
    def __init__(self, frame: _Frame, width: int) -> None:
        self.frame = frame
        self.width = width

    def diagnostic(self, diagnostic: Diagnostic) -> Iterator[Line]:
        colour = _COLOURS[diagnostic.severity]
        spans = [diagnostic.span, *(related.span for related in diagnostic.related)]
        gutter = max((len(str(span.line)) for span in spans if span is not None and span.source.text), default=1)
        yield [(f"{diagnostic.severity}[{diagnostic.code}]", colour), (f": {visible(diagnostic.message)}", "bold")]
        if diagnostic.span is not None:
            yield from self._place(diagnostic.span, gutter, "^", diagnostic.label, colour)
        elif diagnostic.label:
            yield self._remark(gutter, "note", diagnostic.label)
        for related in diagnostic.related:
            yield self._remark(gutter, "note", related.message)
            yield from self._place(related.span, gutter, "-", "", _NOTE)
        if diagnostic.help:
            yield self._remark(gutter, "help", diagnostic.help)
        yield self._remark(gutter, "explain", f"kspec explain {diagnostic.code}")

    def _remark(self, gutter: int, kind: str, text: str) -> Line:
        first, *others = text.splitlines() or [""]
        indent = "\n" + " " * (gutter + len(kind) + 5)
        body = visible(first) + "".join(indent + visible(other) for other in others)
        return [(f"{' ' * gutter}= ", _FRAME), (kind, "bold"), (f": {body}", "")]

    def _place(self, span: Span, gutter: int, mark: str, label: str, colour: str) -> Iterator[Line]:
        name = visible(span.source.name)
        margin = " " * gutter
        if not name:
            return
        if not span.source.text:
            yield [(f"{margin}{self.frame.corner} ", _FRAME), (name, "")]
            return
        yield [(f"{margin}{self.frame.corner} ", _FRAME), (f"{name}:{span.line}:{span.column}", "")]
        end_column = span.end_column if span.end_line == span.line else None
        room = max(self.width - gutter - 2, 40)
        shown = snippet(span.source.line(span.line), span.column, end_column, room)
        text = shown.text if self.frame.unicode else shown.text.replace("…", "~")
        yield [(f"{span.line:>{gutter}}{self.frame.bar}", _FRAME), (f" {text}" if text else "", "")]
        underline = mark * shown.length + (f" {visible(label)}" if label else "")
        yield [(f"{margin}{self.frame.bar} ", _FRAME), (" " * shown.offset + underline, colour)]


def _shows(stream: TextIO, characters: str) -> bool:
    try:
        characters.encode(getattr(stream, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _terminal_width() -> int:
    import shutil

    return max(shutil.get_terminal_size((WIDTH, 24)).columns, 40)


def _write_coloured(lines: Sequence[Line], stream: TextIO) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, highlight=False, force_terminal=True)
    for line in lines:
        console.print(Text.assemble(*line), soft_wrap=True)
