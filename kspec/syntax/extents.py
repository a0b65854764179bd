"""The layout of a text: where each value begins and ends, its brackets or indentation, anchors and aliases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import yaml

from kspec.diagnostics import Path, Source
from kspec.syntax.events import yaml_events


class Place(NamedTuple):
    """A line and a column, both counted from 1."""

    line: int
    column: int


Form = Literal["word", "block", "list", "braces", "brackets", "pair", "alias", "other"]
"""A one-line scalar; an indented mapping or list; a mapping in braces or a list in brackets; a pair in brackets without
braces; an alias; anything else, such as a tagged value or text of several lines."""


@dataclass(frozen=True, slots=True)
class Extent:
    """The extent of a value in the text.

    Args:
        form: How it is written.
        key: Where its key begins; for a list item, where the value does.
        key_end: Where its key ends.
        start: Where it begins.
        content_end: Where its content ends, before a closing bracket.
        end: Where it ends.
        indent: For an indented mapping or list, the column of its keys or dashes, counted from 0.
        in_flow: Whether it is inside brackets or braces.
        anchor: Its anchor; empty for none.
        is_open: Whether it is a mapping whose last key has no value.
    """

    form: Form
    key: Place
    key_end: Place
    start: Place
    content_end: Place
    end: Place
    indent: int
    in_flow: bool
    anchor: str
    is_open: bool


@lru_cache(maxsize=4)
def layout(source: Source) -> Mapping[Path, Extent]:
    """The extents of a text's values by their paths; if it is not valid YAML, of those before the error."""
    walk = _Walk(source)
    try:
        for event in yaml_events(source.text):
            walk.take(event)
    except yaml.YAMLError:
        pass
    return walk.extents


@dataclass(slots=True)
class _Open:
    """A list or mapping that has not ended yet."""

    event: Any
    is_list: bool
    path: Path
    content: Any
    """The mark at the end of its content so far."""
    first: Any = None
    """The mark of its first key or item."""
    key: Any = None
    """The event of a mapping's key that has no value yet."""
    count: int = 0
    is_open: bool = False


class _Walk:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.extents: dict[Path, Extent] = {}
        self.open: list[_Open] = []
        self.flow = 0

    def take(self, event: Any) -> None:
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            is_list = isinstance(event, yaml.SequenceStartEvent)
            self.open.append(_Open(event, is_list, self._path(), event.end_mark))
            self.flow += bool(event.flow_style)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            closed = self.open.pop()
            self.flow -= bool(closed.event.flow_style)
            end = event.end_mark if closed.event.flow_style else closed.content
            self._end(closed.event, end, closed)
        elif isinstance(event, (yaml.ScalarEvent, yaml.AliasEvent)):
            self._end(event, event.end_mark, None)

    def _path(self) -> Path:
        """The path of the next value."""
        if not self.open:
            return ()
        holder = self.open[-1]
        if holder.is_list:
            return (*holder.path, holder.count)
        return (*holder.path, getattr(holder.key, "value", ""))

    def _end(self, event: Any, end: Any, closed: _Open | None) -> None:
        """Handles the end of a key or value."""
        holder = self.open[-1] if self.open else None
        if holder is not None:
            holder.content = end
            holder.first = holder.first or event.start_mark
            holder.is_open = event.start_mark.index == event.end_mark.index
            if not holder.is_list and holder.key is None:
                holder.key = event
                return
        self.extents[self._path()] = self._extent(event, end, closed, holder)
        if holder is not None:
            holder.count += 1
            holder.key = None

    def _extent(self, event: Any, end: Any, closed: _Open | None, holder: _Open | None) -> Extent:
        key = event if holder is None or holder.is_list else holder.key
        return Extent(
            form=self._form(event, closed),
            key=_place(key.start_mark),
            key_end=_place(key.end_mark),
            start=_place(event.start_mark),
            content_end=_place(end if closed is None else closed.content),
            end=_place(end),
            indent=self._indent(event, closed),
            in_flow=self.flow > 0,
            anchor=getattr(event, "anchor", None) or "",
            is_open=closed is not None and closed.is_open,
        )

    def _form(self, event: Any, closed: _Open | None) -> Form:
        if isinstance(event, yaml.AliasEvent):
            return "alias"
        if closed is None:
            one_line = _place(event.start_mark).line == _place(event.end_mark).line
            return "word" if one_line and event.value and not event.tag else "other"
        line = self.source.line(event.start_mark.line + 1)[event.start_mark.column :]
        if line.startswith("? ") or event.tag:
            return "other"
        if not event.flow_style:
            return "list" if closed.is_list else "block"
        if closed.is_list:
            return "brackets"
        return "braces" if line.startswith("{") or event.anchor else "pair"

    def _indent(self, event: Any, closed: _Open | None) -> int:
        if closed is None or closed.is_list or closed.first is None:
            return int(event.start_mark.column)
        return int(closed.first.column)


def _place(mark: Any) -> Place:
    return Place(mark.line + 1, mark.column + 1)
