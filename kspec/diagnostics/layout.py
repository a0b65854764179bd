"""The parts of a diagnostic's text: styled lines, which a terminal colours and a notebook shows as HTML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from kspec.diagnostics.snippet import snippet, visible
from kspec.diagnostics.source import Span

WIDTH = 120
"""The widest line of source, in terminal cells, where there is no terminal to ask."""

FRAME = "blue"
NOTE = "cyan"

Line = list[tuple[str, str]]
"""Pieces of text, each with its style: words such as `bold red`."""

_CSS = {"bold": "font-weight:bold", "red": "color:#c0392b", "yellow": "color:#b7791f", "cyan": "color:#0e7490",
        "blue": "color:#2563eb"}  # fmt: skip


class Layout(NamedTuple):
    """How text is laid out.

    Args:
        width: The widest line, in terminal cells; longer lines of source are cut.
        unicode: Whether the frame may have characters beyond ASCII.
    """

    width: int = WIDTH
    unicode: bool = True

    def place(self, span: Span, gutter: int, mark: str, label: str, style: str) -> Iterator[Line]:
        """The line of source that a span is on, underlined.

        Args:
            span: The place.
            gutter: The width of the line numbers, in characters.
            mark: The character that underlines.
            label: A few words after the underline.
            style: Of the underline and the label.
        """
        name = visible(span.source.name)
        margin = " " * gutter
        corner, bar = ("┌─", "│") if self.unicode else ("-->", "|")
        if not name:
            return
        if not span.source.text:
            yield [(f"{margin}{corner} ", FRAME), (name, "")]
            return
        yield [(f"{margin}{corner} ", FRAME), (f"{name}:{span.line}:{span.column}", "")]
        end_column = span.end_column if span.end_line == span.line else None
        shown = snippet(span.source.line(span.line), span.column, end_column, max(self.width - gutter - 2, 40))
        text = shown.text if self.unicode else shown.text.replace("…", "~")
        yield [(f"{span.line:>{gutter}}{bar}", FRAME), (f" {text}" if text else "", "")]
        underline = mark * shown.length + (f" {visible(label)}" if label else "")
        yield [(f"{margin}{bar} ", FRAME), (" " * shown.offset + underline, style)]

    def remark(self, gutter: int, kind: str, text: str) -> Line:
        """A line below the source, such as `= help: …`.

        Args:
            gutter: The width of the line numbers, in characters.
            kind: The word before the colon: `note`, `help` or `explain`.
            text: What follows it; further lines are indented to its start.

        Returns:
            The line, as pieces of text with their styles.
        """
        first, *others = text.splitlines() or [""]
        indent = "\n" + " " * (gutter + len(kind) + 5)
        body = visible(first) + "".join(indent + visible(other) for other in others)
        return [(f"{' ' * gutter}= ", FRAME), (kind, "bold"), (f": {body}", "")]


def as_text(lines: Iterable[Line]) -> str:
    """Lines without their styles."""
    return "\n".join("".join(piece for piece, _ in line) for line in lines)


def as_html(lines: Iterable[Line]) -> str:
    """Lines as a `<pre>` element, styled inline."""
    from html import escape

    def piece(text: str, style: str) -> str:
        css = ";".join(_CSS[word] for word in style.split())
        return f'<span style="{css}">{escape(text)}</span>' if css else escape(text)

    body = "\n".join("".join(piece(*part) for part in line) for line in lines)
    return f'<pre style="line-height:1.3;overflow-x:auto">{body}</pre>'
