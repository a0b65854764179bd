"""The intermediate representation: named nodes in topological order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any, Literal, NamedTuple

from kspec.catalog import Entry as CatalogEntry
from kspec.catalog.learned_weight import NAME as WEIGHT
from kspec.diagnostics import Path, Span
from kspec.language.spec import models_in

NodeKind = Literal["input", "layer", "op", "reuse", "model"]


class Tensor(NamedTuple):
    """An output of a node.

    Args:
        node: The name of the node.
        output: The index among the outputs of the call.
    """

    node: str
    output: int = 0


Feed = Tensor | list[Tensor]
"""What a tensor argument of a call receives."""


def flat_order(outputs: Iterable[str]) -> list[str]:
    """Output names in the order in which Keras flattens a dict: sorted."""
    return sorted(outputs)


@dataclass(slots=True)
class Node:
    """An input, or a call of a layer, an op, a sub-model, or another node's layer.

    Args:
        name: Unique in the graph; `use/inner` for a node of a block.
        kind: What is called.
        head: The class (dotted for an extension), the op, the sub-model, or the node whose layer is reused; empty for
            an input.
        path: The path of its entry, with entries expanded.
        catalog: The catalog's entry for the class or op; None for inputs and extensions, or if unknown.
        arguments: The constructor arguments, as plain values.
        feeds: The call's tensors by argument name.
        constants: The call's other arguments.
        outputs: The names that `as` gives to the outputs; None for one that is not used.
        trainable: What the entry or an enclosing one sets; None if nothing does.
        vectors: The file with the initial vectors of an Embedding, and the node whose vocabulary orders them, or None.
        source_path: The path of its entry in the text: in `layers`, or in a block.
        named: Whether the spec gives the name.
        faulty: Whether an error of it is already reported, so that dependent problems are not.
        formula: The part of an `expr` that it computes, with `{x1}` for an operand that is an operation too, or a
            number that is not written as one; the last operation has the entry's name. See `formula_text`.
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
    vectors: tuple[str, str | None] | None = None
    source_path: Path = ()
    named: bool = False
    faulty: bool = False
    formula: str = ""

    @property
    def is_weight(self) -> bool:
        """Whether it is a learned tensor: the head `weight`."""
        return self.kind == "layer" and self.head == WEIGHT

    @property
    def is_inside_formula(self) -> bool:
        """Whether it is an operation of an `expr` before the last: `y.multiply`, whose name no spec can have."""
        return "." in self.name

    @property
    def shown_name(self) -> str:
        """Its name; for an operation of an `expr` that of the entry."""
        return self.name.partition(".")[0]

    def tensors(self) -> Iterator[Tensor]:
        """All tensors that it receives, in order."""
        for feed in self.feeds.values():
            if isinstance(feed, list):
                yield from feed
            else:
                yield feed


@dataclass(slots=True)
class Graph:
    """The network of a spec, or one of its sub-models.

    Args:
        nodes: By name, in topological order, inputs first.
        outputs: The tensor of each model output.
        names: What every name stands for: nodes, names given by `as`, uses of blocks.
        size: The number of calls, including those within sub-models.
        models: The sub-models that it can call, each with those defined above it.
        automatic_names: Names that are not in the spec (`dense_1`), with the place of what they name.
        copies: For each entry with `repeat` or `each`, the names of its copies.
        has_all_outputs: Whether every output that the spec names exists; one that does not is reported.
        predicted_nodes: The tensors of the nodes that `predict` writes beside the outputs, by name.
    """

    nodes: dict[str, Node] = field(default_factory=dict)
    outputs: dict[str, Tensor] = field(default_factory=dict)
    names: dict[str, Tensor] = field(default_factory=dict)
    size: int = 0
    models: dict[str, Graph] = field(default_factory=dict)
    automatic_names: dict[str, Span] = field(default_factory=dict)
    copies: dict[str, tuple[str, ...]] = field(default_factory=dict)
    has_all_outputs: bool = True
    predicted_nodes: dict[str, Tensor] = field(default_factory=dict)

    @property
    def inputs(self) -> list[Node]:
        return list(takewhile(lambda node: node.kind == "input", self.nodes.values()))

    @property
    def calls(self) -> list[Node]:
        """All nodes but the inputs."""
        return [node for node in self.nodes.values() if node.kind != "input"]

    @property
    def entries(self) -> list[Node]:
        """The nodes as users count them: every input and every entry is one, whatever an `expr` expands to."""
        return [node for node in self.nodes.values() if not node.is_inside_formula]

    @property
    def layers(self) -> list[Node]:
        """The same without the inputs."""
        return [node for node in self.entries if node.kind != "input"]

    @property
    def application(self) -> Node | None:
        """The only node of a model of `keras.applications`; None for any other network."""
        return next((node for node in self.calls if node.catalog and node.catalog.kind == "application"), None)

    def callee(self, node: Node) -> Node:
        """The node whose layer is called: the node itself, or the one that it reuses."""
        while node.kind == "reuse" and not node.faulty:
            node = self.nodes[node.head]
        return node

    def called_models(self) -> list[str]:
        """The sub-models that are called, directly or by other sub-models, in their order."""
        called: set[str] = set()
        waiting = [self] if self.models else []
        while waiting:
            for node in waiting.pop().calls:
                names = [node.head] if node.kind == "model" else models_in(node.arguments)
                new = {name for name in names if name in self.models} - called
                called |= new
                waiting += [self.models[name] for name in new]
        return [name for name in self.models if name in called]

    def contributing_nodes(self) -> set[str]:
        """The nodes whose parameters count: an output depends on the node, or on another call of its layer."""
        needed = self.needed_nodes()
        calls = [node for node in self.calls if node.name in needed]
        layers = {self.callee(node).name for node in calls}
        models = {node.head for node in calls if node.kind == "model"}
        same = {n.name for n in self.calls if n.name in layers or (n.kind == "model" and n.head in models)}
        return needed | same | {node.name for node in self.inputs}

    def constant_nodes(self) -> set[str]:
        """The nodes that depend on no input."""
        constant: set[str] = set()
        for node in self.calls:
            if not node.is_weight and all(tensor.node in constant for tensor in node.tensors()):
                constant.add(node.name)
        return constant

    def independent_nodes(self) -> set[str]:
        """The nodes without an input before them, weights included."""
        independent: set[str] = set()
        for node in self.calls:
            if all(tensor.node in independent for tensor in node.tensors()):
                independent.add(node.name)
        return independent

    def anchors(self, node: Node) -> list[Tensor]:
        """What Keras computes a node from besides its own tensors: a weight from the first input, as a formality."""
        return [Tensor(self.inputs[0].name)] if node.is_weight else []

    def needed_nodes(self) -> set[str]:
        """The nodes that any output depends on."""
        return self.nodes_before(tensor.node for tensor in self.outputs.values())

    def nodes_before(self, names: Iterable[str]) -> set[str]:
        """Nodes, and all that they depend on."""
        needed: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name not in needed and name in self.nodes:
                needed.add(name)
                waiting += [tensor.node for tensor in self.nodes[name].tensors()]
        return needed
