"""Entries of a list of layers as the spec has them, before blocks, repeats and expressions are expanded."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kspec import catalog
from kspec.catalog.learned_weight import WEIGHT
from kspec.codegen.model.arguments import NeedsFlatCode
from kspec.diagnostics import Path
from kspec.syntax.deferred import Uncomputed
from kspec.syntax.expressions import names_in, sizes_in_text
from kspec.syntax.formula import references as formula_nodes
from kspec.syntax.names import ENTRY_KEYS, node_names, written_name
from kspec.syntax.sizes import OF_SHAPE, Size, is_size, sizes_of

HEADS = frozenset({"op", "reuse", "block", "model", "expr"})


@dataclass(frozen=True, slots=True)
class SpecEntry:
    """An entry of a list of layers.

    Args:
        path: Its place in the spec.
        name: The name of its node.
        named: Whether the spec gives that name; otherwise it is automatic.
        kind: class, op, reuse, block, model, expr or weight.
        head: The class, op, node, block or sub-model that it calls; the formula of an `expr`.
        arguments: The arguments of the class, not yet expanded.
        options: The other keys of the entry: `from`, `repeat`, `when` …
    """

    path: Path
    name: str
    named: bool
    kind: str
    head: str
    arguments: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)

    def without(self, *keys: str, **options: Any) -> SpecEntry:
        """The entry with some options removed and others set."""
        return replace(self, options={key: value for key, value in self.options.items() if key not in keys} | options)

    def renamed(self, name: str, **options: Any) -> SpecEntry:
        """A copy of the entry under another name, with some options changed."""
        return replace(self, name=name, options={**self.options, **options})

    @property
    def definition(self) -> catalog.Entry | None:
        """The catalog's entry of its layer or op."""
        if self.kind == "weight":
            return WEIGHT
        return catalog.find("op" if self.kind == "op" else "layer", self.head)

    @property
    def output_names(self) -> list[str]:
        """The names that `as` gives to its outputs."""
        names = self.options.get("as")
        return list(names) if isinstance(names, list) else []

    @property
    def vectors(self) -> tuple[str, str | None] | None:
        """The file with the initial vectors of an Embedding, and the layer whose vocabulary orders them, or None."""
        weights = self.options.get("weights")
        return None if weights is None else (weights["file"], weights.get("vocabulary"))

    def references(self) -> Iterator[str]:
        """The names of the nodes that it takes, not yet expanded."""
        if self.kind == "expr":
            yield from dict.fromkeys(node.name for node in formula_nodes(self.head))
        if isinstance(self.options.get("each"), dict):
            raise NeedsFlatCode("a value for each copy")
        for key in ("from", "each"):
            yield from _texts(self.options.get(key))

    def vocabulary_sources(self) -> Iterator[str]:
        """The nodes whose vocabulary size it uses in an argument."""
        yield from (size.name for size in _sizes([self.arguments, self.options]) if size.word == "vocabulary_of")

    def shape_sources(self) -> Iterator[str]:
        """The nodes whose shape it uses in an argument."""
        yield from (size.name for size in _sizes([self.arguments, self.options]) if size.word in OF_SHAPE)

    def uses(self, variable: str) -> bool:
        """Whether an expression in it has a variable."""
        return any(variable in names_in(text) for text in _expressions([self.arguments, self.options]))


def read_entries(values: Sequence[Any], path: Path, taken: Collection[str]) -> list[SpecEntry]:
    """Reads a list of layers and gives each entry the name of its node.

    Args:
        values: The list as the spec has it.
        path: Its place in the spec.
        taken: Names that nodes cannot have: those of the inputs.
    """
    outputs = {name for value in values if isinstance(value, dict) for name in _texts(value.get("as"))}
    names = node_names(values, taken={*taken, *outputs})
    return [_entry(value, name, (*path, i)) for i, (value, name) in enumerate(zip(values, names, strict=True))]


def _entry(value: Any, name: str, path: Path) -> SpecEntry:
    if isinstance(value, str):
        return SpecEntry(path, name, False, "class", value)
    options = {key: option for key, option in value.items() if key in ENTRY_KEYS}
    head = next(key for key in value if key not in ENTRY_KEYS)
    named = written_name(value) is not None
    if head in HEADS:
        if isinstance(value[head], Uncomputed) and head != "expr":
            raise NeedsFlatCode("a head that is computed")
        return SpecEntry(path, name, named, head, value[head], {}, options)
    kind = "weight" if head == WEIGHT.name else "class"
    return SpecEntry(path, name, named, kind, head, value[head] or {}, options)


def _texts(value: Any) -> Iterator[str]:
    """The names in the value of `from`, `each` or `as`."""
    if isinstance(value, Uncomputed):
        raise NeedsFlatCode("a reference that is computed")
    if isinstance(value, str):
        yield value
    for item in _items(value):
        yield from _texts(item)


def _sizes(value: Any) -> Iterator[Size]:
    """The sizes of nodes in a value that is not yet expanded."""
    if isinstance(value, Uncomputed):
        yield from sizes_in_text(value)
    elif is_size(value):
        yield from sizes_of(value)
    else:
        for item in _items(value):
            yield from _sizes(item)


def _expressions(value: Any) -> Iterator[str]:
    if isinstance(value, Uncomputed):
        yield value
    for item in _items(value):
        yield from _expressions(item)


def _items(value: Any) -> Collection[Any]:
    """The values in a dict or list; none of any other value."""
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
