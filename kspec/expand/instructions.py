"""What a list of entries comes to, written out: plain entries that are called, and names given to what is there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from kspec.diagnostics import Path, Positions, Span


@dataclass(frozen=True, slots=True)
class Call:
    """A plain entry is called.

    Args:
        index: Which, of the entries written out.
        name: What its node is called: `use/inner` within a block.
        named: Whether the spec says so.
        prefix: What stands before the names that it cites, and those that its `as` gives: `use/`.
        path: Where it is written.
        implied: Names among its citations that nobody wrote, in full.
        trainable: What a use around it says; its own word goes before.
        before: The copy that it follows in a chain, in full.
    """

    index: int
    name: str
    named: bool
    prefix: str
    path: Path
    implied: frozenset[str] = frozenset()
    trainable: bool | None = None
    before: str = ""


@dataclass(frozen=True, slots=True)
class Bind:
    """A name is given to what is there: a block's input, what a use gives, what an entry that is left out would take.

    Args:
        name: The name, in full.
        references: What it stands for, by its names in the spec; empty for what the entry before gives.
        prefix: What stands before the cited names.
        span: Where they are cited.
        place: Where the name is given.
        group: Whether it stands for the list of them.
        named: Whether the spec gives the name.
        implied: Whether nobody wrote the citation.
        faulty: Whether what it stands for cannot be told, which has been said.
        next: What an entry after it takes that has no `from`: `this`, the `same` as before, or `none`.
    """

    name: str
    references: tuple[str, ...]
    prefix: str
    span: Span
    place: Span
    group: bool = False
    named: bool = True
    implied: bool = True
    faulty: bool = False
    next: Literal["this", "same", "none"] = "this"


@dataclass(slots=True)
class Expansion:
    """Entries written out.

    Args:
        positions: The document's, with those of all plain entries as `(…, "layers", index, …)`.
        entries: Plain entries.
        steps: What is done, in order.
        used: The blocks that are used.
        copies: By the name of an entry that is repeated, or made for each of several nodes, those of its copies.
    """

    positions: Positions
    entries: list[Any] = field(default_factory=list)
    steps: list[Call | Bind] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    copies: dict[str, tuple[str, ...]] = field(default_factory=dict)


def places_by_entry(positions: Positions) -> dict[Path, list[Path]]:
    """By the path of an entry, the rest of every path that has a place in it."""
    found: dict[Path, list[Path]] = {}
    for path in dict.fromkeys([*positions.values, *positions.keys]):
        length = {"layers": 2, "blocks": 4, "models": 4}.get(str(path[0]), 0) if path else 0
        if length and len(path) >= length and (length == 2 or path[2] == "layers"):
            found.setdefault(path[:length], []).append(path[length:])
    return found


def without_entries(positions: Positions, networks: Collection[Path]) -> Positions:
    """The places of all but the entries of some networks, to which those of the plain ones come."""
    lists = {(*network_path, "layers") for network_path in networks}

    def rest(found: Mapping[Path, Any]) -> dict[Path, Any]:
        return {
            path: value
            for path, value in found.items()
            if not (len(path) > 1 and path[:1] in lists) and not (len(path) > 3 and path[:3] in lists)
        }

    return Positions(positions.whole, rest(positions.keys), rest(positions.values), rest(positions.variables))
