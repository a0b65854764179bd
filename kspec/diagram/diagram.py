"""The graph → a picture of it: a box for each node, an edge for each tensor.

Graphviz draws it. Where it cannot be loaded, as on a system without the libraries that its wheel expects, matplotlib
draws the same boxes in a plainer layout of our own, so that no picture depends on more than what pip installs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple

from kspec.diagram.collapse import picture, sizes
from kspec.diagram.graphviz import dot_text, draw_graphviz
from kspec.diagram.labels import NodeFacts, inner_key, sketch
from kspec.diagram.matplotlib import draw_matplotlib
from kspec.diagram.mermaid import mermaid_text
from kspec.ir import Graph, Node

__all__ = [
    "NAMES_ONLY_ABOVE",
    "REFUSED_ABOVE",
    "TANGLED_ABOVE",
    "Drawn",
    "Format",
    "GraphTooLarge",
    "NodeFacts",
    "draw",
    "inner_key",
]

Format = Literal["svg", "png", "dot", "mermaid"]

NAMES_ONLY_ABOVE = 400
"""Nodes from which on boxes bear names only: more could not be read, and would take its time."""
REFUSED_ABOVE = 2000
"""Nodes from which on nothing is laid out: it would take minutes."""

TANGLED_ABOVE = 20_000
"""Nodes and levels that edges pass by, from which on nothing is laid out: each of those levels costs as a node does."""

WRITTEN_UP_TO = 200_000
"""Nodes up to which a graph is written as text: sub-models that call each other can come to any number."""

_PNG_DPI = 192
_PNG_SIDE = 32_000
"""Pixels; what draws PNG goes no further."""
_PNG_AREA = 40_000_000
"""Pixels, four bytes each."""


class GraphTooLarge(ValueError):
    """A graph that cannot be laid out in reasonable time; the message is for the user."""


class Drawn(NamedTuple):
    """What was drawn.

    Args:
        boxes: How many there are.
        depth: How many frames may lie one in another.
        deepest: The depth at which nothing is folded.
    """

    boxes: int
    depth: int
    deepest: int


def draw(
    graph: Graph, facts: Mapping[str, NodeFacts] | None, path: Path, format: Format, depth: int | None = None
) -> Drawn:
    """Draws a graph.

    Args:
        facts: By node, shapes and parameters; left out, names and layers are drawn alone.
        path: The file to write.
        format: `dot` is Graphviz's own language, `mermaid` that of Markdown pages; both without a layout.
        depth: How deep blocks and sub-models are written out: 0 makes each one box. None goes as deep as can be read.

    Raises:
        GraphTooLarge: when it would take minutes to lay out; as `dot` and `mermaid` every graph can be written.
    """
    counts = sizes(graph)
    deepest = len(counts.by_depth) - 1
    depth = counts.readable if depth is None else min(depth, deepest)
    if counts.by_depth[depth] > WRITTEN_UP_TO:
        raise GraphTooLarge(f"written out so deep, the graph has {counts.by_depth[depth]:,} nodes")
    drawn = picture(graph, facts or {}, depth)
    sketched = partial(sketch, drawn, brief=len(drawn.shown) > NAMES_ONLY_ABOVE)
    if format == "dot" or format == "mermaid":
        text = dot_text if format == "dot" else mermaid_text
        path.write_text(text(sketched(framed=True)), encoding="utf-8")
    else:
        _refuse_too_large(drawn.shown)
        try:
            import pygraphviz  # noqa: F401
        except (ImportError, OSError):
            draw_matplotlib(lambda framed: sketched(framed=framed), path, format, _resolution)
        else:
            draw_graphviz(sketched(framed=True), path, format, _resolution)
    return Drawn(len(drawn.shown), depth, deepest)


def _refuse_too_large(nodes: Mapping[str, Node]) -> None:
    count = len(nodes)
    if count > REFUSED_ABOVE:
        raise GraphTooLarge(f"the graph has {count:,} nodes, and at most {REFUSED_ABOVE:,} can be laid out in time")
    level: dict[str, int] = {}
    passed = 0
    for node in nodes.values():
        before = [level[tensor.node] for tensor in node.tensors()]
        level[node.name] = 1 + max(before, default=-1)
        passed += sum(level[node.name] - other - 1 for other in before)
    if count + passed > TANGLED_ABOVE:
        raise GraphTooLarge(f"the graph's connections pass by {passed:,} nodes in all, too many to be laid out in time")


def _resolution(width: float, height: float) -> float:
    """Dots an inch: twice a screen's, less where the picture would be too large to keep in memory.

    Args:
        width: In inches.
        height: In inches.
    """
    return min(_PNG_DPI, _PNG_SIDE / max(width, height), math.sqrt(_PNG_AREA / (width * height)))
