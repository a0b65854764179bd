"""An `expr`, from the operations that it has become: its text, its nodes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kspec.ir.node import Graph, Node, Tensor
from kspec.syntax.sizes import SizeExpression, is_size, sizes_of


def formula_text(graph: Graph, node: Node) -> str:
    """The arithmetic of an `expr` as written, with numbers in place of variables and of sizes that are known.

    >>> y = Node("y", "op", "divide", (), constants={"x2": 4}, formula="x / {x2}")
    >>> formula_text(Graph({"y": y}), y)
    'x / 4'

    Args:
        graph: The network.
        node: One of the operations; the last stands for the whole.
    """
    operands = {name: number_text(value) for name, value in node.constants.items()}
    for name, feed in node.feeds.items():
        if isinstance(feed, Tensor) and graph.nodes[feed.node].is_inside_formula:
            operands[name] = formula_text(graph, graph.nodes[feed.node])
    return node.formula.format_map(operands)


def number_text(value: Any) -> str:
    """A number in a formula, of at most six digits; a size that is not known, as it is written."""
    if is_size(value):
        text = str(sizes_of(value)[0])
        return text if not isinstance(value, SizeExpression) or value[2:-1] == text else f"({value[2:-1]})"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def operations(graph: Graph, node: Node) -> list[str]:
    """The operations of an `expr` up to a node of it."""
    inside = [graph.nodes[tensor.node] for tensor in node.tensors()]
    return [name for each in inside if each.is_inside_formula for name in operations(graph, each)] + [node.name]


def sources(graph: Graph, node: Node) -> Iterator[str]:
    """The nodes that a node takes; of an `expr` those that it names."""
    for tensor in node.tensors():
        source = graph.nodes[tensor.node]
        yield from sources(graph, source) if source.is_inside_formula else (source.name,)
