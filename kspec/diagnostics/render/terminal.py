"""Diagnostics for people: in colour on a terminal, plain elsewhere and under NO_COLOR.

On a stream that cannot show the frame's characters, the frame is drawn in ASCII.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TextIO

from kspec.diagnostics.diagnostic import Diagnostic, most_important, summary
from kspec.diagnostics.layout import WIDTH, Layout, Line, as_text

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text


_PROSE = re.compile(r" *= \w+: |(error|warning|info)\b")
"""The start of a remark, and of a message."""


def write(diagnostics: Sequence[Diagnostic], stream: TextIO) -> None:
    """Writes diagnostics, separated by blank lines, and the number of errors and warnings at the end."""
    if not diagnostics:
        return
    coloured = wants_colour(stream)
    layout = Layout(_terminal_width() if coloured else WIDTH, unicode=_can_encode(stream, "┌─│…"))
    lines: list[Line] = []
    shown, more = most_important(diagnostics)
    for diagnostic in shown:
        lines.extend(diagnostic.lines(layout))
        lines.append([])
    if more:
        lines += [[(f"and {more:,} more", "bold")], []]
    lines.append([(summary(diagnostics), "bold")])
    if coloured:
        _write_coloured(lines, stream)
    else:
        encoding = getattr(stream, "encoding", None) or "utf-8"
        stream.write(f"{as_text(lines)}\n".encode(encoding, "backslashreplace").decode(encoding))


def wants_colour(stream: TextIO) -> bool:
    """Whether the stream is a terminal whose user has not asked for plain text."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


def _can_encode(stream: TextIO, characters: str) -> bool:
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
        for part in Text.assemble(*line).split("\n", allow_blank=True):
            for piece in _wrapped(part, console):
                console.print(piece, soft_wrap=True)


def _wrapped(line: Text, console: Console) -> Iterator[Text]:
    """The pieces of a message or a remark that fit the terminal, split between words; source lines stay whole."""
    indent = _PROSE.match(line.plain)
    if indent is None or line.cell_len <= console.width:
        yield line
        return
    margin = len(indent[0]) if indent[0].endswith(": ") and "=" in indent[0] else 2
    first, *_ = line.wrap(console, console.width)
    yield first
    rest = line[len(first.plain) :]
    rest = rest[len(rest.plain) - len(rest.plain.lstrip()) :]
    for piece in rest.wrap(console, max(20, console.width - margin)):
        piece.pad_left(margin)
        yield piece
