"""Hoisting: the nodes that can be computed once, before training, because their output for an example is constant.

These nodes depend on the data alone, have no weights that train, and are otherwise pure: they draw no random numbers,
keep no statistics, and add nothing to the loss. Preprocessing layers and frozen layers are of this kind. They stay in
the built model, which takes raw values; the training loop caches their outputs instead of recomputing them.

The catalog's view of a layer is a forecast, which `kspec summary` shows; the engine also inspects the built layers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from kspec.analysis.purity import is_pure, makes_mask, submodels_of
from kspec.analysis.shapes.dtypes import bytes_of
from kspec.analysis.shapes.types import TensorType, Types
from kspec.analysis.stages import Stage, trained_sizes
from kspec.ir import Graph, Node, Tensor
from kspec.ir.layer_patterns import trainable_by_path

PREPROCESSING = frozenset({
    "CategoryEncoding", "CenterCrop", "Discretization", "HashedCrossing", "Hashing", "IntegerLookup", "MelSpectrogram",
    "Normalization", "Rescaling", "Resizing", "STFTSpectrogram", "StringLookup", "TextVectorization",
})  # fmt: skip
"""Layers worth caching, even for a single epoch."""
LOOKUPS = frozenset({"Embedding"})
"""Layers with weights that are as fast as a cache."""


@dataclass(slots=True)
class NetworkFacts:
    """NetworkFacts about a network during a stage of training.

    Args:
        learns: Whether a node has weights that train.
        weighted: Whether a node has weights.
        tensor: The type of an output of a node.
        trainable: By path, whether a layer trains.
        changing: Nodes known not to be pure.
        masked: Nodes whose outputs are known to carry a mask.
    """

    learns: Callable[[Node], bool]
    weighted: Callable[[Node], bool]
    tensor: Callable[[Tensor], TensorType]
    trainable: Mapping[str, bool]
    changing: set[str] = field(default_factory=set)
    masked: set[str] = field(default_factory=set)


class Prefix(NamedTuple):
    """The part of a network that is computed once.

    Args:
        nodes: Its nodes.
        boundary: The tensors with which training steps begin: outputs of its nodes, and inputs.
        has_frozen: Whether it contains frozen layers, and not only preprocessing.
    """

    nodes: list[str]
    boundary: list[Tensor]
    has_frozen: bool


def hoisted_by_stage(engine: Any, graph: Graph, types: Types, stages: Sequence[Stage]) -> dict[str, list[str]]:
    """The nodes that an engine computes once, by stage.

    Args:
        engine: The value of `fit.engine`.
        graph: The spec's graph.
        types: The types of its tensors.
        stages: The stages of training.

    Returns:
        Stage name → node names; empty for the engine `keras`, which computes every node in each step.
    """
    if engine == "keras":
        return {}
    return {
        stage.name: find_prefix(graph, forecast(graph, types, stage), frozen=stage.epochs > 1).nodes for stage in stages
    }


def forecast(graph: Graph, types: Types, stage: Stage) -> NetworkFacts:
    """The facts about a stage that are known without TensorFlow.

    Args:
        graph: The spec's graph.
        types: The types of its tensors.
        stage: The stage of training.

    Returns:
        The facts, as the catalog forecasts them.
    """
    learning = trained_sizes(graph, types, stage)

    def learns(node: Node) -> bool:
        callee = graph.callee(node)
        inside = tuple(f"{name}/" for name in submodels_of(node, graph))
        return callee.name in learning or any(path.startswith(inside) for path in learning)

    def weighted(node: Node) -> bool:
        return types.calls[graph.callee(node).name].weights != []

    return NetworkFacts(learns, weighted, types.tensor, trainable_by_path(graph) | stage.trainable)


def find_prefix(graph: Graph, facts: NetworkFacts, *, frozen: bool = True) -> Prefix:
    """Find the part of a network that is worth computing once.

    Preprocessing is, and layers with weights other than lookups; also the nodes after these, as long as their outputs
    need no more memory than their inputs.

    Args:
        graph: The network.
        facts: NetworkFacts about it.
        frozen: Whether to include frozen layers, or only preprocessing and nodes without weights.

    >>> from kspec.catalog import find
    >>> nodes = [Node("x", "input", "", ("inputs", "x"))]
    >>> nodes += [Node(n.lower(), "layer", n, ("layers", 0), find("layer", n)) for n in ("Rescaling", "Dense")]
    >>> nodes[1].feeds, nodes[2].feeds = {"inputs": Tensor("x")}, {"inputs": Tensor("rescaling")}
    >>> graph = Graph({node.name: node for node in nodes}, {"dense": Tensor("dense")})
    >>> facts = NetworkFacts(lambda node: node.head == "Dense", lambda node: False, lambda _: TensorType((None, 4)), {})
    >>> find_prefix(graph, facts)
    Prefix(nodes=['rescaling'], boundary=[Tensor(node='rescaling', output=0)], has_frozen=False)
    """
    fixed = _fixed(graph, facts, frozen)
    storable = _storable(graph, facts, fixed)
    starts = storable | {node.name for node in graph.inputs}
    boundary: set[Tensor] = set()
    late = {tensor.node for tensor in graph.outputs.values()}
    for node in reversed(graph.calls):
        if node.name in late:
            sources = [*node.tensors(), *graph.anchors(node)]
            boundary.update(tensor for tensor in sources if tensor.node in starts)
            late.update(tensor.node for tensor in sources if tensor.node not in starts)
    early = {tensor.node for tensor in boundary} & storable
    for node in reversed(graph.calls):
        if node.name in early:
            early.update(tensor.node for tensor in node.tensors())
    nodes = [name for name in fixed if name in early - late]
    order = {name: place for place, name in enumerate(graph.nodes)}
    ends = sorted(boundary, key=lambda tensor: (order[tensor.node], tensor.output))
    return Prefix(nodes, ends, any(_is_frozen(graph.nodes[name], graph, facts) for name in nodes))


def bytes_per_example(tensor: TensorType) -> int | None:
    """The memory of a tensor for one example, in bytes, with 64 for a text; None if unknown."""
    if tensor.shape is None or None in tensor.shape[1:]:
        return None
    width = 64 if tensor.dtype == "string" else bytes_of(tensor.dtype)
    return width * math.prod(axis or 0 for axis in tensor.shape[1:])


def _fixed(graph: Graph, facts: NetworkFacts, frozen: bool) -> list[str]:
    """The nodes that depend on the data alone and are constant during training, in order."""
    needed = graph.needed_nodes()
    outputs = {tensor.node for tensor in graph.outputs.values()}
    fixed: dict[str, None] = {}
    for node in graph.calls:
        if node.name in outputs or node.name not in needed or node.faulty or node.name in facts.changing:
            continue
        sources = [tensor.node for tensor in node.tensors()]
        if not sources or not all(name in fixed or graph.nodes[name].kind == "input" for name in sources):
            continue
        if facts.learns(node) or not is_pure(node, graph, facts.trainable):
            continue
        if node.kind == "op" and not _by_example(node, facts):
            continue
        if frozen or not _is_frozen(node, graph, facts):
            fixed[node.name] = None
    return list(fixed)


def _storable(graph: Graph, facts: NetworkFacts, fixed: list[str]) -> set[str]:
    """The fixed nodes whose outputs are worth caching, and can be cached."""
    computed: set[str] = set()
    masked = set(facts.masked)
    storable: set[str] = set()
    for name in fixed:
        node = graph.nodes[name]
        callee = graph.callee(node)
        inputs, output = list(node.tensors()), Tensor(name)
        costs = callee.head in PREPROCESSING or (_is_frozen(node, graph, facts) and callee.head not in LOOKUPS)
        if costs or any(tensor.node in computed for tensor in inputs):
            computed.add(name)
        if makes_mask(node, graph) or any(tensor.node in masked for tensor in inputs):
            shape = facts.tensor(output).shape
            if shape is None or len(shape) > 2:  # a mask needs an axis of steps
                masked.add(name)
        sizes = [bytes_per_example(facts.tensor(tensor)) for tensor in (output, *inputs)]
        larger = None not in sizes and (sizes[0] or 0) > sum(size or 0 for size in sizes[1:])
        if name in computed and name not in masked and (costs or not larger):
            storable.add(name)
    return storable


def _is_frozen(node: Node, graph: Graph, facts: NetworkFacts) -> bool:
    """Whether a fixed node is frozen: a sub-model, or a layer with weights that is not preprocessing."""
    return node.kind == "model" or (graph.callee(node).head not in PREPROCESSING and facts.weighted(node))


def _by_example(node: Node, facts: NetworkFacts) -> bool:
    """Whether the first axis of an op's inputs and output is the batch, as a layer's always is."""
    shapes = [facts.tensor(tensor).shape for tensor in (Tensor(node.name), *node.tensors())]
    return all(shape is not None and len(shape) > 0 and shape[0] is None for shape in shapes)
