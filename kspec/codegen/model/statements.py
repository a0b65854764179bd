"""What one entry names → the statement that calls it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from kspec.codegen.model.arguments import NeedsFlatCode
from kspec.codegen.model.calls import Feeds, Pieces, call_layer, call_op, only, spread
from kspec.codegen.model.items import Item
from kspec.codegen.model.names import Allocator, Constants, identifier

if TYPE_CHECKING:
    from kspec.codegen.model.network import Network

CHAIN = "x"
"""What goes from one entry to the next."""


class Statements:
    """The statements of a function, written one after the other.

    Args:
        network: What they stand in.
        items: The entries that are called.
        inputs: What comes in, by the name that the entries know it by → what it is called.
        names: What expressions may use.
        cited: The names that need a variable of their own.
        taken: Variables that stand for something else.
        trainable: Whether the function is told if its layers learn.
        top: Whether it is the network itself, whose layers bear their nodes' names.

    Attributes:
        values: What each name stands for.
        layers: The variables of layers that have one, by their nodes.
        lines: What has been written.
        ending: What is added to the names of layers: in a loop the number of the copy.
    """

    def __init__(
        self,
        network: Network,
        items: Sequence[Item],
        inputs: Mapping[str, str],
        names: Constants,
        cited: set[str],
        taken: Iterable[str],
        *,
        trainable: bool = False,
        top: bool = False,
    ) -> None:
        self.network = network
        self.writer = network.writer
        self.items = items
        self.inputs = dict(inputs)
        self.names = names
        self.cited = cited
        self.trainable = trainable
        self.top = top
        self.values: dict[str, Pieces] = {name: [said] for name, said in inputs.items()}
        self.layers: dict[str, str] = {}
        self.lines: list[str] = []
        self.indent = 1
        self.allocator = Allocator(*{*inputs.values(), *taken, CHAIN})
        self.reused = {item.head for item in items if item.kind == "reuse"}
        self.reused |= {name for item in items for name in item.sizes_of()}
        self.own: dict[str, str] = {}
        self.prefix = "" if top else "{name}."
        self.ending = ""

    def value(self, name: str) -> Pieces:
        """What a name stands for."""
        if name not in self.values:
            raise NeedsFlatCode(f"`{name}` is out of sight")
        return self.values[name]

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
                raise NeedsFlatCode("several inputs to take")
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
        said = said_outputs(item)
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
            raise NeedsFlatCode(f"the layer of `{item.head}` is out of sight")
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
            raise NeedsFlatCode("a layer in a block that learns from data")
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


def said_outputs(item: Item) -> list[str]:
    said = item.words.get("as")
    return list(said) if isinstance(said, list) else []


def _knows_already(item: Item) -> bool:
    """Whether the spec states what the layer would learn."""
    return bool({"vocabulary", "mean", "bin_boundaries"} & {k for k, v in item.arguments.items() if v is not None})
