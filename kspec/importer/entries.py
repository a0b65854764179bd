"""Entries of a spec as items whose sources are told in full, and back: what moving them about needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from kspec import catalog
from kspec.syntax.names import ENTRY_KEYS


class Source(NamedTuple):
    """An output of an item, or of an input."""

    item: int | str
    output: int = 0


@dataclass(slots=True, eq=False)
class Item:
    """An entry.

    Args:
        number: Its place among the entries as they were first; unique.
        head: The key that says what it is: a class, `op`, `reuse`, `model`, `block`.
        called: What stands after `op`, `reuse`, `model` and `block`.
        arguments: A class's arguments; what a block is handed.
        call: Constants of the call.
        form: How `from` is written: as `one` name, a `list`, or a `mapping`; `nothing` where it takes nothing.
        sources: What it takes, by slot: position, or argument and position.
        rest: Its other words.
        count: How often it is repeated.
        size: How many entries it stands for.
    """

    number: int
    head: str
    called: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)
    call: dict[str, Any] = field(default_factory=dict)
    form: str = "one"
    sources: dict[tuple[str, int], Source] = field(default_factory=dict)
    name: str = ""
    rest: dict[str, Any] = field(default_factory=dict)
    count: Any = 1
    size: int = 1

    @property
    def is_movable(self) -> bool:
        """Whether it can stand in a block: what is used again by name cannot."""
        return self.head != "reuse" and "as" not in self.rest


def items_of(layers: Sequence[Any], inputs: Sequence[str], models: Mapping[str, Any]) -> list[Item]:
    """The items of a network's entries.

    Args:
        models: The document's sub-models.
    """
    known: dict[str, Source] = {name: Source(name) for name in inputs}
    before: Source | None = Source(inputs[0]) if len(inputs) == 1 else None
    found = []
    for number, entry in enumerate(layers):
        words: dict[str, Any] = {entry: None} if isinstance(entry, str) else dict(entry)
        head = next(key for key in words if key not in ENTRY_KEYS)
        value = words.pop(head)
        item = Item(number, head, value if isinstance(value, str) else "", value if isinstance(value, dict) else {})
        item.name = words.pop("name", "")
        item.call = words.pop("call", {})
        _take(item, words.pop("from", None), before, known, models)
        item.rest = words
        if item.name:
            known[item.name] = Source(number)
        for output, name in enumerate(words.get("as", ())):
            if name != "_":
                known[name] = Source(number, output)
        before = Source(number)
        found.append(item)
    return found


def _take(item: Item, said: Any, before: Source | None, known: Mapping[str, Source], models: Mapping[str, Any]) -> None:
    if said is None and (before is None or (item.head not in ("reuse", "model") and not first_tensor(item, models))):
        item.form = "nothing"
    elif said is None:
        assert before is not None
        item.sources["", 0] = before
    elif isinstance(said, str):
        item.sources["", 0] = known[said]
    elif isinstance(said, list):
        item.form = "list"
        item.sources = {("", position): known[name] for position, name in enumerate(said)}
    else:
        item.form = "mapping"
        first = first_tensor(item, models)
        if first and first not in said and first not in item.call and before is not None:
            item.sources[first, -1] = before
        for argument, names in said.items():
            for position, name in enumerate(names if isinstance(names, list) else [names]):
                item.sources[argument, position if isinstance(names, list) else -1] = known[name]


def first_tensor(item: Item, models: Mapping[str, Any]) -> str:
    """The argument that an entry's call takes first, and that need not be said."""
    if item.head == "model":
        return next(iter(models.get(item.called, {}).get("inputs", ())), "")
    if item.head in ("reuse", "block"):
        return ""
    entry = catalog.find("op" if item.head == "op" else "layer", item.called or item.head)
    return entry.tensors[0].name if entry is not None and entry.tensors else ""


def entry_of(
    item: Item, before: Source | None, cite: Callable[[Source], str], name: str, models: Mapping[str, Any]
) -> Any:
    """An item as an entry.

    Args:
        before: What an entry takes that does not say.
        name: Empty where it needs none.
    """
    words: dict[str, Any] = {}
    if item.head == "block":
        words = {"block": item.called}
        if item.arguments:
            words["with"] = item.arguments
    else:
        words[item.head] = item.called or item.arguments or None
    said = _said(item, before, cite, models)
    if said is not None:
        words["from"] = said
    if item.call:
        words["call"] = item.call
    if name:
        words["name"] = name
    words |= item.rest
    if item.count != 1:
        words["repeat"] = item.count
    return item.head if len(words) == 1 and words[item.head] is None else words


def _said(item: Item, before: Source | None, cite: Callable[[Source], str], models: Mapping[str, Any]) -> Any:
    if item.form == "nothing":
        return None
    if item.form == "one":
        source = item.sources["", 0]
        return None if source == before else cite(source)
    if item.form == "list":
        return [cite(source) for source in item.sources.values()]
    found: dict[str, Any] = {}
    first = first_tensor(item, models)
    for (argument, position), source in item.sources.items():
        if position >= 0:
            found.setdefault(argument, []).append(cite(source))
        elif argument != first or source != before:
            found[argument] = cite(source)
    return found


def cited(items: Sequence[Item]) -> Iterator[tuple[int, Source]]:
    """Everything that items take, each with the position of the item that takes it."""
    for position, item in enumerate(items):
        for source in item.sources.values():
            yield position, source
