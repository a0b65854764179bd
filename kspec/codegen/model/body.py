"""A list of entries → the statements of a function: chains over one variable, loops, lists, conditions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kspec.codegen.model.arguments import NeedsFlatCode
from kspec.codegen.model.calls import Pieces, as_list, only
from kspec.codegen.model.items import Item, read_items
from kspec.codegen.model.names import Constants, identifier, plural
from kspec.codegen.model.statements import CHAIN, Statements, said_outputs
from kspec.codegen.text.literals import literal
from kspec.diagnostics import Path

if TYPE_CHECKING:
    from kspec.codegen.model.network import Network


class Body(Statements):
    """The statements of one list of entries.

    Args:
        network: What the list stands in.
        entries: As written.
        path: Where they are written.
        inputs: What comes in, by the name that the entries know it by → what it is called.
        names: What expressions may use.
        wanted: Names that are given back, or looked at from outside: `node`, or `use/inner`.
        trainable: Whether the function is told if its layers learn.
        top: Whether it is the network itself, whose layers bear their nodes' names.
    """

    def __init__(
        self,
        network: Network,
        entries: Sequence[Any],
        path: Path,
        inputs: Mapping[str, str],
        names: Constants,
        wanted: Sequence[str],
        *,
        trainable: bool = False,
        top: bool = False,
    ) -> None:
        items = read_items(entries, path, inputs)
        cited = {*wanted, *(name for item in items for name in item.cited())}
        taken = [*names.names.values(), *names.more.values(), *network.model_variables(path)]
        super().__init__(network, items, inputs, names, cited, taken, trainable=trainable, top=top)
        self.members: dict[str, list[str]] = {}
        self.condition = (-1, "")

    def write(self) -> Pieces:
        """Writes the statements; gives what the last entry stands for."""
        previous: Pieces | None = [next(iter(self.inputs.values()))] if len(self.inputs) == 1 else None
        for item in self.items:
            previous = self._entry(item, previous)
        assert previous is not None
        return previous

    def _entry(self, item: Item, previous: Pieces | None) -> Pieces:
        if "each" in item.words:
            return self._each(item)
        if "repeat" in item.words:
            return self._repeat(item, previous)
        return self._once(item, previous, self.names)

    def _once(self, item: Item, previous: Pieces | None, names: Constants, target: str = "") -> Pieces:
        if "when" not in item.words:
            return self._call(item, self._feeds(item, previous), names, target)
        wanted = item.words["when"]
        known = isinstance(wanted, bool)  # at the top all is computed already
        said = None if known and self.top else self.writer.said(wanted, (*item.path, "when"), names)
        item = item.without("when")
        source = list(previous or []) if item.words.get("from") is None else self.value(next(item.cited()))
        if said is None:
            if wanted is True:
                return self._call(item, self._feeds(item, previous), names, target)
            given = [target] if target else source
            self.values[item.name] = given
            return given
        target = target or self._variable(item.name)
        if source != [target]:
            self._line(f"{target} = {only(source)}")
        if self.condition != (len(self.lines), said):
            self._line(f"if {said}:")
        self.indent += 1
        given = self._call(item, self._feeds(item, previous), names, target)
        self.indent -= 1
        self.condition = (len(self.lines), said)
        return given

    def _repeat(self, item: Item, previous: Pieces | None) -> Pieces:
        """A loop whose variable goes through the copies."""
        count = item.words["repeat"]
        times = self.writer.said(count, (*item.path, "repeat"), self.names) or str(count)
        pattern = re.compile(rf"{re.escape(item.name)}_(\d+)(?:/(.+))?")
        copies = [found for name in sorted(self.cited) if (found := pattern.fullmatch(name))]
        target = self._variable(next((name for name in said_outputs(item)[:1]), item.name), item.name)
        feeds = self._feeds(item.without("repeat"), previous)
        chained = [target, *self._chained(item)]
        for name, variable in zip(list(feeds), chained, strict=False):
            if only(feeds[name][:1]) != variable:
                self._line(f"{variable} = {feeds[name][0]}")
            feeds[name] = [variable, *feeds[name][1:]]
        lists = {}
        for inner in dict.fromkeys(found[2] or "" for found in copies):
            wish = f"{identifier(inner)}_{plural(identifier(item.name))}" if inner else plural(identifier(item.name))
            lists[inner] = self.allocator.take(wish)
            self._line(f"{lists[inner]} = []")
        counted = item.uses("index")
        counted = counted or item.kind in ("class", "block")  # their names are numbered
        self._line(f"for {'index' if counted else '_'} in range({times}):")
        self.indent += 1
        self.ending = "_{index}"
        names = self.names.within({"index": "index"}) if counted else self.names
        copy = item.without("repeat")
        if "when" in item.words:
            self._once(copy.without("from"), [target], names, target)
            if any(lists):
                raise NeedsFlatCode("copies that may be left out")
        else:
            self._call(copy, feeds, names, *chained, looked_at=[inner for inner in lists if inner])
        for inner, list_ in lists.items():
            self._line(f"{list_}.append({self.value(f'{item.name}/{inner}')[0] if inner else target})")
        self.indent -= 1
        self.ending = ""
        for found in copies:
            self.values[found[0]] = [f"{lists[found[2] or '']}[{found[1]}]"]
        self.values[item.name] = [target]
        return [target]

    def _chained(self, item: Item) -> list[str]:
        """The variables of the outputs beside the first that a copy hands on to the next."""
        if item.kind not in ("block", "model"):
            return []
        outputs = self.network.blocks[item.head].template.outputs if item.kind == "block" else (
            self.network.outputs_of(item))  # fmt: skip
        count = len(self.network.signature(item, self) or ())
        said = said_outputs(item)
        names = [said[place] if place < len(said) and said[place] in self.cited else f"{item.name}/{output}"
                 for place, output in enumerate(outputs)]  # fmt: skip
        return [self._take(name) for name in names[1:count]]

    def _each(self, item: Item) -> Pieces:
        """A list of copies side by side: a comprehension, or, where more than calls is to be done, one by one."""
        nodes = [member for name in item.cited() for member in self.members.get(name, [name])]
        made = [f"{item.name}_{node.replace('/', '_')}" for node in nodes]
        self.members[item.name] = made
        plain = item.without("each", "name")
        looked_at = {name.partition("/")[0] for name in self.cited} | self.reused
        alone = not looked_at.isdisjoint(made) or "when" in item.words or not self._is_expression(plain)
        if alone or len(nodes) < 2:
            copies = [self._copy(plain, name, node) for name, node in zip(made, nodes, strict=True)]
            pieces = [
                only(self._once(copy, None, self.names, "" if copy.name in self.cited else self._take(copy.name)))
                for copy in copies
            ]
            for place, name in enumerate(said_outputs(item)):
                if name != "_":
                    self.members[name] = [said_outputs(copy)[place] for copy in copies]
                    self.values[name] = [piece for member in self.members[name] for piece in self.value(member)]
        else:
            sources = [piece for name in item.cited() for piece in self.value(name)]
            over = as_list(sources) if any(piece.startswith("*") for piece in sources) else f"({', '.join(sources)})"
            each = CHAIN
            if item.kind in ("class", "block"):
                labels = ", ".join(literal(node.replace("/", "_")) for node in nodes)
                each, over = f"node, {CHAIN}", f"zip(({labels}), {over}, strict=True)"
            self.ending = "_{node}"
            call = self._expression(plain, {"": [CHAIN]}, self.names)
            self.ending = ""
            list_ = self._take(plural(identifier(item.name)))
            self._line(f"{list_} = [{call} for {each} in {over}]")
            pieces = [f"*{list_}"]
        self.values[item.name] = pieces
        return pieces

    def _copy(self, item: Item, name: str, node: str) -> Item:
        """The copy for one node; what `as` names are lists, and each copy has its own."""
        said = [each if each == "_" else f"{each}_{node.replace('/', '_')}" for each in said_outputs(item)]
        self.cited |= {own for own, each in zip(said, said_outputs(item), strict=True) if each in self.cited}
        return item.renamed(name, **{"from": node}, **({"as": said} if said else {}))

    def _is_expression(self, item: Item) -> bool:
        """Whether it is written as one call, with one answer."""
        if item.kind == "block":
            return len(self.network.blocks[item.head].returns) == 1
        if item.kind == "class":
            entry = item.layer
            return not (entry and entry.adapts) and self.network.answers(item) == 1
        return item.kind in ("op", "reuse", "model") and self.network.answers(item) == 1
