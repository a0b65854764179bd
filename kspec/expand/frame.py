"""What surrounds an entry that is being written out, and what is read off entries on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kspec.diagnostics import Path, Related, Span, UsedSpan


@dataclass(frozen=True, slots=True)
class Frame:
    """An entry that is being written out, and what surrounds it.

    Args:
        path: Where it is written.
        prefix: What stands before the names around it.
        variables: What its expressions know.
        uses: The uses of blocks around it, outermost first, as notes for diagnostics.
        blocks: The blocks that it stands in.
        trainable: What the uses around it say.
        origins: By parameter of the block that it stands in, where what it was handed is written.
        computed: Whether its values are computed already: the top level is, but for what is repeated.
    """

    path: Path
    prefix: str
    variables: Mapping[str, Any]
    uses: tuple[Related, ...] = ()
    blocks: tuple[str, ...] = ()
    trainable: bool | None = None
    origins: Mapping[str, Span] = field(default_factory=dict)
    computed: bool = False


def after(entry: dict[str, Any], before: str) -> dict[str, Any]:
    """A copy of a repeated entry that takes the one before it.

    Which of the inputs that are named is the first, what is called knows: there it is put in place.
    """
    said = entry.get("from")
    if isinstance(said, list) and len(said) > 1:
        return entry | {"from": [before, *said[1:]]}
    if isinstance(said, dict):
        return entry
    return {key: value for key, value in entry.items() if key != "from"}


def texts(value: Any) -> list[str]:
    """The texts of a list, or the one that is alone."""
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)]


def mapping(value: Any) -> Mapping[str, Any]:
    """A value where it is a mapping; else an empty one."""
    return value if isinstance(value, dict) else {}


def entries_of(network: Any) -> list[Any]:
    """The entries of a network as written."""
    layers = network.get("layers") if isinstance(network, dict) else None
    return layers if isinstance(layers, list) else []


def with_uses(span: Span, uses: tuple[Related, ...]) -> Span:
    """A place in a block, as seen from the uses of it."""
    return UsedSpan.of(span, uses) if uses else span
