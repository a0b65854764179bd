"""The result of expansion: plain entries to call, and names to bind, as a linear list of instructions."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from kspec.diagnostics import Path, Positions, Span


@dataclass(frozen=True, slots=True)
class Call:
    """Calls a plain entry.

    Args:
        index: Its index in `Expansion.entries`.
        name: The name of its node: `use/inner` within a block.
        named: Whether the spec gives that name.
        prefix: The prefix of the names that it references and that its `as` defines: `use/`.
        path: Its place in the document.
        implied: Full names among its references that the spec does not write.
        trainable: `trainable` of the use around it; the entry's own takes precedence.
        before: The full name of the copy that it follows in a chain.
        formula: The part of an `expr` that it computes, as in `Node.formula`.
    """

    index: int
    name: str
    named: bool
    prefix: str
    path: Path
    implied: frozenset[str] = frozenset()
    trainable: bool | None = None
    before: str = ""
    formula: str = ""


@dataclass(frozen=True, slots=True)
class Bind:
    """Binds a name to nodes: a block's input or output, or what an omitted entry passes through.

    Args:
        name: The full name.
        references: The nodes it stands for, by their names in the spec; empty for the previous entry's output.
        prefix: The prefix of the referenced names.
        span: Where they are referenced.
        place: Where the name is defined.
        group: Whether the name stands for the list of nodes.
        named: Whether the spec gives the name.
        implied: Whether the spec does not write the references.
        faulty: Whether the nodes are unknown because of an error that was reported.
        next: The input of a following entry without `from`: `this`, the `same` as before, or `none`.
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
    """The expanded entries of a network.

    Args:
        positions: The document's, with those of all plain entries as `(…, "layers", index, …)`.
        entries: The plain entries.
        steps: What to do, in order.
        used_blocks: The names of the blocks that are used.
        copies: By the name of an entry with `repeat` or `each`, the names of its copies.
    """

    positions: Positions
    entries: list[Any] = field(default_factory=list)
    steps: list[Call | Bind] = field(default_factory=list)
    used_blocks: set[str] = field(default_factory=set)
    copies: dict[str, tuple[str, ...]] = field(default_factory=dict)


_HANDLED = ("each", "repeat", "when")
"""The keys of an entry that its copies lack."""


def relative_paths(positions: Positions) -> dict[Path, list[Path]]:
    """By the path of an entry, the paths below it that its copies have as well, relative to the entry."""
    paths: dict[Path, list[Path]] = {}
    for path in dict.fromkeys([*positions.values, *positions.keys]):
        length = {"layers": 2, "blocks": 4, "models": 4}.get(str(path[0]), 0) if path else 0
        if length and len(path) >= length and (length == 2 or path[2] == "layers"):
            if len(path) > length and path[length] in _HANDLED:
                continue
            paths.setdefault(path[:length], []).append(path[length:])
    return paths


def without_entries(positions: Positions, networks: Collection[Path]) -> Positions:
    """A copy of the positions without those of some networks' entries, which expansion replaces."""
    lists = {(*network_path, "layers") for network_path in networks}

    def rest(places: Mapping[Path, Any]) -> dict[Path, Any]:
        return {
            path: value
            for path, value in places.items()
            if not (len(path) > 1 and path[:1] in lists) and not (len(path) > 3 and path[:3] in lists)
        }

    return Positions(positions.whole, rest(positions.keys), rest(positions.values), rest(positions.variables))
