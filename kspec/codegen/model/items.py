"""Entries as they are written, before anything is expanded: what a reader of the spec sees."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kspec import catalog
from kspec.codegen.model.arguments import NeedsFlatCode
from kspec.diagnostics import Path
from kspec.syntax.deferred import Uncomputed
from kspec.syntax.expressions import names_in
from kspec.syntax.names import ENTRY_KEYS, node_names, written_name

HEADS = {"op": "op", "reuse": "reuse", "block": "block", "model": "model"}


@dataclass(frozen=True, slots=True)
class Item:
    """An entry.

    Args:
        path: Where it is written.
        name: What its node is called among its neighbours.
        named: Whether the spec says so.
        kind: class, op, reuse, block or model.
        head: What it names.
        arguments: Of the class, as written.
        words: The graph's own words beside the head.
    """

    path: Path
    name: str
    named: bool
    kind: str
    head: str
    arguments: dict[str, Any] = field(default_factory=dict)
    words: dict[str, Any] = field(default_factory=dict)

    def without(self, *words: str, **more: Any) -> Item:
        """The entry with other words."""
        return replace(self, words={key: item for key, item in self.words.items() if key not in words} | more)

    def renamed(self, name: str, **words: Any) -> Item:
        """A copy of the entry that has a name of its own."""
        return replace(self, name=name, words={**self.words, **words})

    @property
    def layer(self) -> catalog.Entry | None:
        """What Keras says of the layer or op."""
        return catalog.find("op" if self.kind == "op" else "layer", self.head)

    def cited(self) -> Iterator[str]:
        """The names of nodes that it takes, as written."""
        for word in ("from", "each"):
            yield from _texts(self.words.get(word))

    def sizes_of(self) -> Iterator[str]:
        """The nodes whose vocabulary decides a size of it."""
        yield from _vocabularies(self.arguments)

    def uses(self, variable: str) -> bool:
        """Whether an expression in it has a variable."""
        return any(variable in names_in(text) for text in _expressions([self.arguments, self.words]))


def read_items(entries: Sequence[Any], path: Path, taken: Collection[str]) -> list[Item]:
    """A list of entries, each with the name that its node has."""
    given = {name for entry in entries if isinstance(entry, dict) for name in _texts(entry.get("as"))}
    names = node_names(entries, taken={*taken, *given})
    return [
        _item(entry, name, (*path, number)) for number, (entry, name) in enumerate(zip(entries, names, strict=True))
    ]


def _item(entry: Any, name: str, path: Path) -> Item:
    if isinstance(entry, str):
        return Item(path, name, False, "class", entry)
    words = {key: item for key, item in entry.items() if key in ENTRY_KEYS}
    head = next(key for key in entry if key not in ENTRY_KEYS)
    named = written_name(entry) is not None
    if head in HEADS:
        if isinstance(entry[head], Uncomputed):
            raise NeedsFlatCode("a head that is computed")
        return Item(path, name, named, HEADS[head], entry[head], {}, words)
    return Item(path, name, named, "class", head, entry[head] or {}, words)


def _texts(value: Any) -> Iterator[str]:
    """The names in what stands after `from`, `each` or `as`."""
    if isinstance(value, Uncomputed):
        raise NeedsFlatCode("a citation that is computed")
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _vocabularies(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "vocabulary_of" and isinstance(item, str):
                yield item
            yield from _vocabularies(item)
    elif isinstance(value, list):
        for item in value:
            yield from _vocabularies(item)


def _expressions(value: Any) -> Iterator[str]:
    if isinstance(value, Uncomputed):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _expressions(item)
    elif isinstance(value, list):
        for item in value:
            yield from _expressions(item)
