"""The graph → a picture of it: a box for each node, an edge for each tensor."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any, Literal, NamedTuple

from kspec.graph import Graph, Node
from kspec.targets.diagram_words import class_words, edge_words, notes

Format = Literal["svg", "png", "dot"]

NAMES_ONLY_ABOVE = 400
"""Nodes from which on boxes bear names only: more could not be read, and would take its time."""
REFUSED_ABOVE = 2000
"""Nodes from which on nothing is laid out: the time grows with the square, and reaches minutes."""

_FONT = "DejaVu Sans,Verdana,Geneva,sans-serif"
"""matplotlib brings the first wherever kspec is; the second, which browsers of Windows and macOS have, is as wide."""
_PNG_DPI = 192
_PNG_SIDE = 32_000
"""Pixels; what draws PNG goes no further."""
_PNG_AREA = 64_000_000
"""Pixels, four bytes each."""

_INK, _SOFT, _LINE = "#1F2A37", "#5B6B7C", "#8FA1B3"


class _Colours(NamedTuple):
    fill: str
    border: str


_COLOURS = {
    "input": _Colours("#E0F2F1", "#4F9D97"),
    "layer": _Colours("#EEF4FB", "#9DB9DA"),
    "op": _Colours("#F3F1FA", "#B4A9D6"),
    "frozen": _Colours("#EFF1F3", "#AEB7C0"),
    "output": _Colours("#CFE1F6", "#3F74B5"),
}


class NodeFacts(NamedTuple):
    """What building told of a node.

    Args:
        shape_in: `(null, 10)`; of what it takes, separated by commas.
        shape_out: Of its first output.
        parameters: Of its layer; 0 where they are counted at another node.
        trainable: Whether any of them is trained, or there are none.
    """

    shape_in: str
    shape_out: str
    parameters: int
    trainable: bool


def draw(graph: Graph, facts: Mapping[str, NodeFacts] | None, path: Path, format: Format) -> None:
    """Draws a graph.

    Args:
        facts: By node, shapes and parameters; left out, names and layers are drawn alone.
        path: The file to write.
        format: `dot` is Graphviz's own language, without a layout.

    Raises:
        ValueError: when the graph is too large to lay out; as `dot` it can always be written.
    """
    if format == "dot":
        path.write_text(_picture(graph, facts or {}).to_string(), encoding="utf-8")
        return
    if len(graph.nodes) > REFUSED_ABOVE:
        raise ValueError(
            f"the graph has {len(graph.nodes):,} nodes, and no more than {REFUSED_ABOVE:,} can be laid out in time"
        )
    with _own_font():
        picture = _picture(graph, facts or {})
        picture.layout("dot")
        if format == "png":
            picture.graph_attr["dpi"] = f"{_resolution(picture.graph_attr['bb']):.2f}"
        path.write_bytes(picture.draw(format=format))


def _picture(graph: Graph, facts: Mapping[str, NodeFacts]) -> Any:
    import pygraphviz

    picture = pygraphviz.AGraph(directed=True, strict=False)
    brief = len(graph.nodes) > NAMES_ONLY_ABOVE
    picture.graph_attr.update(
        bgcolor="white", pad="0.2", nodesep="0.28", ranksep="0.32", fontname=_FONT, fontsize="10", fontcolor=_SOFT
    )
    picture.node_attr.update(
        shape="box", style="rounded,filled", margin="0.1,0.05", height="0.1", width="0.1",
        fontname=_FONT, fontsize="11", fontcolor=_INK,
    )  # fmt: skip
    picture.edge_attr.update(
        color=_LINE, arrowsize="0.6", penwidth="1.1", fontname=_FONT, fontsize="9", fontcolor=_SOFT
    )
    outputs: dict[str, list[str]] = {}
    for name, tensor in graph.outputs.items():
        outputs.setdefault(tensor.node, []).append(name)
    for node in graph.nodes.values():
        _add_node(picture, graph, node, facts.get(node.name), outputs.get(node.name, []), brief)
    for node in graph.nodes.values():
        for source, words in edge_words(graph, node):
            picture.add_edge(source, node.name, **({"label": _text(f" {words} ")} if words and not brief else {}))
    _frame_blocks(picture, list(graph.nodes), "")
    return picture


def _add_node(
    picture: Any, graph: Graph, node: Node, facts: NodeFacts | None, outputs: list[str], brief: bool
) -> None:
    measured = graph.callee(node).kind == "layer" and _measures(graph.callee(node))
    frozen = graph.callee(node).trainable is False or (facts is not None and not facts.trainable and not measured)
    colours = _COLOURS["output" if outputs else "frozen" if frozen else "layer" if node.kind == "reuse" else node.kind]
    said = notes(node, outputs, frozen=frozen, measured=measured and facts is not None and facts.parameters > 0)
    picture.add_node(
        node.name,
        label=_text(node.name) if brief else _label(graph, node, facts, said),
        fillcolor=colours.fill,
        color=colours.border,
        penwidth="1.6" if outputs else "1",
        style="rounded,filled,dashed" if node.kind == "reuse" else "rounded,filled",
        tooltip=node.name,
    )


def _measures(node: Node) -> bool:
    return node.catalog is not None and node.catalog.adapts


def _label(graph: Graph, node: Node, facts: NodeFacts | None, said: list[str]) -> str:
    """Name; class with its telling arguments; shape and parameters; what is special."""
    rows = [
        f"<B>{_escaped(node.name.rpartition('/')[2])}</B>",
        _sized(class_words(graph, node), 10, _INK),
    ]
    if facts is not None:
        count = "" if not facts.parameters else f"{facts.parameters:,} parameter{'s' if facts.parameters != 1 else ''}"
        rows.append(_sized("  ·  ".join(part for part in (facts.shape_out, count) if part), 9, _SOFT))
    if said:
        rows.append(f"<I>{_sized(', '.join(said), 9, _SOFT)}</I>")
    cells = "".join(f"<TR><TD>{row}</TD></TR>" for row in rows)
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1.5">{cells}</TABLE>>'


def _sized(text: str, points: int, colour: str) -> str:
    return f'<FONT POINT-SIZE="{points}" COLOR="{colour}">{_escaped(text)}</FONT>'


def _text(text: str) -> str:
    """A label that means itself, whatever stands in it: Graphviz reads `\\N` and `<...>` in others."""
    return f"<{_escaped(text)}>"


def _escaped(text: str) -> str:
    """Empty text would be a fault of syntax there, and so would be control characters."""
    return escape("".join(letter if letter.isprintable() else " " for letter in text)) or " "


def _frame_blocks(picture: Any, names: list[str], prefix: str) -> None:
    """A quiet frame about the nodes of each use of a block (`use/inner`), and in it about those of inner ones."""
    uses: dict[str, list[str]] = {}
    for name in names:
        use, slash, _ = name[len(prefix) :].partition("/")
        if slash:
            uses.setdefault(prefix + use, []).append(name)
    for use, inside in uses.items():
        frame = picture.add_subgraph(
            inside, name=f"cluster {use}", label=_text(use), labeljust="l", style="rounded", color="#D5DDE6", margin="10"
        )
        _frame_blocks(frame, inside, f"{use}/")


def _resolution(box: str) -> float:
    """Dots an inch: twice a screen's, less where the picture would be too large to keep in memory.

    Args:
        box: `left,bottom,right,top` in points, of which an inch has 72.
    """
    left, bottom, right, top = (float(edge) for edge in box.split(","))
    width, height = (right - left) / 72 + 0.5, (top - bottom) / 72 + 0.5
    return min(_PNG_DPI, _PNG_SIDE / max(width, height), (_PNG_AREA / (width * height)) ** 0.5)


@contextmanager
def _own_font() -> Iterator[None]:
    """Lets Graphviz find matplotlib's fonts: where a system has none it draws empty squares, and elsewhere other widths.

    It reads the variable once, when it first measures a text, and only where it uses fontconfig.
    """
    from importlib.util import find_spec

    spec = find_spec("matplotlib")
    if spec is None or not spec.submodule_search_locations:
        yield
        return
    fonts = Path(next(iter(spec.submodule_search_locations)), "mpl-data", "fonts", "ttf")
    before = os.environ.get("FONTCONFIG_FILE")
    with tempfile.TemporaryDirectory(prefix="kspec-") as folder:
        settings = Path(folder, "fonts.conf")
        settings.write_text(
            '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
            f'<dir>{escape(str(fonts))}</dir><cachedir prefix="xdg">fontconfig</cachedir></fontconfig>',
            encoding="utf-8",
        )
        os.environ["FONTCONFIG_FILE"] = str(settings)
        try:
            yield
        finally:
            if before is None:
                del os.environ["FONTCONFIG_FILE"]
            else:
                os.environ["FONTCONFIG_FILE"] = before
