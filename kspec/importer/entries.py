"""Entries of a spec ↔ items with explicit sources, which can be moved."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from kspec import catalog
from kspec.catalog import Tensor as Parameter
from kspec.ir.call_inputs import implied_argument
from kspec.syntax.names import ENTRY_KEYS


class Source(NamedTuple):
    """An output of an item, or of an input."""

    item: int | str
    output: int = 0


@dataclass(slots=True, eq=False)
class Item:
    """An entry.

    Args:
        number: The original index of the entry; unique.
        head: The head's key: a class, `op`, `reuse`, `model` or `block`.
        callee: The value of `op`, `reuse`, `model` or `block`.
        arguments: The arguments of a class or block.
        call: The constants of the call.
        form: The form of `from`: `one` name, a `list`, a `mapping`, or `nothing`.
        sources: The tensors that it receives, by argument (empty in a list) and position.
        name: Its name, if any.
        rest: Its other keys.
        count: The number of repetitions.
        size: The number of entries that it expands to.
        is_reused: Whether a later entry refers to its name with `reuse`.
    """

    number: int
    head: str
    callee: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)
    call: dict[str, Any] = field(default_factory=dict)
    form: str = "one"
    sources: dict[tuple[str, int], Source] = field(default_factory=dict)
    name: str = ""
    rest: dict[str, Any] = field(default_factory=dict)
    count: Any = 1
    size: int = 1
    is_reused: bool = False

    @property
    def is_movable(self) -> bool:
        """Whether it can be moved into a block or repeated; entries that reuse, or whose names others need, cannot."""
        return self.head != "reuse" and not self.is_reused and "as" not in self.rest


def read_items(layers: Sequence[Any], inputs: Sequence[str], models: Mapping[str, Any]) -> list[Item]:
    """Read the entries of a network.

    Args:
        layers: The entries.
        inputs: The names of the network's inputs.
        models: The document's sub-models.
    """
    known: dict[str, Source] = {name: Source(name) for name in inputs}
    before: Source | None = Source(inputs[0]) if len(inputs) == 1 else None
    items = []
    for number, entry in enumerate(layers):
        words: dict[str, Any] = {entry: None} if isinstance(entry, str) else dict(entry)
        head = next(key for key in words if key not in ENTRY_KEYS)
        value = words.pop(head)
        item = Item(number, head, value if isinstance(value, str) else "", value if isinstance(value, dict) else {})
        item.name = words.pop("name", "")
        item.call = words.pop("call", {})
        _read_sources(item, words.pop("from", None), before, known, models)
        item.rest = words
        if item.name:
            known[item.name] = Source(number)
        for output, name in enumerate(words.get("as", ())):
            if name != "_":
                known[name] = Source(number, output)
        before = Source(number)
        items.append(item)
    reused = {item.callee for item in items if item.head == "reuse"}
    for item in items:
        item.is_reused = bool(item.name) and item.name in reused
    return items


def _read_sources(
    item: Item, source: Any, before: Source | None, known: Mapping[str, Source], models: Mapping[str, Any]
) -> None:
    """Fill in the form and sources of an item from its `from`."""
    if source is None and (before is None or (item.head not in ("reuse", "model") and not _signature(item, models))):
        item.form = "nothing"
    elif source is None:
        assert before is not None
        item.sources["", 0] = before
    elif isinstance(source, str):
        item.sources["", 0] = known[source]
    elif isinstance(source, list):
        item.form = "list"
        item.sources = {("", position): known[name] for position, name in enumerate(source)}
    else:
        item.form = "mapping"
        first = implied_argument(_signature(item, models), source, item.call)
        if first is not None and before is not None:
            item.sources[first, -1] = before
        for argument, names in source.items():
            for position, name in enumerate(names if isinstance(names, list) else [names]):
                item.sources[argument, position if isinstance(names, list) else -1] = known[name]


def _signature(item: Item, models: Mapping[str, Any]) -> Sequence[Parameter]:
    """The tensor parameters of an item's callee; empty for `reuse` and `block`, which are always fed explicitly."""
    if item.head == "model":
        return [Parameter(name, "one", True) for name in models.get(item.callee, {}).get("inputs", ())]
    if item.head in ("reuse", "block"):
        return ()
    entry = catalog.find("op" if item.head == "op" else "layer", item.callee or item.head)
    return entry.tensors if entry is not None else ()


def write_entry(
    item: Item, before: Source | None, reference: Callable[[Source], str], name: str, models: Mapping[str, Any]
) -> Any:
    """Write an item as an entry.

    Args:
        item: The item.
        before: The source of an entry without `from`.
        reference: Returns the name of a source.
        name: The name of the entry; empty if it needs none.
        models: The document's sub-models.
    """
    words: dict[str, Any] = {}
    if item.head == "block":
        words = {"block": item.callee}
        if item.arguments:
            words["with"] = item.arguments
    else:
        words[item.head] = item.callee or item.arguments or None
    source = _source(item, before, reference, models)
    if source is not None:
        words["from"] = source
    if item.call:
        words["call"] = item.call
    if name:
        words["name"] = name
    words |= item.rest
    if item.count != 1:
        words["repeat"] = item.count
    return item.head if len(words) == 1 and words[item.head] is None else words


def _source(item: Item, before: Source | None, reference: Callable[[Source], str], models: Mapping[str, Any]) -> Any:
    if item.form == "nothing":
        return None
    if item.form == "one":
        source = item.sources["", 0]
        return None if source == before else reference(source)
    if item.form == "list":
        return [reference(source) for source in item.sources.values()]
    sources: dict[str, Any] = {}
    first = next((parameter.name for parameter in _signature(item, models)), None)
    for (argument, position), source in item.sources.items():
        if position >= 0:
            sources.setdefault(argument, []).append(reference(source))
        elif argument != first or source != before:
            sources[argument] = reference(source)
    return sources


def all_sources(items: Sequence[Item]) -> Iterator[tuple[int, Source]]:
    """The sources of all items, each with the position of the item."""
    for position, item in enumerate(items):
        for source in item.sources.values():
            yield position, source
