"""The intermediate representation: named nodes in topological order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from kspec.catalog import Entry as CatalogEntry
from kspec.diagnostics import Path, Span
from kspec.language.spec import models_in

NodeKind = Literal["input", "layer", "op", "reuse", "model"]


class Tensor(NamedTuple):
    """One output of a node. `output` counts those of a call that has several; 0 is the first, or the only one."""

    node: str
    output: int = 0


Feed = Tensor | list[Tensor]


def flat_order(outputs: Iterable[str]) -> list[str]:
    """Several outputs in the order in which Keras flattens a dict: sorted by name."""
    return sorted(outputs)


@dataclass(slots=True)
class Node:
    """A call of a layer, of an op, of a sub-model, or of another node's layer again; or an input.

    Args:
        name: Unique in the graph; `use/inner` for what stands in a block.
        kind: What is called.
        head: The class (dotted for an extension), the op, the sub-model, or the node that is used again; empty for an
            input.
        catalog: What Keras says of it; None for inputs and extensions, and where it is unknown.
        arguments: The constructor's arguments, as plain values.
        feeds: The call's tensors by argument name.
        constants: The call's other arguments.
        outputs: The names that `as` gives to its outputs; None for one that is not wanted.
        trainable: What the entry says, or what surrounds it; None where nothing does.
        path: The entry that it comes from, as entries are written out.
        written: Where that entry is written: in `layers`, or in a block.
        named: Whether the entry states the name.
        faulty: Whether something is already known to be wrong with it; what depends on it stays silent.
    """

    name: str
    kind: NodeKind
    head: str
    path: Path
    catalog: CatalogEntry | None = None
    arguments: dict[str, Any] = field(default_factory=dict)
    feeds: dict[str, Feed] = field(default_factory=dict)
    constants: dict[str, Any] = field(default_factory=dict)
    outputs: tuple[str | None, ...] = ()
    trainable: bool | None = None
    written: Path = ()
    named: bool = False
    faulty: bool = False

    def tensors(self) -> Iterator[Tensor]:
        """All tensors that it takes, in order."""
        for feed in self.feeds.values():
            if isinstance(feed, list):
                yield from feed
            else:
                yield feed


@dataclass(slots=True)
class Graph:
    """What a spec, or a sub-model of it, describes.

    Args:
        nodes: By name; each stands after those it takes its input from. Inputs come first.
        outputs: Output name → the tensor that it is.
        names: Every name that can be cited → what it stands for: nodes, what `as` names, uses of blocks.
        size: The calls that it comes to, those within sub-models too.
        models: The sub-models that it can call, each with those that stand above it.
        counted: The names that nobody wrote (`dense_1`), with the place of what they name.
        copies: By the name of an entry that is repeated, or made for each of several nodes, those of its copies.
    """

    nodes: dict[str, Node] = field(default_factory=dict)
    outputs: dict[str, Tensor] = field(default_factory=dict)
    names: dict[str, Tensor] = field(default_factory=dict)
    size: int = 0
    models: dict[str, Graph] = field(default_factory=dict)
    counted: dict[str, Span] = field(default_factory=dict)
    copies: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def inputs(self) -> list[Node]:
        return [node for node in self.nodes.values() if node.kind == "input"]

    @property
    def calls(self) -> list[Node]:
        """All nodes but the inputs."""
        return [node for node in self.nodes.values() if node.kind != "input"]

    @property
    def application(self) -> Node | None:
        """The node that is all of it, where it is a model of `keras.applications`."""
        return next((node for node in self.calls if node.catalog and node.catalog.kind == "application"), None)

    def callee(self, node: Node) -> Node:
        """The node whose layer is called: itself, or for `reuse` the one it cites; of a faulty one, itself."""
        while node.kind == "reuse" and not node.faulty:
            node = self.nodes[node.head]
        return node

    def called(self) -> list[str]:
        """The sub-models that its nodes call, and those that these call, in their order."""
        found: set[str] = set()
        waiting = [self]
        while waiting:
            for node in waiting.pop().calls:
                names = [node.head] if node.kind == "model" else models_in(node.arguments)
                new = {name for name in names if name in self.models} - found
                found |= new
                waiting += [self.models[name] for name in new]
        return [name for name in self.models if name in found]

    def counted_in(self) -> set[str]:
        """The nodes whose parameters are the model's: they lead to an output, or another call of their layer does."""
        needed = self.needed()
        calls = [node for node in self.calls if node.name in needed]
        layers = {self.callee(node).name for node in calls}
        models = {node.head for node in calls if node.kind == "model"}
        same = {n.name for n in self.calls if n.name in layers or (n.kind == "model" and n.head in models)}
        return needed | same | {node.name for node in self.inputs}

    def needed(self) -> set[str]:
        """The nodes that some output depends on."""
        needed: set[str] = set()
        waiting = [tensor.node for tensor in self.outputs.values()]
        while waiting:
            name = waiting.pop()
            if name not in needed and name in self.nodes:
                needed.add(name)
                waiting.extend(tensor.node for tensor in self.nodes[name].tensors())
        return needed
