"""The places of comments: a `#` in quotes or in text of several lines does not begin one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import yaml

from kspec.diagnostics import Source
from kspec.syntax.events import yaml_events

_FAR = 1 << 30

Columns = Mapping[int, list[tuple[int, int]]]
"""By line, the ranges of columns, counted from 0, that scalars occupy."""


@lru_cache(maxsize=4)
def _scalar_columns(source: Source) -> Columns | None:
    """The columns of all scalars; None if the text is not valid YAML."""
    columns: dict[int, list[tuple[int, int]]] = {}
    try:
        for event in yaml_events(source.text):
            if not isinstance(event, yaml.ScalarEvent):
                continue
            start: Any = event.start_mark
            end: Any = event.end_mark
            first = start.line + 1 if event.style in ("|", ">") else start.line
            for line in range(first, end.line + 1):
                left = start.column if line == start.line else 0
                right = end.column if line == end.line else _FAR
                columns.setdefault(line + 1, []).append((left, right))
    except yaml.YAMLError:
        return None
    return columns


def comment_column(source: Source, line: int) -> int | None:
    """The column, counted from 0, at which a line's comment begins; None without one."""
    columns = _scalar_columns(source)
    text = source.line(line)
    if columns is None or "#" not in text:
        return None
    occupied = columns.get(line, [])
    for column, character in enumerate(text):
        begins = character == "#" and (not column or text[column - 1] in " \t")
        if begins and not any(left <= column < right for left, right in occupied):
            return column
    return None


def ends_within_text(source: Source, line: int) -> bool:
    """Whether a line ends inside text of several lines, so that no comment can follow."""
    columns = _scalar_columns(source)
    return columns is None or any(right == _FAR for _, right in columns.get(line, []))
