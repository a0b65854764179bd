"""Where a tensor is made, looked at through calls of sub-models."""

from __future__ import annotations

from typing import NamedTuple

from kspec.ir.node import Graph, Node, Tensor


class TensorOrigin(NamedTuple):
    """A tensor in the spec's network or in one of its sub-models, as one way leads to it.

    Args:
        graph: The network.
        around: The calls of sub-models that it lies in, outermost first, each with the network that it is made in.
    """

    graph: Graph
    tensor: Tensor
    around: tuple[tuple[Graph, Node], ...] = ()

    @property
    def node(self) -> Node:
        return self.graph.nodes[self.tensor.node]

    @property
    def callee(self) -> Node:
        """The node whose layer makes it."""
        return self.graph.callee(self.node)

    def before(self) -> TensorOrigin | None:
        """The spot of the first tensor that its node takes; None where it takes none."""
        tensor = next(self.node.tensors(), None)
        return None if tensor is None else trace_origin(self.graph, tensor, self.around)


def trace_origin(graph: Graph, tensor: Tensor, around: tuple[tuple[Graph, Node], ...] = ()) -> TensorOrigin:
    """Where a tensor is made: for what a sub-model gives, the node in it; for what it takes, the node outside."""
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
