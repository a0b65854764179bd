"""Text in columns: lists of names, and names with descriptions."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Sequence


def width() -> int:
    """The width of text: the terminal, within readable limits."""
    return max(40, min(shutil.get_terminal_size((100, 24)).columns, 110))


def limit() -> int | None:
    """The width that a table must fit: of the terminal, or `COLUMNS`; None where the output is no terminal."""
    if os.environ.get("COLUMNS", "").isdecimal() or sys.stdout.isatty():
        return max(40, shutil.get_terminal_size((80, 24)).columns)
    return None


def in_columns(names: Sequence[str]) -> str:
    """Names in as many columns as fit, sorted downwards."""
    for rows in range(1, len(names) + 1):
        columns = [names[start : start + rows] for start in range(0, len(names), rows)]
        sizes = [max(map(len, column)) + 2 for column in columns]
        if sum(sizes) <= width() or rows == len(names):
            break
    lines = []
    for row in range(rows):
        cells = (f"{column[row]:<{size}}" for column, size in zip(columns, sizes, strict=True) if row < len(column))
        lines.append("  " + "".join(cells).rstrip() + "\n")
    return "".join(lines)


def definitions(items: Sequence[tuple[str, Sequence[str]]]) -> str:
    """Names, each with its description beside it, one paragraph per line of text."""
    margin = min(max((len(name) for name, _ in items), default=0), 24) + 4
    text = ""
    for name, paragraphs in items:
        wrapped = [line for paragraph in paragraphs if paragraph for line in textwrap.wrap(paragraph, width() - margin)]
        first = f"  {name}".ljust(margin)
        if len(first) > margin:
            text += f"{first}\n"
            first = " " * margin
        text += "".join(
            f"{first if not i else ' ' * margin}{line}".rstrip() + "\n" for i, line in enumerate(wrapped or [""])
        )
    return text
