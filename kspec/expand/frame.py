"""The context in which an entry is expanded, and helpers that read entries."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from kspec.diagnostics import Path, Related, Span, UsedSpan


@dataclass(frozen=True, slots=True)
class Frame:
    """The context of an entry.

    Args:
        path: The entry's place in the document.
        prefix: The prefix of the names around it: `stage/` within the block used as `stage`.
        variables: The variables and parameters that its expressions can use.
        uses: The block uses around it, outermost first, as notes for diagnostics.
        blocks: The names of the blocks around it, outermost first.
        trainable: `trainable` of the innermost use around it that sets it.
        origins: By parameter of the block around it, where the argument's value comes from.
        scopes: By parameter whose value a use writes, the prefix of the names around that use.
        computed: Whether its values are computed already: those of the spec's own entries without `repeat` are.
    """

    path: Path
    prefix: str
    variables: Mapping[str, Any]
    uses: tuple[Related, ...] = ()
    blocks: tuple[str, ...] = ()
    trainable: bool | None = None
    origins: Mapping[str, Span] = field(default_factory=dict)
    scopes: Mapping[str, str] = field(default_factory=dict)
    computed: bool = False

    def of_entry(self, number: int, *, computed: bool) -> Frame:
        """The context of one of the entries at this place; `replace` takes much longer, and every entry has one.

        Args:
            number: The entry's number.
            computed: Whether its values are computed already.
        """
        return Frame(
            path=(*self.path, number),
            prefix=self.prefix,
            variables=self.variables,
            uses=self.uses,
            blocks=self.blocks,
            trainable=self.trainable,
            origins=self.origins,
            scopes=self.scopes,
            computed=computed,
        )


@dataclass(frozen=True, slots=True)
class Item:
    """An entry to expand.

    Args:
        entry: Its plain value; a dict unless it is a bare class name.
        name: The name of its node.
        named: Whether the spec gives that name.
        frame: Its context.
    """

    entry: Any
    name: str
    named: bool
    frame: Frame


def strings(value: Any) -> list[str]:
    """The strings of a list, or a single string as a list."""
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)]


def as_mapping(value: Any) -> Mapping[str, Any]:
    """A value if it is a mapping, else an empty one."""
    return value if isinstance(value, dict) else {}


def entries_of(network: Any) -> list[Any]:
    """The entries of a network's plain values."""
    layers = network.get("layers") if isinstance(network, dict) else None
    return layers if isinstance(layers, list) else []


def with_variables(outer: Mapping[str, Any], own: dict[str, Any]) -> Mapping[str, Any]:
    """Variables and those around them, which are not copied."""
    return ChainMap(own, cast("dict[str, Any]", outer))


def with_uses(span: Span, uses: tuple[Related, ...]) -> Span:
    """A place in a block, together with the uses of the block that led there."""
    return UsedSpan.of(span, uses) if uses else span
