"""Finds the nodes of a graph in a Keras model that was loaded from its file."""

from __future__ import annotations

from typing import Any

from kspec.ir import Graph, Node
from kspec.ir.node import flat_order
from kspec.syntax.names import name_in_keras


def node_tensors(model: Any, graph: Graph) -> dict[str, Any]:
    """The Keras tensors of the graph's predicted nodes.

    A saved model has the calls that its outputs depend on, each layer's in the order in which they were made.

    Args:
        model: The model that was built from the graph, saved and loaded again.
        graph: The graph.

    Returns:
        The tensors by name.
    """
    operations = {operation.name: operation for operation in model.operations}
    inputs = dict(zip(flat_order(node.name for node in graph.inputs), model.inputs, strict=True))
    tensors = {}
    for name, (node_name, output) in graph.predicted_nodes.items():
        node = graph.nodes[node_name]
        if node.kind == "input":
            tensors[name] = inputs[node_name]
            continue
        calls = _calls_of_same_layer(node, graph)
        call = operations[_callee_name(node, graph)]._inbound_nodes[calls.index(node_name)]
        if node.kind == "model":
            outputs = list(graph.models[node.head].outputs)
            output = flat_order(outputs).index(outputs[output])  # Keras flattens a dict in this order
        tensors[name] = call.output_tensors[output]
    return tensors


def _callee_name(node: Node, graph: Graph) -> str:
    """The name of the layer, op or model that a node calls, in Keras."""
    if node.kind == "model":
        return name_in_keras(node.head.rpartition("/")[2])
    return name_in_keras(graph.callee(node).name)


def _calls_of_same_layer(node: Node, graph: Graph) -> list[str]:
    """The nodes of the model that call the same layer, in order."""
    needed = graph.needed_nodes()
    callee = _callee_name(node, graph)
    return [each.name for each in graph.calls if each.name in needed and _callee_name(each, graph) == callee]
