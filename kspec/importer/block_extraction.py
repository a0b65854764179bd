"""Repeated chains of entries → blocks with parameters, and `repeat`: the same model in fewer lines.

A chain can become a block if only the output of its last entry is used outside it, and if it receives few tensors from
outside. The search repeatedly replaces the chains of the form that saves the most lines, and then continues with the
result, including the uses of blocks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kspec.importer.blocks import Form, block_of, parameters_of
from kspec.importer.entries import Item, Source, all_sources, read_items, write_entry

LONGEST = 90
"""The largest number of entries in a chain."""
INPUTS = 3
"""The largest number of inputs of a block."""
PARAMETERS = 7
ROUNDS = 40
_BRANCHES_OUT, _TAKES_SEVERAL = 1.25, 0.6


def extract_blocks(values: dict[str, Any]) -> dict[str, Any]:
    """Write the repeated chains of a spec as blocks; they expand to the same entries in the same order."""
    blocks: dict[str, Any] = {}
    models = values.get("models", {})
    compact_models = {
        name: {**model, "layers": _Network(model, models, blocks).layers()} for name, model in models.items()
    }
    own = _Network(values, models, blocks).layers()
    result: dict[str, Any] = {}
    for key, value in values.items():
        if blocks and key in ("models", "layers"):
            result.setdefault("blocks", blocks)
        result[key] = compact_models if key == "models" else own if key == "layers" else value
    return result


@dataclass(slots=True)
class _Chain:
    """Chains of one form, by the position of their first items."""

    length: int
    starts: list[int] = field(default_factory=list)

    def without_overlaps(self) -> list[int]:
        """The starts of chains that do not overlap."""
        starts: list[int] = []
        for start in self.starts:
            if not starts or start >= starts[-1] + self.length:
                starts.append(start)
        return starts


def _readability(form: Form) -> float:
    """The readability of a form: highest for branches of one tensor that join again, lowest for several inputs."""
    chain = form.chains[0]
    outer = form.outer(chain)
    if len(outer) > 1:
        return _TAKES_SEVERAL
    uses = sum(source == outer[0] for item in chain for source in item.sources.values())
    return _BRANCHES_OUT if uses > 1 else 1.0


class _Network:
    """The entries of one network."""

    def __init__(self, values: Mapping[str, Any], models: Mapping[str, Any], blocks: dict[str, Any]) -> None:
        self.models = models
        self.blocks = blocks
        self.inputs = list(values["inputs"])
        self.items = read_items(values["layers"], self.inputs, models)
        self.names = {item.number: item.name for item in self.items}
        self.of_outputs = self._outputs(values.get("outputs"))

    def _outputs(self, outputs: Any) -> set[Source]:
        """The outputs of the network, which keep their names."""
        names = (
            [outputs]
            if isinstance(outputs, str)
            else list(outputs.values())
            if isinstance(outputs, dict)
            else outputs or []
        )
        known = {item.name: Source(item.number) for item in self.items if item.name}
        for item in self.items:
            known |= {name: Source(item.number, n) for n, name in enumerate(item.rest.get("as", ())) if name != "_"}
        return {known[name] for name in names if name in known} | {Source(self.items[-1].number)}

    def layers(self) -> list[Any]:
        """The entries, with repeated chains as uses of blocks."""
        self._repeat()
        for _ in range(ROUNDS):
            form = self._best()
            if form is None:
                break
            self._replace(form)
            self._repeat()
        return self._entries()

    # the search

    def _best(self) -> Form | None:
        """The form that saves the most lines, weighted by readability; None if no form saves any."""
        best, most = None, 0.0
        for chain in self._chains():
            starts = chain.without_overlaps()
            if len(starts) < 2:
                continue
            lines = sum(self._lines(item) for item in self.items[starts[0] : starts[0] + chain.length])
            if len(starts) * lines * _BRANCHES_OUT <= most:
                continue
            form = self._form(starts, chain.length)
            if form is not None and (worth := self._saved(form, lines) * _readability(form)) > most:
                best, most = form, worth
        return best

    def _chains(self) -> list[_Chain]:
        """All chains that could become blocks, grouped by form."""
        items = self.items
        places: dict[int | str, int] = {item.number: position for position, item in enumerate(items)}
        last_use = self._last_uses(places)
        tokens: dict[Any, int] = {}
        chains: dict[int, _Chain] = {}
        for start in range(len(items)):
            key, latest = 0, -1
            outer: dict[Source, int] = {}
            for end in range(start, min(start + LONGEST, len(items))):
                item = items[end]
                if not item.is_movable:
                    break
                sources = tuple(
                    (slot, end - places[source.item], source.output)
                    if isinstance(source.item, int) and places[source.item] >= start
                    else (slot, "in", outer.setdefault(source, len(outer)))
                    for slot, source in item.sources.items()
                )
                if len(outer) > INPUTS:
                    break
                token = (key, item.head, item.callee, item.form, sources, tuple(item.rest.items()))
                key = tokens.setdefault(token, len(tokens) + 1)
                if end > start and latest <= end and outer:
                    chains.setdefault(key, _Chain(end - start + 1)).starts.append(start)
                latest = max(latest, last_use[end])
        return [chain for chain in chains.values() if len(chain.starts) > 1]

    def _last_uses(self, places: Mapping[int | str, int]) -> list[int]:
        """For each item, the position of the last item that uses it."""
        last = list(range(len(self.items)))
        for position, source in all_sources(self.items):
            if isinstance(source.item, int):
                last[places[source.item]] = max(last[places[source.item]], position)
        for source in self.of_outputs:
            if source.item in places:
                last[places[source.item]] = len(self.items)
        return last

    def _form(self, starts: Sequence[int], length: int) -> Form | None:
        chains = [self.items[start : start + length] for start in starts]
        parameters = parameters_of(chains)
        return Form(list(starts), length, chains, parameters) if parameters is not None else None

    def _saved(self, form: Form, lines: int) -> int:
        """The number of lines saved; consecutive uses that become a `repeat` count once."""
        if len(form.parameters) > PARAMETERS:
            return 0
        uses, before = 0, None
        for start, chain in zip(form.starts, form.chains, strict=True):
            arguments = form.arguments(chain)
            follows = before is not None and before == (start, arguments)
            if not follows:
                uses += 2 + bool(arguments) + len(arguments) // 6
            before = (start + form.length, arguments)
        block = 3 + bool(form.parameters) + lines - form.length // 2
        return lines * len(form.chains) - uses - block

    def _lines(self, item: Item) -> int:
        has_keys = item.form in ("list", "mapping") or bool(item.call)
        return 1 + bool(self.names.get(item.number)) + has_keys + bool(item.rest) + (item.head == "block")

    # the writing

    def _replace(self, form: Form) -> None:
        """Write a form as a block, and its chains as uses of it."""
        name, block, slots = block_of(form, self.blocks, self.names, self.models)
        self.blocks[name] = block
        ends: dict[int | str, int | str] = {}
        left: list[Item] = []
        position = 0
        for start, chain in zip(form.starts, form.chains, strict=True):
            left += self.items[position:start]
            last = chain[-1]
            use = Item(last.number, "block", name, form.arguments(chain), size=sum(item.size for item in chain))
            sources = form.outer(chain)
            use.form = "one" if len(sources) == 1 else "mapping"
            use.sources = {
                ("", 0) if len(sources) == 1 else (slot, -1): source
                for slot, source in zip(slots, sources, strict=True)
            }
            left.append(use)
            ends[last.number] = use.number
            position = start + form.length
        self.items = left + self.items[position:]

    def _repeat(self) -> None:
        """Merge consecutive equal items, each fed only by the previous one, into one with `repeat`."""
        left: list[Item] = []
        used = {source for _, source in all_sources(self.items)} | self.of_outputs
        counts = dict.fromkeys(used, 0)
        for _, source in all_sources(self.items):
            counts[source] += 1
        for item in self.items:
            before = left[-1] if left else None
            if before is not None and self._continues(before, item, counts):
                item.count += before.count
                item.sources = before.sources
                left.pop()
            left.append(item)
        self.items = left

    def _continues(self, before: Item, item: Item, counts: Mapping[Source, int]) -> bool:
        end = Source(before.number)
        same = all(getattr(item, word) == getattr(before, word) for word in ("head", "callee", "arguments", "call"))
        if not same or item.head == "model" or item.rest or before.rest:
            return False
        if not item.is_movable or not before.is_movable:
            return False
        if item.form != "one" or before.form != "one" or counts.get(end, 0) != 1 or end in self.of_outputs:
            return False
        return item.sources["", 0] == end

    def _entries(self) -> list[Any]:
        before = Source(self.inputs[0]) if len(self.inputs) == 1 else None
        wanted: set[int] = {source.item for source in self.of_outputs if isinstance(source.item, int)}

        def reference(source: Source) -> str:
            if isinstance(source.item, str):
                return source.item
            if source.output:
                item = next(item for item in self.items if item.number == source.item)
                return str(item.rest["as"][source.output])
            wanted.add(source.item)
            return self.names[source.item]

        places = [before, *(Source(item.number) for item in self.items)]
        for item, last in zip(self.items, places, strict=False):  # collects the names that are referenced further down
            write_entry(item, last, reference, "", self.models)
        return [
            write_entry(item, last, reference, self._name(item, wanted), self.models)
            for item, last in zip(self.items, places, strict=False)
        ]

    def _name(self, item: Item, wanted: set[int]) -> str:
        """The name of an entry: blocks and copies have one only if referenced; others keep theirs."""
        is_own = item.head != "block" and item.count == 1
        return self.names[item.number] if is_own or item.number in wanted else ""
