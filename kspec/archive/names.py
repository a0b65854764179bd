"""Names of a model → names that the language takes, and which of them need not be written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from kspec.archive.errors import shown
from kspec.syntax.names import NAME, node_names

_STRANGE = re.compile(r"[^A-Za-z0-9_-]+")
_LONGEST = 200
"""Letters of a name; YAML has keys of a thousand at most."""
_ATTEMPTS = 10
"""How often it is tried to leave out as many names as can be."""


def cleaned(name: str) -> str:
    """A name that the language takes, as near to another as can be.

    >>> cleaned("block1/conv.a"), cleaned("2nd")
    ('block1_conv_a', 'n2nd')
    """
    if NAME.fullmatch(name) and len(name) <= _LONGEST:
        return name
    name = name[:_LONGEST]
    plain = _STRANGE.sub("_", name).strip("_") or "node"
    return plain if NAME.fullmatch(plain) else f"n{plain.lstrip('-')}"


class Names:
    """Names that are given, each once; what had to be changed is noted."""

    def __init__(self, notes: list[str], whole: str = "") -> None:
        self.taken: set[str] = set()
        self.notes = notes
        self.whole = f" (in `{whole}`)" if whole else ""

    def give(self, wanted: str, said: bool = True) -> str:
        """A free name after the one that is wanted.

        Args:
            said: Whether the model has it, so that a change is to be noted.
        """
        name = start = cleaned(wanted)
        count = 0
        while name in self.taken:
            count += 1
            name = f"{start}_{count}"
        self.taken.add(name)
        if said and name != wanted:
            self.notes.append(f"`{shown(wanted)}` is called `{name}` here{self.whole}")
        return name


def to_be_written(entries: Sequence[Any], wanted: Sequence[str], cited: set[int], taken: set[str]) -> set[int]:
    """The entries whose name must be written: those that are cited, and those that would be called otherwise.

    Args:
        entries: Without names.
        wanted: What each is to be called.
        cited: Those that are cited.
        taken: Other names of the spec.
    """
    written = set(cited)
    for attempt in range(_ATTEMPTS + 1):
        named = [
            _with_name(entry, wanted[number]) if number in written else entry for number, entry in enumerate(entries)
        ]
        found = node_names(named, taken)
        wrong = {n for n, (name, want) in enumerate(zip(found, wanted, strict=True)) if name != want} - written
        if not wrong:
            break
        written |= _first_of_each(wrong, wanted) if attempt < _ATTEMPTS else wrong
    return written


def _first_of_each(wrong: set[int], wanted: Sequence[str]) -> set[int]:
    """What follows a wrong count is wrong with it, and may be right when that is not."""
    stems: dict[str, int] = {}
    for number in sorted(wrong):
        stems.setdefault(re.sub(r"_\d+$", "", wanted[number]), number)
    return set(stems.values())


def _with_name(entry: Any, name: str) -> Any:
    return {**(entry if isinstance(entry, dict) else {entry: None}), "name": name}
