"""Where a tensor is computed, seen through calls of sub-models."""

from __future__ import annotations

from typing import NamedTuple

from kspec.ir.node import Graph, Node, Tensor


class TensorOrigin(NamedTuple):
    """A tensor of the spec's network, or of one of its sub-models in a certain call.

    Args:
        graph: The network.
        tensor: The tensor.
        around: The calls of sub-models around it, outermost first, each with the calling network.
    """

    graph: Graph
    tensor: Tensor
    around: tuple[tuple[Graph, Node], ...] = ()

    @property
    def node(self) -> Node:
        return self.graph.nodes[self.tensor.node]

    @property
    def callee(self) -> Node:
        """The node whose layer computes it."""
        return self.graph.callee(self.node)

    def before(self) -> TensorOrigin | None:
        """The origin of its node's first input; None if it has none."""
        tensor = next(self.node.tensors(), None)
        return None if tensor is None else trace_origin(self.graph, tensor, self.around)


def trace_origin(graph: Graph, tensor: Tensor, around: tuple[tuple[Graph, Node], ...] = ()) -> TensorOrigin:
    """The origin of a tensor: for an output of a sub-model the node inside it, for an input the node outside.

    Args:
        graph: The network of the tensor.
        tensor: The tensor.
        around: The calls of sub-models around it, outermost first, each with the calling network.

    Returns:
        The origin; an input of the outermost network is its own.
    """
    while True:
        node = graph.nodes[tensor.node]
        model = graph.models.get(node.head) if node.kind == "model" and not node.faulty else None
        outputs = list(model.outputs.values()) if model is not None else []
        if model is not None and tensor.output < len(outputs):
            around, graph, tensor = (*around, (graph, node)), model, outputs[tensor.output]
        elif node.kind == "input" and around and node.name in around[-1][1].feeds:
            outer, call = around[-1]
            feed = call.feeds[node.name]
            around, graph, tensor = around[:-1], outer, feed[0] if isinstance(feed, list) else feed
        else:
            return TensorOrigin(graph, tensor, around)
