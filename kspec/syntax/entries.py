"""Where the items of a text's lists begin and end, and the edit that gives one a name."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import yaml

from kspec.diagnostics import Edit, Source, Span

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Place(NamedTuple):
    """A line and a column, both counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a list, as written.

    Args:
        list: The key that the list stands under.
        form: A word, a mapping in block style, a mapping between braces, a pair in a flow list, or anything else.
        start: Where it begins.
        inside: Where the last of its content ends, before a closing brace.
        end: Where it ends.
        indent: The column of its keys (of the word), counted from 0.
        in_flow: Whether it stands between brackets.
        is_marked: Whether it has an anchor, so that other places repeat it.
        is_empty: Whether it is a mapping whose last value is left out.
    """

    list: str
    form: Literal["word", "block", "braces", "pair", "other"]
    start: Place
    inside: Place
    end: Place
    indent: int
    in_flow: bool
    is_marked: bool
    is_empty: bool


@lru_cache(maxsize=4)
def items(source: Source) -> tuple[Item, ...]:
    """The items of all lists of a text, in the order they begin; of a text that is not YAML, those before the fault."""
    walk = _Walk(source)
    try:
        for event in yaml.parse(source.text, Loader=_LOADER):
            walk.take(event)
    except yaml.YAMLError:
        pass
    return tuple(sorted(walk.items, key=lambda item: item.start))


def entry_at(place: Span) -> Item | None:
    """The entry of a list of layers that a place stands in."""
    entries, starts = _entries(place.source)
    index = bisect_right(starts, (place.line, place.column)) - 1
    if index < 0 or entries[index].end < (place.line, place.column):
        return None
    return entries[index]


@lru_cache(maxsize=4)
def _entries(source: Source) -> tuple[list[Item], list[tuple[int, int]]]:
    entries = [item for item in items(source) if item.list == "layers"]
    return entries, [(item.start.line, item.start.column) for item in entries]


def naming_edits(place: Span, name: str) -> tuple[Edit, ...]:
    """The edits that give the entry at a place a name; none where the text's form leaves no sure way to write it."""
    source = place.source
    entry = None if source.is_command_line else entry_at(place)
    if entry is None or entry.is_marked or entry.form == "other":
        return ()
    if not entry.in_flow and entry.form in ("word", "block"):
        return _below(source, entry, name)
    added = f", name: {name}"
    if entry.form == "word" or entry.is_empty:
        before = source.line(entry.inside.line)[: entry.inside.column - 1]
        colon = "" if before.endswith(": ") else " " if before.endswith(":") else ": "
        added = colon + "{}" + added
    if entry.form == "braces":
        return (_insert(source, entry.inside, added),)
    return (_insert(source, entry.start, "{"), _insert(source, entry.inside, added + "}"))


def _below(source: Source, entry: Item, name: str) -> tuple[Edit, ...]:
    """A line of its own under the entry's last."""
    break_ = "\r\n" if "\r\n" in source.text else "\n"
    written = " " * entry.indent + f"name: {name}"
    line, column = entry.inside
    if column == 1:  # what ends here is text of several lines
        return (_insert(source, entry.inside, written + break_),)
    colon = ":" if entry.form == "word" else ""
    end = Place(line, len(source.line(line)) + 1)
    if colon and end != entry.inside:
        return (_insert(source, entry.inside, colon), _insert(source, end, break_ + written))
    return (_insert(source, end, colon + break_ + written),)


def _insert(source: Source, place: Place, text: str) -> Edit:
    return Edit(Span(source, *place, *place), text)


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not come."""

    event: Any
    is_list: bool
    name: str
    """The key that it stands under."""
    content: Any
    """The mark where what it holds so far ends."""
    key: str = ""
    """In a mapping, the last key."""
    wants_key: bool = True
    first_key: Any = None
    """The mark of a mapping's first key."""
    is_empty: bool = False
    """Whether the last value is left out."""


class _Walk:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.items: list[Item] = []
        self.open: list[_Open] = []
        self.flow = 0

    def take(self, event: Any) -> None:
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            is_list = isinstance(event, yaml.SequenceStartEvent)
            parent = self.open[-1] if self.open else None
            name = "" if parent is None or parent.is_list else parent.key
            self.open.append(_Open(event, is_list, name, event.end_mark))
            self.flow += bool(event.flow_style)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            closed = self.open.pop()
            self.flow -= bool(closed.event.flow_style)
            end = event.end_mark if closed.event.flow_style else closed.content
            self._ended(closed.event, closed.content, end, closed)
        elif isinstance(event, (yaml.ScalarEvent, yaml.AliasEvent)):
            self._ended(event, event.end_mark, event.end_mark, None)

    def _ended(self, event: Any, inside: Any, end: Any, closed: _Open | None) -> None:
        """A value is complete: its holder has come that far."""
        if not self.open:
            return
        parent = self.open[-1]
        parent.content = end
        if parent.is_list:
            self.items.append(self._item(event, inside, end, closed, parent))
            return
        if parent.wants_key:
            parent.first_key = parent.first_key or event.start_mark
            parent.key = event.value if isinstance(event, yaml.ScalarEvent) else ""
        parent.wants_key = not parent.wants_key
        parent.is_empty = event.start_mark.index == event.end_mark.index

    def _item(self, event: Any, inside: Any, end: Any, closed: _Open | None, parent: _Open) -> Item:
        indent = event.start_mark.column
        form: Literal["word", "block", "braces", "pair", "other"] = "other"
        if isinstance(event, yaml.ScalarEvent):
            one_line = _place(event.start_mark).line == _place(event.end_mark).line
            form = "word" if one_line and event.value and not event.tag else "other"
        elif closed is not None and not closed.is_list:
            line = self.source.line(event.start_mark.line + 1)
            if line[event.start_mark.column :].startswith("? "):
                form = "other"
            elif not event.flow_style:
                form = "block"
                indent = closed.first_key.column if closed.first_key else indent
            else:
                form = "braces" if line[event.start_mark.column :].startswith("{") else "pair"
        return Item(
            parent.name,
            form,
            _place(event.start_mark),
            _place(inside),
            _place(end),
            indent,
            self.flow > 0,
            bool(getattr(event, "anchor", None)),
            closed is not None and closed.is_empty,
        )


def _place(mark: Any) -> Place:
    return Place(mark.line + 1, mark.column + 1)
