"""The items of a text's lists, where they say what they are, and the edit that gives one a name."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from kspec.diagnostics import Edit, Path, Positions, Source, Span
from kspec.syntax.extents import Extent, Place, layout
from kspec.syntax.names import ENTRY_KEYS


@lru_cache(maxsize=4)
def items(source: Source) -> tuple[Extent, ...]:
    """The items of all lists of a text, in the order they begin."""
    found = (extent for path, extent in layout(source).items() if path and isinstance(path[-1], int))
    return tuple(sorted(found, key=lambda item: item.start))


def entry_at(place: Span) -> Extent | None:
    """The entry of a list of layers that a place stands in."""
    entries, starts = _entries(place.source)
    index = bisect_right(starts, (place.line, place.column)) - 1
    if index < 0 or entries[index].end < (place.line, place.column):
        return None
    return entries[index]


@lru_cache(maxsize=4)
def _entries(source: Source) -> tuple[list[Extent], list[tuple[int, int]]]:
    found = (x for path, x in layout(source).items() if len(path) > 1 and path[-2] == "layers")
    entries = sorted(found, key=lambda item: item.start)
    return entries, [(item.start.line, item.start.column) for item in entries]


def lists_of_entries(values: Any) -> Iterator[tuple[Path, list[Any]]]:
    """A document's lists of entries as they are written, each with its path: its own, those of its blocks and models.

    Args:
        values: The document's plain values.
    """
    document = values if isinstance(values, dict) else {}
    holders: list[tuple[Path, Any]] = [((), document)]
    for word in ("blocks", "models"):
        section = document.get(word)
        holders += [((word, name), holder) for name, holder in section.items()] if isinstance(section, dict) else []
    for path, holder in holders:
        entries = holder.get("layers") if isinstance(holder, dict) else None
        if isinstance(entries, list):
            yield (*path, "layers"), entries


def head_place(path: Path, entry: Any, positions: Positions) -> Span:
    """Where an entry says what it is: its class, or what stands after `op:` or `reuse:`."""
    for key in entry if isinstance(entry, dict) else ():
        if key not in ENTRY_KEYS:
            place = (*path, key)
            return positions.value(place) if key in ("op", "reuse", "block", "model") else positions.key(place)
    return positions.value(path)


def naming_edits(place: Span, name: str) -> tuple[Edit, ...]:
    """The edits that give the entry at a place a name; none where the text's form leaves no sure way to write it."""
    source = place.source
    entry = None if source.is_command_line else entry_at(place)
    if entry is None or entry.anchor or entry.form not in ("word", "block", "braces", "pair"):
        return ()
    if not entry.in_flow and entry.form in ("word", "block"):
        return _below(source, entry, name)
    added = f", name: {name}"
    if entry.form == "word" or entry.is_open:
        before = source.line(entry.inside.line)[: entry.inside.column - 1]
        colon = "" if before.endswith(": ") else " " if before.endswith(":") else ": "
        added = colon + "{}" + added
    if entry.form == "braces":
        return (_insert(source, entry.inside, added),)
    return (_insert(source, entry.start, "{"), _insert(source, entry.inside, added + "}"))


def _below(source: Source, entry: Extent, name: str) -> tuple[Edit, ...]:
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
