"""Where comments stand: a `#` within quotes or in text of several lines begins none."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import yaml

from kspec.diagnostics import Source

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_FAR = 1 << 30

Texts = Mapping[int, list[tuple[int, int]]]
"""By line, the columns (counted from 0) that words and texts take."""


@lru_cache(maxsize=4)
def texts(source: Source) -> Texts | None:
    """None where the text is not YAML."""
    taken: dict[int, list[tuple[int, int]]] = {}
    try:
        for event in yaml.parse(source.text, Loader=_LOADER):
            if not isinstance(event, yaml.ScalarEvent):
                continue
            start: Any = event.start_mark
            end: Any = event.end_mark
            first = start.line + 1 if event.style in ("|", ">") else start.line
            for line in range(first, end.line + 1):
                left = start.column if line == start.line else 0
                right = end.column if line == end.line else _FAR
                taken.setdefault(line + 1, []).append((left, right))
    except yaml.YAMLError:
        return None
    return taken


def comment_column(source: Source, line: int) -> int | None:
    """The column (counted from 0) at which a line's comment begins; None where it has none."""
    found = texts(source)
    text = source.line(line)
    if found is None or "#" not in text:
        return None
    inside = found.get(line, [])
    for column, character in enumerate(text):
        begins = character == "#" and (not column or text[column - 1] in " \t")
        if begins and not any(left <= column < right for left, right in inside):
            return column
    return None


def ends_within_text(source: Source, line: int) -> bool:
    """Whether a line's end lies within a text of several lines, so that no comment can follow."""
    found = texts(source)
    return found is None or any(right == _FAR for _, right in found.get(line, []))
