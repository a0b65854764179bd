"""A graph whose arguments state the numbers that sizes such as `{units_of: node}` stand for, where they are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kspec.analysis.shapes.types import Types
from kspec.ir import Graph, Node
from kspec.syntax.sizes import is_size


def with_known_numbers(graph: Graph, types: Types) -> Graph:
    """A graph to show: `Dense 3`, not `Dense units of cultivar`.

    Args:
        graph: The network.
        types: The types of its nodes, with the numbers of their arguments.

    Returns:
        A copy, with the sub-models likewise; what is unknown stays as it is written.
    """
    models: dict[str, Graph] = {}
    for name, model in graph.models.items():
        models[name] = replace(with_known_numbers(model, types.models[name]), models=dict(models))
    nodes = {name: node_with_numbers(node, types) for name, node in graph.nodes.items()}
    return replace(graph, nodes=nodes, models=models)


def node_with_numbers(node: Node, types: Types) -> Node:
    """The same of one node.

    Args:
        node: The node.
        types: The types of its network.
    """
    numbers = types.numbers.get(node.name)
    if numbers is None:
        return node
    return replace(node, arguments=_known(node.arguments, numbers), constants=_known(node.constants, numbers))


def _known(value: Any, number: Any) -> Any:
    """A value with the numbers of a copy in place of its sizes; an unknown one is None in the copy."""
    if is_size(value):
        return value if number is None else number
    if isinstance(value, dict) and isinstance(number, Mapping):
        return {key: _known(item, number.get(key)) for key, item in value.items()}
    if isinstance(value, list) and isinstance(number, list):
        return [_known(item, copy) for item, copy in zip(value, number, strict=True)]
    return value
