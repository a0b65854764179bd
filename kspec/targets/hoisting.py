"""What can be computed once, before training: the layers between the data and the first that learns.

Hoisted are nodes without trainable weights or chance whose inputs come from the data alone. The built model has them
still, and takes raw values; only the training loop need not go through them in every epoch.
"""

from __future__ import annotations

from typing import Any

from kspec.graph import Graph, Node

PREPROCESSING = frozenset({
    "CategoryEncoding", "CenterCrop", "Discretization", "HashedCrossing", "Hashing", "IntegerLookup", "MelSpectrogram",
    "Normalization", "Rescaling", "Resizing", "STFTSpectrogram", "StringLookup", "TextVectorization",
})  # fmt: skip
"""Layers that are worth to be computed once."""
BETWEEN = frozenset({
    "Add", "Average", "Concatenate", "Cropping1D", "Cropping2D", "Cropping3D", "Flatten", "Identity", "Maximum",
    "Minimum", "Multiply", "Permute", "Reshape", "Subtract", "ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D",
})  # fmt: skip
"""Layers that are hoisted with those whose answers they take."""


def hoisted_by(engine: Any, graph: Graph) -> list[str]:
    """The nodes that training under an engine (`fit.engine`) goes through once: Keras's own hoists none."""
    return [] if engine == "keras" else hoisted(graph)


def hoisted(graph: Graph) -> list[str]:
    """The nodes that can be computed once over the data, in their order.

    >>> from kspec.catalog import find
    >>> from kspec.graph import Tensor
    >>> nodes = [Node("x", "input", "", ("inputs", "x")), Node("scaled", "layer", "Rescaling", ("layers", 0))]
    >>> nodes += [Node("dense", "layer", "Dense", ("layers", 1))]
    >>> nodes[1].feeds, nodes[2].feeds = {"inputs": Tensor("x")}, {"inputs": Tensor("scaled")}
    >>> hoisted(Graph({node.name: node for node in nodes}, {"dense": Tensor("dense")}))
    ['scaled']
    """
    answers = {tensor.node for tensor in graph.outputs.values()}
    needed = graph.needed()
    found: list[str] = []
    for node in graph.calls:
        if node.name in answers or node.name not in needed or node.constants or node.faulty:
            continue
        callee = graph.callee(node)
        sources = [tensor.node for tensor in node.tensors()]
        from_data = sources and all(name in found or graph.nodes[name].kind == "input" for name in sources)
        if not from_data or callee.kind != "layer":
            continue
        works = callee.head in PREPROCESSING and _same_for_every_batch(callee)
        if works or (callee.head in BETWEEN and any(name in found for name in sources)):
            found.append(node.name)
    return found


def _same_for_every_batch(node: Node) -> bool:
    """Whether an example's answer hangs on it alone, and is a plain tensor.

    Texts without a length of their own are padded to the longest of their batch.
    """
    if node.arguments.get("ragged") or node.arguments.get("sparse"):
        return False
    if node.head != "TextVectorization":
        return True
    return node.arguments.get("output_mode", "int") != "int" or bool(node.arguments.get("output_sequence_length"))
