"""A list of entries → the statements of a function: chains over one variable, loops, lists, conditions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kspec.diagnostics import Path
from kspec.targets.python_source.arguments import Unstructured
from kspec.targets.python_source.calls import Feeds, Pieces, as_list, call_layer, call_op, only, spread
from kspec.targets.python_source.items import Item, read_items
from kspec.targets.python_source.literals import literal
from kspec.targets.python_source.names import Allocator, Constants, identifier, plural

if TYPE_CHECKING:
    from kspec.targets.python_source.network import Network

CHAIN = "x"
"""What goes from one entry to the next."""


class Body:
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
        self.network = network
        self.writer = network.writer
        self.items = read_items(entries, path, inputs)
        self.names = names
        self.trainable = trainable
        self.top = top
        self.inputs = dict(inputs)
        self.values: dict[str, Pieces] = {name: [said] for name, said in inputs.items()}
        self.members: dict[str, list[str]] = {}
        self.layers: dict[str, str] = {}
        self.lines: list[str] = []
        self.indent = 1
        self.condition = (-1, "")
        taken = {*inputs.values(), *names.names.values(), *names.more.values(), *network.model_variables(path)}
        self.allocator = Allocator(*taken, CHAIN)
        self.cited = {*wanted, *(name for item in self.items for name in item.cited())}
        self.reused = {item.head for item in self.items if item.kind == "reuse"}
        self.reused |= {name for item in self.items for name in item.sizes_of()}
        self.own: dict[str, str] = {}
        self.prefix = "" if top else "{name}."
        self.ending = ""

    def write(self) -> Pieces:
        """Writes the statements; gives what the last entry stands for."""
        previous: Pieces | None = [next(iter(self.inputs.values()))] if len(self.inputs) == 1 else None
        for item in self.items:
            previous = self._entry(item, previous)
        assert previous is not None
        return previous

    def value(self, name: str) -> Pieces:
        """What a name stands for."""
        if name not in self.values:
            raise Unstructured(f"`{name}` is out of sight")
        return self.values[name]

    # entries

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
        target = self._variable(next((name for name in _said_outputs(item)[:1]), item.name), item.name)
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
                raise Unstructured("copies that may be left out")
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
        said = _said_outputs(item)
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
            for place, name in enumerate(_said_outputs(item)):
                if name != "_":
                    self.members[name] = [_said_outputs(copy)[place] for copy in copies]
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
        said = [each if each == "_" else f"{each}_{node.replace('/', '_')}" for each in _said_outputs(item)]
        self.cited |= {own for own, each in zip(said, _said_outputs(item), strict=True) if each in self.cited}
        return item.renamed(name, **{"from": node}, **({"as": said} if said else {}))

    def _is_expression(self, item: Item) -> bool:
        """Whether it is written as one call, with one answer."""
        if item.kind == "block":
            return len(self.network.blocks[item.head].returns) == 1
        if item.kind == "class":
            entry = item.layer
            return not (entry and entry.adapts) and self.network.answers(item) == 1
        return item.kind in ("op", "reuse", "model") and self.network.answers(item) == 1

    # one call

    def _feeds(self, item: Item, previous: Pieces | None) -> Feeds:
        """The tensors that it takes, by the callee's argument names."""
        said = item.words.get("from")
        signature = self.network.signature(item, self)
        if isinstance(said, dict):
            feeds: Feeds = {}
            if signature and signature[0].name not in said and signature[0].name not in (item.words.get("call") or {}):
                feeds[signature[0].name] = list(previous or [])
            for name, cited in said.items():
                names = cited if isinstance(cited, list) else [cited]
                feeds[name] = [piece for one in names for piece in self.value(one)]
            order = [parameter.name for parameter in signature or ()]
            return dict(sorted(feeds.items(), key=lambda fed: order.index(fed[0]) if fed[0] in order else len(order)))
        if said is None:
            if previous is None and (signature is None or signature):
                raise Unstructured("several inputs to take")
            return spread(item, list(previous or []), signature)
        return spread(item, [piece for name in item.cited() for piece in self.value(name)], signature)

    def _call(
        self,
        item: Item,
        feeds: Feeds,
        names: Constants,
        target: str = "",
        *chained: str,
        looked_at: Sequence[str] = (),
    ) -> Pieces:
        """The statement that calls what an entry names, and the names of what it gives.

        Args:
            target: The variable of its first output, where that is known.
            chained: Those of the next ones.
        """
        if item.kind == "block":
            returns = self.network.blocks[item.head].returns
            inner = [f"{item.name}/{name}" for name in returns]
        else:
            inner = [""] * self.network.answers(item)
        said = _said_outputs(item)
        if item.kind == "model" and len(self.network.outputs_of(item)) > 1:
            return self._call_model(item, feeds, names, said, target, *chained)
        if not target:
            target = self._variable(*[name for name in (*said[:1], item.name, inner[0]) if name != "_"])
        variables = [target]
        variables += chained
        for place, path in enumerate(inner[len(variables) :], start=len(variables)):
            cited = [name for name in (*said[place : place + 1], path) if name in self.cited]
            if path.removeprefix(f"{item.name}/") in looked_at and not cited:
                variables.append(self._take(identifier(path.rpartition("/")[2])))
            else:
                variables.append(self._variable(*cited) if cited else "_")
        for name, variable in [*zip(inner, variables, strict=True), *zip(said, variables, strict=False)]:
            if name and name != "_":
                self.values[name] = [variable]
        call = self._expression(item, feeds, names)
        left = variables[0]
        if len(variables) > 1:
            unused = len(variables) > 2 and set(variables[1:]) == {"_"}
            left = f"{variables[0]}, *_" if unused else ", ".join(variables)
        self._line(f"{left} = {call}")
        self.values[item.name] = [variables[0]]
        return [variables[0]]

    def _call_model(self, item: Item, feeds: Feeds, names: Constants, said: Sequence[str], *chained: str) -> Pieces:
        """The call of a sub-model with several outputs, which gives a dict.

        Args:
            chained: The variables that go through copies in a chain.
        """
        in_chain = bool(self.ending) and any(chained)
        answers = self.allocator.take("answers") if in_chain else self._take(item.name)
        self._line(f"{answers} = {self._expression(item, feeds, names)}")
        outputs = [f"{answers}{key}" for key in self.network.answer_keys(item)]
        for place, variable in enumerate(chained if in_chain else ()):
            self._line(f"{variable} = {outputs[place]}")
            outputs[place] = variable
        for name, output in zip(said, outputs, strict=False):
            self.values[name] = [output]
        self.values[item.name] = [outputs[0]]
        return [outputs[0]]

    def _expression(self, item: Item, feeds: Feeds, names: Constants) -> str:
        """The call itself; a layer that is made beforehand is a statement before it."""
        if item.kind == "op":
            entry = item.layer
            assert entry is not None
            if "" in feeds:
                feeds = spread(item, feeds[""], entry.tensors)
            if item.head != "get_item":
                self.network.imports_of(entry.path)
            written = call_op(item, feeds, entry, self.writer, names)
            if "np.array(" in written:
                self.network.file.imports.add("numpy as np")
            return written
        if item.kind == "block":
            return self._use(item, feeds, names)
        if item.kind == "model":
            if "" in feeds:
                feeds = spread(item, feeds[""], self.network.signature(item, self))
            return self.network.model_call(item, feeds, self.writer, names)
        callee, entry = (self._callee(item), self.network.layer_of(item.head, self)) if item.kind == "reuse" else (
            self._make(item, feeds, names), item.layer)  # fmt: skip
        if "" in feeds:
            feeds = spread(item, feeds[""], entry.tensors if entry else None)
        return call_layer(callee, item, feeds, entry, self.writer, names)

    def _callee(self, item: Item) -> str:
        """The variable of the layer that is called again."""
        layer = self.layers.get(item.head)
        if layer is None:
            raise Unstructured(f"the layer of `{item.head}` is out of sight")
        self.layers[item.name] = layer
        return layer

    def _make(self, item: Item, feeds: Feeds, names: Constants) -> str:
        """The layer: its constructor's call, or the variable of one that is needed again, or learns from data."""
        entry = item.layer
        more = []
        if not self.top or item.named or self.ending or self.network.is_counted_otherwise(item):
            more.append(f"name={self._called(item)}")
        trainable = ""
        if "trainable" in item.words:
            said = item.words["trainable"]
            trainable = self.writer.said(said, (*item.path, "trainable"), names) or str(said)
        elif self.trainable and self.network.has_weights(item):
            trainable = "trainable"
        holds = entry is not None and any("<layer>" in each.type or "<cell>" in each.type
                                          for each in entry.parameters.values())  # fmt: skip
        if trainable and not holds:
            more.append(f"trainable={trainable}")
        if entry is None:
            made = self.network.extension(item, more, names)
        else:
            self.network.imports_of(entry.path)
            made = self.writer.construct(entry, item.arguments, (*item.path, item.head), names, more)
        adapts = entry is not None and entry.adapts and not _knows_already(item)
        if adapts and not self.top:
            raise Unstructured("a layer in a block that learns from data")
        is_set = bool(trainable) and holds  # as an argument it would not reach the layers inside
        if item.name not in self.reused and not adapts and not is_set:
            return made
        name = identifier(item.name)
        taken = item.name in self.cited or name in self.own.values()  # by what the layer gives
        variable = self.layers[item.name] = self.allocator.take(f"{name}_layer" if taken else name)
        self._line(f"{variable} = {made}")
        if is_set:
            self._line(f"{variable}.trainable = {trainable}")
        if adapts:
            for line in self.network.adapting(variable, only(next(iter(feeds.values()))), self.inputs):
                self._line(line)
        return variable

    def _use(self, item: Item, feeds: Feeds, names: Constants) -> str:
        """A block's function called: its inputs, then its parameters."""
        block = self.network.blocks[item.head]
        tensors = [only(pieces) for pieces in feeds.values()]
        given = item.words.get("with") or {}
        only_one = block.required[0] if len(block.required) == 1 else ""
        arguments: list[str] = []
        for name, value in given.items():
            made = self.writer.plain(value, (*item.path, "with", name), names)
            arguments.append(made if name == only_one and not arguments else f"{block.parameters[name]}={made}")
        arguments.append(f"name={self._called(item)}")
        if block.trainable:
            if "trainable" in item.words:
                arguments.append(f"trainable={item.words['trainable']}")
            elif self.trainable:
                arguments.append("trainable=trainable")
        return f"{block.function}({', '.join([*tensors, *arguments])})"

    def _called(self, item: Item) -> str:
        """The name of its layer, or what the names of its block's layers begin with: the node's, as in the spec."""
        name = f"{self.prefix}{item.name}{self.ending}".replace("/", ".")
        return f'f"{name}"' if "{" in name else f'"{name}"'

    # variables

    def _variable(self, *names: str) -> str:
        """The variable of what is called so: one of its own where it is cited, else the chain's."""
        cited = next((name for name in names if name in self.cited), None)
        return CHAIN if cited is None else self._take(cited)

    def _take(self, name: str) -> str:
        if name not in self.own:
            wish = identifier(name)
            self.own[name] = self.allocator.take(f"{wish}_" if wish in self.network.functions else wish)
        return self.own[name]

    def _line(self, text: str) -> None:
        self.lines.append("    " * self.indent + text)


def _said_outputs(item: Item) -> list[str]:
    said = item.words.get("as")
    return list(said) if isinstance(said, list) else []


def _knows_already(item: Item) -> bool:
    """Whether the spec states what the layer would learn."""
    return bool({"vocabulary", "mean", "bin_boundaries"} & {k for k, v in item.arguments.items() if v is not None})
