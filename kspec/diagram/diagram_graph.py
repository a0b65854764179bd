"""The graph that a diagram shows, with what is known of each node."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from kspec.ir import Graph, Node


class NodeInfo(NamedTuple):
    """Shapes and parameters of a node.

    Args:
        shape_in: `(null, 10)`; several inputs are separated by commas.
        shape_out: The shape of its first output.
        parameters: The number of parameters of its layer; 0 if they are counted at another node.
        trainable: Whether any of them is trainable, or there are none.
    """

    shape_in: str
    shape_out: str
    parameters: int
    trainable: bool


class Repeat(NamedTuple):
    """A box or frame that stands for several equal copies in a chain.

    Args:
        name: The name of the entry, or of the first and the last copy.
        copies: The number of copies.
    """

    name: str
    copies: int


def info_key(model: str, node: str) -> str:
    """The key of a node in a mapping of infos: its name, prefixed for the nodes of sub-models."""
    return f"{model}: {node}" if model else node


@dataclass(slots=True)
class DiagramGraph:
    """The boxes of a diagram and the graph behind them.

    Args:
        graph: The graph; expanded calls of sub-models are replaced by the nodes inside, named `call/inner`.
        info: By node and by collapsed box.
        boxes: The nodes that have a box, in topological order.
        collapsed: Collapsed box → its description: `block residual, 7 nodes`.
        titles: Frame → its title, if that is more than the name of the use.
        shared: Box without weights of its own → the call that has them; empty if the frame's title says so.
        outputs: Box → the model's outputs in it.
        repeats: Box or frame → the repeat that it stands for.
    """

    graph: Graph
    info: dict[str, NodeInfo]
    boxes: dict[str, Node] = field(default_factory=dict)
    collapsed: dict[str, str] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    shared: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, list[str]] = field(default_factory=dict)
    repeats: dict[str, Repeat] = field(default_factory=dict)
