"""Adds comments beside values: where each comes from."""

from __future__ import annotations

from collections.abc import Mapping

from kspec.diagnostics import Path, Report, Source
from kspec.rewrite.edits import Change, Offsets, applied
from kspec.syntax import parse
from kspec.syntax.comments import comment_column, ends_within_text
from kspec.syntax.extents import layout


def annotated(source: Source, notes: Mapping[Path, str]) -> str:
    """Adds a comment at the end of the line of each value that has a note; existing comments are kept.

    The comment names the value if it shares its line with others, between braces.
    """
    tree = parse(source, Report())
    if tree is None:
        return source.text
    places = layout(source)
    by_line: dict[int, dict[str, list[str]]] = {}
    for path, note in notes.items():
        if not note or path not in places:
            continue
        line = tree.positions.key(path).line
        name = _name(path) if places[path].in_flow else ""
        names = by_line.setdefault(line, {}).setdefault(" ".join(note.split()), [])
        if name and name not in names:
            names.append(name)
    offsets = Offsets(source)
    changes = []
    for line, notes_here in by_line.items():
        if ends_within_text(source, line):
            continue
        comment = "; ".join(f"{', '.join(names)}: {note}" if names else note for note, names in notes_here.items())
        end = offsets.line_end(line)
        mark = "; " if comment_column(source, line) is not None else "  # "
        changes.append(Change(end, end, mark + comment))
    return applied(source.text, changes)


def _name(path: Path) -> str:
    return next((part for part in reversed(path) if isinstance(part, str)), "")
