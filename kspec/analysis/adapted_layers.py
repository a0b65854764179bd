"""What layers that adapt to data learn from: their own input, or, at the end of a network, a target."""

from __future__ import annotations

from kspec.ir import Graph, Node
from kspec.ir.preset import is_preset


def adapts(node: Node) -> bool:
    """Whether a node's layer learns from the training data before training."""
    return (
        node.kind == "layer"
        and node.catalog is not None
        and node.catalog.adapts
        and not node.faulty
        and not is_preset(node.arguments)
    )


def is_inverted(node: Node) -> bool:
    """Whether a layer turns what it would learn around: scaled values into values, indices into words."""
    return bool(node.arguments.get("invert"))


def target_to_learn(graph: Graph, node: Node) -> str | None:
    """The output whose target a `Normalization: {invert: true}` learns, because it computes that output.

    Such a layer scales predictions back, so it learns the scale of the values that are to be predicted.

    Args:
        graph: The spec's own network.
        node: The layer's node.
    """
    if node.head != "Normalization" or not is_inverted(node):
        return None
    for name, tensor in graph.outputs.items():
        if graph.callee(graph.nodes[tensor.node]).name == node.name:
            return name
    return None
