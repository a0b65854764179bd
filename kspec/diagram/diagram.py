"""A graph → its diagram: a box for each node, an edge for each tensor.

Graphviz draws it. If Graphviz cannot be loaded, as on a system without the libraries that its wheel expects, matplotlib
draws the same boxes in a simpler layout of kspec's own, so that a diagram needs nothing beyond what pip installs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple

from kspec.diagram.collapse import collapse, count_boxes
from kspec.diagram.diagram_graph import NodeInfo
from kspec.diagram.graphviz import dot_text, draw_graphviz
from kspec.diagram.labels import sketch
from kspec.diagram.matplotlib import draw_matplotlib
from kspec.diagram.mermaid import mermaid_text
from kspec.diagram.repeats import FoldedGraph, fold_repeats
from kspec.ir import Graph, Node

Format = Literal["svg", "png", "dot", "mermaid"]

MAX_NODES_WITH_DETAILS = 400
"""In a larger graph, boxes show names only: details would be unreadable and slow to draw."""
MAX_NODES = 2000
"""A larger graph is not laid out: it would take minutes."""
MAX_CROSSINGS = 20_000
"""The most nodes plus levels that edges cross in a layout: each crossed level costs as much time as a node."""
MAX_NODES_AS_TEXT = 200_000
"""The most nodes of a graph in `dot` or `mermaid`: sub-models that call each other can expand to any number."""

_PNG_DPI = 192
_PNG_SIDE = 32_000
"""In pixels; PNG renderers go no further."""
_PNG_AREA = 40_000_000
"""In pixels of four bytes."""


class GraphTooLarge(ValueError):
    """A graph that cannot be laid out in reasonable time; the message is for the user."""


class Drawing(NamedTuple):
    """The size of a diagram.

    Args:
        boxes: The number of boxes.
        depth: How many frames may be nested.
        deepest: The depth at which nothing is collapsed.
    """

    boxes: int
    depth: int
    deepest: int


def draw(
    graph: Graph,
    info: Mapping[str, NodeInfo] | None,
    path: Path,
    format: Format,
    depth: int | None = None,
    *,
    heading: Sequence[str] = (),
    sideways: bool = False,
    all_copies: bool = False,
) -> Drawing:
    """Draws a graph.

    Args:
        graph: The graph.
        info: Shapes and parameters by `info_key`; without it, names and layers are drawn only.
        path: The file to write.
        format: `dot` is Graphviz's language, `mermaid` that of Markdown pages; both have no layout.
        depth: How deep to expand blocks and sub-models: 0 draws each as one box. None goes as deep as is readable.
        heading: The title, and lines below it.
        sideways: Whether to draw from left to right.
        all_copies: Whether to draw every copy of a repeat, even those that differ only in their names.

    Raises:
        GraphTooLarge: If it would take minutes to lay out; `dot` and `mermaid` have no layout.
    """
    folded = FoldedGraph(graph, {}) if all_copies else fold_repeats(graph, info or {})
    counts = count_boxes(folded.graph)
    deepest = len(counts.by_depth) - 1
    depth = counts.readable_depth if depth is None else min(depth, deepest)
    if counts.by_depth[depth] > MAX_NODES_AS_TEXT:
        raise GraphTooLarge(f"expanded to depth {depth}, the graph has {counts.by_depth[depth]:,} nodes")
    diagram = collapse(folded.graph, info or {}, depth, folded.repeats)
    brief = len(diagram.boxes) > MAX_NODES_WITH_DETAILS
    sketched = partial(sketch, diagram, brief=brief, heading=heading, sideways=sideways)
    if format == "dot" or format == "mermaid":
        text = dot_text if format == "dot" else mermaid_text
        path.write_text(text(sketched(framed=True)), encoding="utf-8")
    else:
        _refuse_too_large(diagram.boxes)
        try:
            import pygraphviz  # noqa: F401
        except (ImportError, OSError):
            draw_matplotlib(lambda framed: sketched(framed=framed), path, format, _resolution)
        else:
            draw_graphviz(sketched(framed=True), path, format, _resolution)
    return Drawing(len(diagram.boxes), depth, deepest)


def _refuse_too_large(nodes: Mapping[str, Node]) -> None:
    count = len(nodes)
    if count > MAX_NODES:
        raise GraphTooLarge(f"the graph has {count:,} nodes; a layout takes at most {MAX_NODES:,}")
    level: dict[str, int] = {}
    crossings = 0
    for node in nodes.values():
        before = [level[tensor.node] for tensor in node.tensors()]
        level[node.name] = 1 + max(before, default=-1)
        crossings += sum(level[node.name] - other - 1 for other in before)
    if count + crossings > MAX_CROSSINGS:
        raise GraphTooLarge(f"the graph's edges cross {crossings:,} levels in all, too many for a layout")


def _resolution(width: float, height: float) -> float:
    """Dots per inch: twice a screen's, less if the image would be too large to keep in memory.

    Args:
        width: In inches.
        height: In inches.
    """
    return min(_PNG_DPI, _PNG_SIDE / max(width, height), math.sqrt(_PNG_AREA / (width * height)))
