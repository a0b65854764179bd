"""The entries in a text, the places of their heads, and the edits that name them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from kspec.diagnostics import Edit, Path, Positions, Related, Report, Source, Span, codes
from kspec.syntax.extents import Extent, Place, layout
from kspec.syntax.names import ENTRY_KEYS


@lru_cache(maxsize=4)
def list_items(source: Source) -> tuple[Extent, ...]:
    """The items of all lists of a text, in the order they begin."""
    extents = (extent for path, extent in layout(source).items() if path and isinstance(path[-1], int))
    return tuple(sorted(extents, key=lambda item: item.start))


def items_around(place: Span) -> Iterator[Extent]:
    """The items of lists that contain a place, the innermost first."""
    items, starts, outer = _nested_items(place.source)
    index = bisect_right(starts, (place.line, place.column)) - 1
    while index >= 0:
        if (place.line, place.column) <= items[index].end:
            yield items[index]
        index = outer[index]


@lru_cache(maxsize=4)
def _nested_items(source: Source) -> tuple[tuple[Extent, ...], list[tuple[int, int]], list[int]]:
    """The items of all lists, where they begin, and the index of the item around each; -1 for none."""
    items = list_items(source)
    outer: list[int] = []
    around: list[int] = []
    for index, item in enumerate(items):
        while around and items[around[-1]].end < item.start:
            around.pop()
        outer.append(around[-1] if around else -1)
        around.append(index)
    return items, [(item.start.line, item.start.column) for item in items], outer


def entry_at(place: Span) -> Extent | None:
    """The entry of a list of layers that contains a place."""
    entries, starts = _entries(place.source)
    index = bisect_right(starts, (place.line, place.column)) - 1
    if index < 0 or entries[index].end < (place.line, place.column):
        return None
    return entries[index]


@lru_cache(maxsize=4)
def _entries(source: Source) -> tuple[list[Extent], list[tuple[int, int]]]:
    extents = (extent for path, extent in layout(source).items() if len(path) > 1 and path[-2] == "layers")
    entries = sorted(extents, key=lambda item: item.start)
    return entries, [(item.start.line, item.start.column) for item in entries]


def lists_of_entries(values: Any) -> Iterator[tuple[Path, list[Any]]]:
    """The lists of entries in a document, its blocks and its models, each with its path."""
    document = values if isinstance(values, dict) else {}
    holders: list[tuple[Path, Any]] = [((), document)]
    for key in ("blocks", "models"):
        section = document.get(key)
        holders += [((key, name), holder) for name, holder in section.items()] if isinstance(section, dict) else []
    for path, holder in holders:
        entries = holder.get("layers") if isinstance(holder, dict) else None
        if isinstance(entries, list):
            yield (*path, "layers"), entries


def head_place(path: Path, entry: Any, positions: Positions) -> Span:
    """The place of an entry's head: its class, or the value of `op`, `reuse`, `block`, `model` or `expr`.

    Args:
        path: The entry's place in the spec.
        entry: Its plain value.
        positions: The places of keys and values in the text.

    Returns:
        The place in the text; that of the entry if it has no head or is not a mapping.
    """
    for key in entry if isinstance(entry, dict) else ():
        if key not in ENTRY_KEYS:
            place = (*path, key)
            return positions.value(place) if key in ("op", "reuse", "block", "model", "expr") else positions.key(place)
    return positions.value(path)


def naming_edits(place: Span, name: str) -> tuple[Edit, ...]:
    """The edits that give the entry at a place a name; none if the form of its text is too unusual."""
    source = place.source
    entry = None if source.is_command_line else entry_at(place)
    if entry is None or entry.anchor or entry.form not in ("word", "block", "braces", "pair"):
        return ()
    if not entry.in_flow and entry.form in ("word", "block"):
        return _add_line(source, entry, name)
    added = f", name: {name}"
    if entry.form == "word" or entry.is_open:
        before = source.line(entry.content_end.line)[: entry.content_end.column - 1]
        colon = "" if before.endswith(": ") else " " if before.endswith(":") else ": "
        added = colon + "{}" + added
    if entry.form == "braces":
        return (_insert(source, entry.content_end, added),)
    return (_insert(source, entry.start, "{"), _insert(source, entry.content_end, added + "}"))


def _add_line(source: Source, entry: Extent, name: str) -> tuple[Edit, ...]:
    """Adds a line with the name below the entry."""
    newline = "\r\n" if "\r\n" in source.text else "\n"
    line_text = " " * entry.indent + f"name: {name}"
    line, column = entry.content_end
    if column == 1:  # the entry ends with text of several lines
        return (_insert(source, entry.content_end, line_text + newline),)
    colon = ":" if entry.form == "word" else ""
    end = Place(line, len(source.line(line)) + 1)
    if colon and end != entry.content_end:
        return (_insert(source, entry.content_end, colon), _insert(source, end, newline + line_text))
    return (_insert(source, end, colon + newline + line_text),)


def _insert(source: Source, place: Place, text: str) -> Edit:
    return Edit(Span(source, *place, *place), text)


def warn_automatic_name(name: str, node: Span, span: Span, report: Report) -> None:
    """Warns of a reference to a name that the spec does not give.

    Args:
        name: The name.
        node: The place of its node.
        span: The place of the reference.
        report: Where the warning is added.
    """
    report.warning(
        codes.AUTOMATIC_NAME_REFERENCE,
        f"`{name}` is an automatic name: it changes if a layer is inserted above",
        span,
        help=f"give the node on line {node.line} a name, and reference that",
        related=(Related("this node", node),),
        edits=naming_edits(node, name),
    )
