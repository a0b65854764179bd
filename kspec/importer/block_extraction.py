"""Chains of entries that repeat → blocks with parameters, and `repeat`: the same model in fewer lines.

A chain can become a block where nothing outside takes anything of it but what its last entry gives, and where it takes
few things from outside itself. Of all chains of one form, those are written as a block first that save the most lines;
then the search begins anew, among what is left and the uses of blocks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kspec.importer.blocks import Form, block_of, parameters_of
from kspec.importer.entries import Item, Source, cited, entry_of, items_of

LONGEST = 90
"""Entries that a chain may have."""
INPUTS = 3
"""Tensors that a block may take."""
PARAMETERS = 7
ROUNDS = 40
_BRANCHES_OUT, _TAKES_SEVERAL = 1.25, 0.6


def compacted(values: dict[str, Any]) -> dict[str, Any]:
    """The same spec, of plain entries, with its repeated chains as blocks; what they write out has the same order."""
    blocks: dict[str, Any] = {}
    models = values.get("models", {})
    written = {name: {**model, "layers": _Network(model, models, blocks).layers()} for name, model in models.items()}
    own = _Network(values, models, blocks).layers()
    found: dict[str, Any] = {}
    for key, value in values.items():
        if blocks and key in ("models", "layers"):
            found.setdefault("blocks", blocks)
        found[key] = written if key == "models" else own if key == "layers" else value
    return found


@dataclass(slots=True)
class _Chain:
    """Chains of one form: where each begins, by the position of its first item."""

    length: int
    starts: list[int] = field(default_factory=list)

    def apart(self) -> list[int]:
        """The starts of chains that do not overlap."""
        found: list[int] = []
        for start in self.starts:
            if not found or start >= found[-1] + self.length:
                found.append(start)
        return found


def _reads_well(form: Form) -> float:
    """How natural a form is: most what branches out of one tensor and joins again, least what takes several."""
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
        self.items = items_of(values["layers"], self.inputs, models)
        self.names = {item.number: item.name for item in self.items}
        self.of_outputs = self._outputs(values.get("outputs"))

    def _outputs(self, said: Any) -> set[Source]:
        """What the network gives, which has to keep its name."""
        names = [said] if isinstance(said, str) else list(said.values()) if isinstance(said, dict) else said or []
        known = {item.name: Source(item.number) for item in self.items if item.name}
        for item in self.items:
            known |= {name: Source(item.number, n) for n, name in enumerate(item.rest.get("as", ())) if name != "_"}
        return {known[name] for name in names if name in known} | {Source(self.items[-1].number)}

    def layers(self) -> list[Any]:
        """The entries, repeated chains as uses of blocks."""
        self._repeat()
        for _ in range(ROUNDS):
            form = self._best()
            if form is None:
                break
            self._replace(form)
            self._repeat()
        return self._written()

    # the search

    def _best(self) -> Form | None:
        """The form that saves the most lines and reads well; None where none saves any."""
        best, most = None, 0.0
        for chain in self._chains():
            starts = chain.apart()
            if len(starts) < 2:
                continue
            lines = sum(self._lines(item) for item in self.items[starts[0] : starts[0] + chain.length])
            if len(starts) * lines * _BRANCHES_OUT <= most:
                continue
            form = self._form(starts, chain.length)
            if form is not None and (worth := self._saved(form, lines) * _reads_well(form)) > most:
                best, most = form, worth
        return best

    def _chains(self) -> list[_Chain]:
        """All chains that could be blocks, by their form."""
        items = self.items
        places: dict[int | str, int] = {item.number: position for position, item in enumerate(items)}
        last_use = self._last_uses(places)
        tokens: dict[Any, int] = {}
        found: dict[int, _Chain] = {}
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
                token = (key, item.head, item.called, item.form, sources, tuple(item.rest.items()))
                key = tokens.setdefault(token, len(tokens) + 1)
                if end > start and latest <= end and outer:
                    found.setdefault(key, _Chain(end - start + 1)).starts.append(start)
                latest = max(latest, last_use[end])
        return [chain for chain in found.values() if len(chain.starts) > 1]

    def _last_uses(self, places: Mapping[int | str, int]) -> list[int]:
        """By position, that of the last item that takes what the item there gives."""
        last = list(range(len(self.items)))
        for position, source in cited(self.items):
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
        """Lines that are saved; chains of uses that only `repeat` count as one."""
        if len(form.parameters) > PARAMETERS:
            return 0
        uses, before = 0, None
        for start, chain in zip(form.starts, form.chains, strict=True):
            handed = form.handed(chain)
            follows = before is not None and before == (start, handed)
            if not follows:
                uses += 2 + bool(handed) + len(handed) // 6
            before = (start + form.length, handed)
        block = 3 + bool(form.parameters) + lines - form.length // 2
        return lines * len(form.chains) - uses - block

    def _lines(self, item: Item) -> int:
        said = item.form in ("list", "mapping") or bool(item.call)
        return 1 + bool(self.names.get(item.number)) + said + bool(item.rest) + (item.head == "block")

    # the writing

    def _replace(self, form: Form) -> None:
        """Writes a form as a block, and its chains as uses of it."""
        name, block, slots = block_of(form, self.blocks, self.names, self.models)
        self.blocks[name] = block
        ends: dict[int | str, int | str] = {}
        left: list[Item] = []
        position = 0
        for start, chain in zip(form.starts, form.chains, strict=True):
            left += self.items[position:start]
            last = chain[-1]
            use = Item(last.number, "block", name, form.handed(chain), size=sum(item.size for item in chain))
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
        """The same in a row, each taking what the one before gives alone, becomes one entry that is repeated."""
        left: list[Item] = []
        used = {source for _, source in cited(self.items)} | self.of_outputs
        counts = dict.fromkeys(used, 0)
        for _, source in cited(self.items):
            counts[source] += 1
        for item in self.items:
            before = left[-1] if left else None
            if before is not None and self._goes_on(before, item, counts):
                item.count += before.count
                item.sources = before.sources
                left.pop()
            left.append(item)
        self.items = left

    def _goes_on(self, before: Item, item: Item, counts: Mapping[Source, int]) -> bool:
        end = Source(before.number)
        same = all(getattr(item, word) == getattr(before, word) for word in ("head", "called", "arguments", "call"))
        if not same or item.head in ("model", "reuse") or item.rest or before.rest:
            return False
        if item.form != "one" or before.form != "one" or counts.get(end, 0) != 1 or end in self.of_outputs:
            return False
        return item.sources["", 0] == end

    def _written(self) -> list[Any]:
        before = Source(self.inputs[0]) if len(self.inputs) == 1 else None
        wanted: set[int] = {source.item for source in self.of_outputs if isinstance(source.item, int)}

        def cite(source: Source) -> str:
            if isinstance(source.item, str):
                return source.item
            if source.output:
                item = next(item for item in self.items if item.number == source.item)
                return str(item.rest["as"][source.output])
            wanted.add(source.item)
            return self.names[source.item]

        places = [before, *(Source(item.number) for item in self.items)]
        for item, last in zip(self.items, places, strict=False):  # so that what is cited further down has its name
            entry_of(item, last, cite, "", self.models)
        return [
            entry_of(item, last, cite, self._name(item, wanted), self.models)
            for item, last in zip(self.items, places, strict=False)
        ]

    def _name(self, item: Item, wanted: set[int]) -> str:
        """A use of a block, and copies, bear a name where they are cited; all else keeps its own."""
        is_own = item.head != "block" and item.count == 1
        return self.names[item.number] if is_own or item.number in wanted else ""
