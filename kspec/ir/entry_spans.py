"""The places of an entry's parts in the text."""

from __future__ import annotations

from kspec.diagnostics import Path, Positions, Span
from kspec.language import Entry

KEYS = ("class", "weight")
"""The kinds of heads that are keys with arguments."""


def head_path(path: Path, entry: Entry) -> Path:
    """The path of the key that is the entry's head."""
    return (*path, entry.head if entry.kind in KEYS else entry.kind)


def head_span(path: Path, entry: Entry, positions: Positions) -> Span:
    """The place of the class, op or node that an entry names.

    Args:
        path: The entry's place in the spec.
        entry: The entry.
        positions: The places of keys and values in the text.

    Returns:
        The place in the text: of a class or a weight the key, of any other head the value.
    """
    head = head_path(path, entry)
    if entry.kind in KEYS:
        return positions.keys.get(head) or positions.value(path)
    return positions.value(head)
