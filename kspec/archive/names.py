"""Names in a model → valid names in a spec, and which of them can be left out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from kspec.archive.errors import printable
from kspec.syntax.names import NAME, node_names

_STRANGE = re.compile(r"[^A-Za-z0-9_-]+")
_LONGEST = 200
"""The longest name; YAML limits keys to 1,024 characters."""
_ATTEMPTS = 10
"""The number of attempts to find a minimal set of names."""


def valid_name(name: str) -> str:
    """A valid name that is similar to any text.

    >>> valid_name("block1/conv.a"), valid_name("2nd")
    ('block1_conv_a', 'n2nd')
    """
    if NAME.fullmatch(name) and len(name) <= _LONGEST:
        return name
    name = name[:_LONGEST]
    plain = _STRANGE.sub("_", name).strip("_") or "node"
    return plain if NAME.fullmatch(plain) else f"n{plain.lstrip('-')}"


class Names:
    """Assigns unique valid names, and notes changed ones."""

    def __init__(self, notes: list[str], within: str = "") -> None:
        self.taken: set[str] = set()
        self.notes = notes
        self.suffix = f" (in `{within}`)" if within else ""

    def give(self, wanted: str, is_original: bool = True) -> str:
        """A valid unused name.

        Args:
            wanted: The preferred name.
            is_original: Whether it is a name of the model, so that a change is noted.
        """
        name = start = valid_name(wanted)
        count = 0
        while name in self.taken:
            count += 1
            name = f"{start}_{count}"
        self.taken.add(name)
        if is_original and name != wanted:
            self.notes.append(f"`{printable(wanted)}` is renamed `{name}`{self.suffix}")
        return name


def entries_to_name(entries: Sequence[Any], wanted: Sequence[str], referenced: set[int], taken: set[str]) -> set[int]:
    """The entries that need a name: those that are referenced, and those whose automatic name would differ.

    Args:
        entries: The entries without names.
        wanted: The name of each entry.
        referenced: The referenced entries.
        taken: Other names of the spec.
    """
    named_entries = set(referenced)
    for attempt in range(_ATTEMPTS + 1):
        named = [
            _with_name(entry, wanted[number]) if number in named_entries else entry
            for number, entry in enumerate(entries)
        ]
        found = node_names(named, taken)
        wrong = {n for n, (name, want) in enumerate(zip(found, wanted, strict=True)) if name != want} - named_entries
        if not wrong:
            break
        named_entries |= _first_of_each(wrong, wanted) if attempt < _ATTEMPTS else wrong
    return named_entries


def _first_of_each(wrong: set[int], wanted: Sequence[str]) -> set[int]:
    """The first entry with a wrong number per class; the later ones may become right with it."""
    stems: dict[str, int] = {}
    for number in sorted(wrong):
        stems.setdefault(re.sub(r"_\d+$", "", wanted[number]), number)
    return set(stems.values())


def _with_name(entry: Any, name: str) -> Any:
    return {**(entry if isinstance(entry, dict) else {entry: None}), "name": name}


def shown_entry(entry: dict[str, Any], name: str | None) -> Any:
    """An entry with its name; only the class if there is nothing else."""
    head = next(iter(entry))
    rest = {key: value for key, value in entry.items() if key != head}
    if name is None and not rest and head not in ("op", "reuse", "model"):
        return {head: entry[head]} if entry[head] else head
    body = entry[head] or None if head not in ("op", "reuse", "model") else entry[head]
    return {head: body, **({"name": name} if name is not None else {}), **rest}
