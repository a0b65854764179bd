"""What can be computed once, before training: the nodes whose answer for an example stays the same while it lasts.

These are nodes whose sources come from the data alone, which have no weights that train, and on which training acts in
no other way: they draw nothing, count nothing, and add nothing to the loss. Preprocessing is of that kind, and so is a
frozen part. The built model has them still, and takes raw values; only the training loop need not go through them in
every epoch.

What the catalog tells of a layer is a forecast, which `kspec summary` shows; the engine looks at the built layers too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from kspec.analysis.purity import is_pure, makes_mask, submodels_of
from kspec.analysis.shapes.types import TensorType, Types
from kspec.analysis.stages import Stage, trained
from kspec.ir import Graph, Node, Tensor
from kspec.ir.layer_patterns import trainable_by_path

PREPROCESSING = frozenset({
    "CategoryEncoding", "CenterCrop", "Discretization", "HashedCrossing", "Hashing", "IntegerLookup", "MelSpectrogram",
    "Normalization", "Rescaling", "Resizing", "STFTSpectrogram", "StringLookup", "TextVectorization",
})  # fmt: skip
"""Layers that are worth to be computed once, and so cheap that it is worth it for a single epoch."""
LOOKUPS = frozenset({"Embedding"})
"""Layers with weights that compute nothing: to look up is as fast as to read what was looked up before."""


@dataclass(slots=True)
class Facts:
    """What is known of a network while a stage of its training lasts.

    Args:
        learns: Whether a node has weights that train.
        weighted: Whether a node has weights.
        tensor: The type of one output of a node.
        trainable: By path, whether a layer trains.
        changing: Nodes of which it is known that training acts on them.
        masked: Nodes of which it is known that their answers carry a mask.
    """

    learns: Callable[[Node], bool]
    weighted: Callable[[Node], bool]
    tensor: Callable[[Tensor], TensorType]
    trainable: Mapping[str, bool]
    changing: set[str] = field(default_factory=set)
    masked: set[str] = field(default_factory=set)


class Cut(NamedTuple):
    """Where a network is cut in two.

    Args:
        once: The nodes that are gone through once over the data, and not in the steps.
        taken: What the steps begin with: tensors of such nodes, and of inputs.
        frozen: Whether a frozen part is among the nodes, and not preprocessing alone.
    """

    once: list[str]
    taken: list[Tensor]
    frozen: bool


def hoisted_by_stage(engine: Any, graph: Graph, types: Types, stages: Sequence[Stage]) -> dict[str, list[str]]:
    """By stage of the training, the nodes that an engine (`fit.engine`) goes through once: Keras's own none."""
    if engine == "keras":
        return {}
    return {stage.name: cut(graph, forecast(graph, types, stage), frozen=stage.epochs > 1).once for stage in stages}


def forecast(graph: Graph, types: Types, stage: Stage) -> Facts:
    """What a spec tells of a stage, without TensorFlow."""
    learning = trained(graph, types, stage)

    def learns(node: Node) -> bool:
        callee = graph.callee(node)
        inside = tuple(f"{name}/" for name in submodels_of(node, graph))
        return callee.name in learning or any(path.startswith(inside) for path in learning)

    def weighted(node: Node) -> bool:
        return types.calls[graph.callee(node).name].weights != []

    return Facts(learns, weighted, types.tensor, trainable_by_path(graph) | stage.trainable)


def cut(graph: Graph, facts: Facts, *, frozen: bool = True) -> Cut:
    """Cuts a network behind what can be computed once, where that is worth it.

    Worth it is preprocessing and what has weights, if more than a lookup; and what comes after these, as long as it
    takes no more room than what it is computed from.

    Args:
        frozen: Whether that holds for all fixed nodes, or for preprocessing and what has no weights.

    >>> from kspec.catalog import find
    >>> nodes = [Node("x", "input", "", ("inputs", "x"))]
    >>> nodes += [Node(n.lower(), "layer", n, ("layers", 0), find("layer", n)) for n in ("Rescaling", "Dense")]
    >>> nodes[1].feeds, nodes[2].feeds = {"inputs": Tensor("x")}, {"inputs": Tensor("rescaling")}
    >>> graph = Graph({node.name: node for node in nodes}, {"dense": Tensor("dense")})
    >>> facts = Facts(lambda node: node.head == "Dense", lambda node: False, lambda _: TensorType((None, 4)), {})
    >>> cut(graph, facts)
    Cut(once=['rescaling'], taken=[Tensor(node='rescaling', output=0)], frozen=False)
    """
    fixed = _fixed(graph, facts, frozen)
    storable = _storable(graph, facts, fixed)
    begin = storable | {node.name for node in graph.inputs}
    taken: set[Tensor] = set()
    late = {tensor.node for tensor in graph.outputs.values()}
    for node in reversed(graph.calls):
        if node.name in late:
            taken.update(tensor for tensor in node.tensors() if tensor.node in begin)
            late.update(tensor.node for tensor in node.tensors() if tensor.node not in begin)
    early = {tensor.node for tensor in taken} & storable
    for node in reversed(graph.calls):
        if node.name in early:
            early.update(tensor.node for tensor in node.tensors())
    once = [name for name in fixed if name in early - late]
    order = {name: place for place, name in enumerate(graph.nodes)}
    ends = sorted(taken, key=lambda tensor: (order[tensor.node], tensor.output))
    return Cut(once, ends, any(_is_frozen(graph.nodes[name], graph, facts) for name in once))


def bytes_of(tensor: TensorType) -> int | None:
    """What one example's part of a tensor takes in memory, texts counted as 64 bytes; None where that is not known."""
    if tensor.shape is None or None in tensor.shape[1:]:
        return None
    sizes = {"string": 64, "bool": 1, "int8": 1, "uint8": 1}
    size = sizes.get(tensor.dtype, 8 if tensor.dtype.endswith("64") else 2 if tensor.dtype.endswith("16") else 4)
    return size * math.prod(axis or 0 for axis in tensor.shape[1:])


def _fixed(graph: Graph, facts: Facts, frozen: bool) -> list[str]:
    """The nodes that come from the data alone and answer the same in every epoch, in their order."""
    needed = graph.needed_nodes()
    answers = {tensor.node for tensor in graph.outputs.values()}
    found: dict[str, None] = {}
    for node in graph.calls:
        if node.name in answers or node.name not in needed or node.faulty or node.name in facts.changing:
            continue
        sources = [tensor.node for tensor in node.tensors()]
        if not sources or not all(name in found or graph.nodes[name].kind == "input" for name in sources):
            continue
        if facts.learns(node) or not is_pure(node, graph, facts.trainable):
            continue
        if node.kind == "op" and not _by_example(node, facts):
            continue
        if frozen or not _is_frozen(node, graph, facts):
            found[node.name] = None
    return list(found)


def _storable(graph: Graph, facts: Facts, fixed: list[str]) -> set[str]:
    """The fixed nodes whose answers are worth to be kept, and can be."""
    computed: set[str] = set()
    masked = set(facts.masked)
    storable: set[str] = set()
    for name in fixed:
        node = graph.nodes[name]
        callee = graph.callee(node)
        taken = list(node.tensors())
        own = Tensor(name)
        works = callee.head in PREPROCESSING or (_is_frozen(node, graph, facts) and callee.head not in LOOKUPS)
        if works or any(tensor.node in computed for tensor in taken):
            computed.add(name)
        if makes_mask(node, graph) or any(tensor.node in masked for tensor in taken):
            shape = facts.tensor(own).shape
            if shape is None or len(shape) > 2:  # a mask has an axis for the steps of a sequence
                masked.add(name)
        sizes = [bytes_of(facts.tensor(tensor)) for tensor in (own, *taken)]
        larger = None not in sizes and (sizes[0] or 0) > sum(size or 0 for size in sizes[1:])
        if name in computed and name not in masked and (works or not larger):
            storable.add(name)
    return storable


def _is_frozen(node: Node, graph: Graph, facts: Facts) -> bool:
    """Whether a fixed node is a part that was frozen: a sub-model, or a layer with weights that prepares no data."""
    return node.kind == "model" or (graph.callee(node).head not in PREPROCESSING and facts.weighted(node))


def _by_example(node: Node, facts: Facts) -> bool:
    """Whether an op's first axis is the examples' before and after it, as a layer's always is."""
    shapes = [facts.tensor(tensor).shape for tensor in (Tensor(node.name), *node.tensors())]
    return all(shape is not None and len(shape) > 0 and shape[0] is None for shape in shapes)
