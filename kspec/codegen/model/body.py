"""A list of layers → the statements of a function: chains over one variable, loops, lists, conditions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from kspec.codegen.model.arguments import NeedsFlatCode
from kspec.codegen.model.calls import Pieces, as_list, only
from kspec.codegen.model.context import ModelContext
from kspec.codegen.model.entries import SpecEntry, read_entries
from kspec.codegen.model.names import Constants, identifier, plural
from kspec.codegen.model.statements import CHAIN, Statements
from kspec.codegen.text.literals import literal
from kspec.diagnostics import Path


class Body(Statements):
    """The statements of one list of layers.

    Args:
        context: What all statements of the model share.
        values: The list as the spec has it.
        path: Its place in the spec.
        inputs: Input → its variable.
        names: What expressions may use: variable → Python name.
        exposed: Nodes that are outputs, or referenced from outside: `node`, or `use/inner`.
        trainable: Whether the function takes `trainable`.
        top: Whether the list is the network itself, whose layers have their nodes' names.
    """

    def __init__(
        self,
        context: ModelContext,
        values: Sequence[Any],
        path: Path,
        inputs: Mapping[str, str],
        names: Constants,
        exposed: Sequence[str],
        *,
        trainable: bool = False,
        top: bool = False,
    ) -> None:
        entries = read_entries(values, path, inputs)
        referenced = {*exposed, *(name for entry in entries for name in (*entry.references(), *entry.shape_sources()))}
        taken = [*names.names.values(), *names.more.values(), *context.model_variables(path)]
        super().__init__(context, entries, inputs, names, referenced, taken, trainable=trainable, top=top)
        self.members: dict[str, list[str]] = {}
        self.condition = (-1, "")

    def write(self) -> Pieces:
        """Writes the statements and returns the last entry's tensors."""
        previous: Pieces | None = [next(iter(self.inputs.values()))] if len(self.inputs) == 1 else None
        for entry in self.entries:
            previous = self._entry(entry, previous)
        assert previous is not None
        return previous

    def _entry(self, entry: SpecEntry, previous: Pieces | None) -> Pieces:
        if "each" in entry.options:
            return self._each(entry)
        if "repeat" in entry.options:
            return self._repeat(entry, previous)
        return self._once(entry, previous, self.names)

    def _once(self, entry: SpecEntry, previous: Pieces | None, names: Constants, target: str = "") -> Pieces:
        """A call, in an `if` statement where its condition depends on variables.

        Args:
            entry: The call.
            previous: The tensors of the entry before it.
            names: What expressions may use: variable → Python name.
            target: The variable to assign to; by default that of the node.
        """
        if "when" not in entry.options:
            return self._call(entry, self._feeds(entry, previous), names, target)
        value = entry.options["when"]
        known = isinstance(value, bool) and self.top  # in a block or loop it may differ between uses
        condition = None if known else self.writer.source_expression(value, (*entry.path, "when"), names)
        entry = entry.without("when")
        own = next(entry.references(), None)
        source = list(previous or []) if own is None else self.value(own)
        if condition is None:
            if value is True:
                return self._call(entry, self._feeds(entry, previous), names, target)
            self.values[entry.name] = [target] if target else source
            return self.values[entry.name]
        target = target or self._variable(entry.name)
        if source != [target]:
            self._line(f"{target} = {only(source)}")
        if self.condition != (len(self.lines), condition):
            self._line(f"if {condition}:")
        self.indent += 1
        result = self._call(entry, self._feeds(entry, previous), names, target)
        self.indent -= 1
        self.condition = (len(self.lines), condition)
        return result

    def _repeat(self, entry: SpecEntry, previous: Pieces | None) -> Pieces:
        """A loop over the copies, which reassigns one variable."""
        count = entry.options["repeat"]
        times = self.writer.source_expression(count, (*entry.path, "repeat"), self.names) or str(count)
        pattern = re.compile(rf"{re.escape(entry.name)}_(\d+)(?:/(.+))?")
        copies = [match for name in sorted(self.referenced) if (match := pattern.fullmatch(name))]
        target = self._variable(*entry.output_names[:1] or [entry.name], entry.name)
        feeds = self._feeds(entry.without("repeat"), previous)
        chained = [target, *self._chained(entry)]
        for name, variable in zip(list(feeds), chained, strict=False):
            if only(feeds[name][:1]) != variable:
                self._line(f"{variable} = {feeds[name][0]}")
            feeds[name] = [variable, *feeds[name][1:]]
        lists = {}
        for inner in dict.fromkeys(copy[2] or "" for copy in copies):
            name = plural(identifier(entry.name))
            lists[inner] = self.allocator.take(f"{identifier(inner)}_{name}" if inner else name)
            self._line(f"{lists[inner]} = []")
        numbered = entry.uses("index") or entry.kind in ("class", "block")  # the names of their layers have the number
        self._line(f"for {'index' if numbered else '_'} in range({times}):")
        self.indent += 1
        self.suffix = "_{index}"
        names = self.names.within({"index": "index"}) if numbered else self.names
        single = entry.without("repeat")
        if "when" in entry.options:
            self._once(single.without("from"), [target], names, target)
            if any(lists):
                raise NeedsFlatCode("references to copies that a condition may leave out")
        else:
            self._call(single, feeds, names, *chained, exposed=[inner for inner in lists if inner])
        for inner, list_ in lists.items():
            self._line(f"{list_}.append({self.value(f'{entry.name}/{inner}')[0] if inner else target})")
        self.indent -= 1
        self.suffix = ""
        for copy in copies:
            self.values[copy[0]] = [f"{lists[copy[2] or '']}[{copy[1]}]"]
        self.values[entry.name] = [target]
        return [target]

    def _chained(self, entry: SpecEntry) -> list[str]:
        """The variables of the outputs after the first that a copy passes to the next."""
        if entry.kind == "block":
            outputs: Sequence[str] = self.context.blocks[entry.head].template.outputs
        elif entry.kind == "model":
            outputs = self.context.outputs_of(entry)
        else:
            return []
        count = len(self.context.signature(entry, self.entries) or ())
        own = entry.output_names
        names = [
            own[i] if i < len(own) and own[i] in self.referenced else f"{entry.name}/{output}"
            for i, output in enumerate(outputs)
        ]
        return [self._take(name) for name in names[1:count]]

    def _each(self, entry: SpecEntry) -> Pieces:
        """One copy for each of several nodes: a comprehension if every copy is a single call, otherwise statements."""
        nodes = [member for name in entry.references() for member in self.members.get(name, [name])]
        copy_names = [f"{entry.name}_{node.replace('/', '_')}" for node in nodes]
        self.members[entry.name] = copy_names
        plain = entry.without("each", "name")
        uses = {name.partition("/")[0] for name in self.referenced} | self.reused
        separate = not uses.isdisjoint(copy_names) or "when" in entry.options or not self._is_expression(plain)
        if separate or len(nodes) < 2:
            copies = [self._copy(plain, name, node) for name, node in zip(copy_names, nodes, strict=True)]
            pieces = [
                only(self._once(copy, None, self.names, "" if copy.name in self.referenced else self._take(copy.name)))
                for copy in copies
            ]
            for i, name in enumerate(entry.output_names):
                if name != "_":
                    self.members[name] = [copy.output_names[i] for copy in copies]
                    self.values[name] = [piece for member in self.members[name] for piece in self.value(member)]
        else:
            pieces = [f"*{self._comprehension(entry, plain, nodes)}"]
        self.values[entry.name] = pieces
        return pieces

    def _comprehension(self, entry: SpecEntry, copy: SpecEntry, nodes: Sequence[str]) -> str:
        """Writes a list comprehension over nodes and returns the list's variable."""
        sources = [piece for name in entry.references() for piece in self.value(name)]
        over = as_list(sources) if any(piece.startswith("*") for piece in sources) else f"({', '.join(sources)})"
        each = CHAIN
        if entry.kind in ("class", "block"):
            labels = ", ".join(literal(node.replace("/", "_")) for node in nodes)
            each, over = f"node, {CHAIN}", f"zip(({labels}), {over}, strict=True)"
        self.suffix = "_{node}"
        call = self._expression(copy, {"": [CHAIN]}, self.names)
        self.suffix = ""
        variable = self._take(plural(identifier(entry.name)))
        self._line(f"{variable} = [{call} for {each} in {over}]")
        return variable

    def _copy(self, entry: SpecEntry, name: str, node: str) -> SpecEntry:
        """The copy for one node; each copy has its own names for the outputs."""
        outputs = [output if output == "_" else f"{output}_{node.replace('/', '_')}" for output in entry.output_names]
        both = zip(outputs, entry.output_names, strict=True)
        self.referenced |= {own for own, output in both if output in self.referenced}
        return entry.renamed(name, **{"from": node}, **({"as": outputs} if outputs else {}))

    def _is_expression(self, entry: SpecEntry) -> bool:
        """Whether an entry is a single call with a single output."""
        if entry.kind == "block":
            return len(self.context.blocks[entry.head].returns) == 1
        if entry.vectors is not None:
            return False
        definition = entry.definition if entry.kind == "class" else None
        return not (definition and definition.adapts) and self.context.output_count(entry) == 1
