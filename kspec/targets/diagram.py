"""The graph → a picture of it: a box for each node, an edge for each tensor."""

from __future__ import annotations

import math
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any, Literal, NamedTuple

from kspec.graph import Graph, Node, Tensor

Format = Literal["svg", "png", "dot"]

NAMES_ONLY_ABOVE = 400
"""Nodes from which on boxes bear names only: more could not be read, and would take its time."""
REFUSED_ABOVE = 2000
"""Nodes from which on nothing is laid out: it would take minutes."""

TANGLED_ABOVE = 20_000
"""Nodes and levels that edges pass by, from which on nothing is laid out: each of those levels costs as a node does."""

_LARGE = 40
"""Nodes from which on rows stand closer, and Graphviz stops improving a layout soon: it takes a tenth of the time."""
_FONT = "DejaVu Sans,Verdana,Geneva,sans-serif"
"""matplotlib brings the first wherever kspec is; the second, which browsers of Windows and macOS have, is as wide."""
_PNG_DPI = 192
_PNG_SIDE = 32_000
"""Pixels; what draws PNG goes no further."""
_PNG_AREA = 40_000_000
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


class GraphTooLarge(ValueError):
    """A graph that cannot be laid out in reasonable time; the message is for the user."""


def draw(graph: Graph, facts: Mapping[str, NodeFacts] | None, path: Path, format: Format) -> None:
    """Draws a graph.

    Args:
        facts: By node, shapes and parameters; left out, names and layers are drawn alone.
        path: The file to write.
        format: `dot` is Graphviz's own language, without a layout.

    Raises:
        GraphTooLarge: when it would take minutes to lay out; as `dot` every graph can be written.
    """
    if format == "dot":
        path.write_text(_picture(graph, facts or {}).to_string(), encoding="utf-8")
        return
    _refuse_too_large(graph)
    with _own_font():
        picture = _picture(graph, facts or {})
        picture.layout("dot")
        if format == "png":
            picture.graph_attr["dpi"] = f"{_resolution(picture.graph_attr['bb']):.2f}"
        path.write_bytes(picture.draw(format=format))


def _refuse_too_large(graph: Graph) -> None:
    count = len(graph.nodes)
    if count > REFUSED_ABOVE:
        raise GraphTooLarge(f"the graph has {count:,} nodes, and at most {REFUSED_ABOVE:,} can be laid out in time")
    level: dict[str, int] = {}
    passed = 0
    for node in graph.nodes.values():
        before = [level[tensor.node] for tensor in node.tensors()]
        level[node.name] = 1 + max(before, default=-1)
        passed += sum(level[node.name] - other - 1 for other in before)
    if count + passed > TANGLED_ABOVE:
        raise GraphTooLarge(f"the graph's connections pass by {passed:,} nodes in all, too many to be laid out in time")


def _picture(graph: Graph, facts: Mapping[str, NodeFacts]) -> Any:
    import pygraphviz

    picture = pygraphviz.AGraph(directed=True, strict=False)
    brief = len(graph.nodes) > NAMES_ONLY_ABOVE
    picture.graph_attr.update(
        bgcolor="white", pad="0.2", nodesep="0.28", ranksep="0.32", fontname=_FONT, fontsize="10", fontcolor=_SOFT
    )
    if len(graph.nodes) > _LARGE:
        picture.graph_attr.update(ranksep="0.22", nslimit="2", mclimit="0.5")
    picture.node_attr.update(
        shape="box", style="rounded,filled", margin="0.1,0.05", height="0.1",
        fontname=_FONT, fontsize="11", fontcolor=_INK,
    )  # fmt: skip
    picture.edge_attr.update(
        color=_LINE, arrowsize="0.6", penwidth="1.1", fontname=_FONT, fontsize="9", fontcolor=_SOFT
    )
    outputs: dict[str, list[str]] = {}
    for name, tensor in graph.outputs.items():
        outputs.setdefault(tensor.node, []).append(name)
    for node in graph.nodes.values():
        _add_node(picture, graph, node, facts, outputs.get(node.name, []), brief)
    for node in graph.nodes.values():
        for source, words in _edges(graph, node):
            picture.add_edge(source, node.name, **({"label": _text(f" {words} ")} if words and not brief else {}))
    if not brief:
        _frame_blocks(picture, list(graph.nodes), "")
    return picture


def _add_node(
    picture: Any, graph: Graph, node: Node, facts: Mapping[str, NodeFacts], outputs: list[str], brief: bool
) -> None:
    callee = graph.callee(node)
    own, its = facts.get(node.name), facts.get(callee.name)
    adapts = callee.catalog is not None and callee.catalog.adapts
    frozen = callee.trainable is False or (its is not None and not its.trainable and not adapts)
    said = _notes(node, callee, outputs, frozen=frozen, weightless=its is not None and its.parameters == 0)
    colours = _COLOURS["output" if outputs else "frozen" if frozen else "layer" if node.kind == "reuse" else node.kind]
    picture.add_node(
        node.name,
        width="0.1" if brief else "1.9",
        label=_text(node.name) if brief else _label(graph, node, own, said),
        fillcolor=colours.fill,
        color=colours.border,
        penwidth="1.6" if outputs else "1",
        style="rounded,filled,dashed" if node.kind == "reuse" else "rounded,filled",
        tooltip=node.name,
    )


def _label(graph: Graph, node: Node, facts: NodeFacts | None, said: list[str]) -> str:
    """Name; class with its telling arguments; shape and parameters; what is special."""
    rows = [
        f"<B>{_escaped(node.name.rpartition('/')[2])}</B>",
        _sized(_class_words(graph, node), 10, _INK),
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
            inside,
            name=f"cluster {use}",
            label=_text(use),
            labeljust="l",
            style="rounded",
            color="#D5DDE6",
            margin="10",
        )
        _frame_blocks(frame, inside, f"{use}/")


def _resolution(box: str) -> float:
    """Dots an inch: twice a screen's, less where the picture would be too large to keep in memory.

    Args:
        box: `left,bottom,right,top` in points, of which an inch has 72.
    """
    left, bottom, right, top = (float(edge) for edge in box.split(","))
    width, height = (right - left) / 72 + 0.5, (top - bottom) / 72 + 0.5
    return min(_PNG_DPI, _PNG_SIDE / max(width, height), math.sqrt(_PNG_AREA / (width * height)))


@contextmanager
def _own_font() -> Iterator[None]:
    """Lets Graphviz find matplotlib's fonts: without any it draws empty squares, and each system's have other widths.

    It reads the variable once, when it first measures a text, and only where it uses fontconfig.
    """
    from importlib.util import find_spec

    package = find_spec("matplotlib")
    if package is None or not package.submodule_search_locations:
        yield
        return
    fonts = Path(next(iter(package.submodule_search_locations)), "mpl-data", "fonts", "ttf")
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
            with _without_font_warnings(Path(folder, "stderr")):
                yield
        finally:
            if before is None:
                del os.environ["FONTCONFIG_FILE"]
            else:
                os.environ["FONTCONFIG_FILE"] = before


@contextmanager
def _without_font_warnings(path: Path) -> Iterator[None]:
    """Keeps back what the wheel's fontconfig says of the system's newer settings, which it reads all the same.

    Args:
        path: Where what goes to standard error meanwhile is kept; all else is handed on at the end.
    """
    try:
        terminal = os.dup(2)
    except OSError:  # there is no standard error
        yield
        return
    sys.stderr.flush()
    try:
        with path.open("wb") as file:
            os.dup2(file.fileno(), 2)
        yield
    finally:
        os.dup2(terminal, 2)
        os.close(terminal)
        said = path.read_bytes().splitlines(keepends=True)
        for line in said:
            if not line.startswith(b"Fontconfig warning"):
                os.write(2, line)


_TELLING = (
    ("units", "{}"),
    ("filters", "{}"),
    ("input_dim", "{} →"),
    ("output_dim", "{}"),
    ("kernel_size", "{}"),
    ("pool_size", "{}"),
    ("size", "{}"),
    ("rate", "{}"),
    ("num_heads", "{} heads"),
    ("key_dim", "key {}"),
    ("target_shape", "{}"),
    ("equation", "{}"),
    ("activation", "{}"),
    ("max_tokens", "{} tokens"),
    ("output_mode", "{}"),
    ("strides", "stride {}"),
    ("return_sequences", "sequences"),
    ("axis", "axis {}"),
)
"""What tells most of a layer, the most telling first, and how it is said."""
_STATED = {"vocabulary", "mean", "bin_boundaries"}
"""Arguments that tell an adapting layer what it would learn."""
_MOST = 3
"""Arguments shown of a layer."""
_LONGEST = 28
"""Letters of a value; what is longer is cut."""


def _class_words(graph: Graph, node: Node) -> str:
    """What a node calls: `Dense 10, relu`, `Bidirectional(LSTM 8)`, `input`."""
    if node.kind == "input":
        return "input"
    if node.kind == "op":
        said = [f"{name} {_value(value)}" for name, value in node.constants.items() if value is not None]
        return _with_words(f"op {node.head}", said[:_MOST])
    callee = graph.callee(node)
    return _call(callee.head.rpartition(".")[2], callee.arguments)


def _call(name: str, arguments: Mapping[str, Any]) -> str:
    """A class with what tells most of its arguments; the layers that it wraps stand in brackets."""
    wrapped = [text for key in ("layer", "cell", "forward_layer") for text in _layers(arguments.get(key))]
    if wrapped:
        return f"{name}({', '.join(wrapped)})"
    given = {key: value for key, value in arguments.items() if value is not None and value is not False}
    telling = [
        words.format(_sizes(name, key, given[key]))
        for key, words in _TELLING
        if key in given and not _trivial(key, given[key])
    ]
    if not telling:
        telling = [f"{key} {_value(value)}" for key, value in given.items() if isinstance(value, (int, float, str))]
    return _with_words(name, telling[:_MOST])


def _layers(value: Any) -> list[str]:
    if isinstance(value, list):
        return [text for item in value for text in _layers(item)]
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict) and len(value) == 1:
        name, arguments = next(iter(value.items()))
        return [_call(str(name), arguments if isinstance(arguments, dict) else {})]
    return []


def _trivial(name: str, value: Any) -> bool:
    return (name == "strides" and value in (1, [1, 1], [1, 1, 1])) or (name == "activation" and value == "linear")


def _sizes(name: str, key: str, value: Any) -> str:
    """A size along several axes as `3×3`, also where one number says it: `Conv2D: {kernel_size: 3}`."""
    axes = next((number for number in (1, 2, 3) if f"{number}D" in name), 1)
    if key in ("kernel_size", "pool_size", "size", "strides"):
        if isinstance(value, int) and key != "strides":
            return "×".join([str(value)] * axes)
        if isinstance(value, list):
            return "×".join(str(item) for item in (value[:1] if key == "strides" and len(set(value)) == 1 else value))
    return _value(value)


def _value(value: Any) -> str:
    """A value on one short line; of an object its class alone."""
    if isinstance(value, dict) and len(value) == 1:
        name, inside = next(iter(value.items()))
        text = f"{name.replace('_', ' ')} {inside}" if name in ("vocabulary_of", "classes_of") else str(name)
    elif isinstance(value, (list, tuple)):
        text = f"({', '.join(_value(item) for item in value)})"
    else:
        text = (
            str(value).lower()
            if isinstance(value, bool)
            else f"{value:.4g}"
            if isinstance(value, float)
            else str(value)
        )
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _with_words(name: str, words: list[str]) -> str:
    return f"{name} {', '.join(words)}".rstrip().replace(" →,", " →")


def _notes(node: Node, callee: Node, outputs: list[str], *, frozen: bool, weightless: bool) -> list[str]:
    """What is special about a node, in words, so that no colour is the only one to say it."""
    said = []
    if outputs:
        names = ", ".join(outputs) if outputs != [node.name] else ""
        said.append(f"output{'s' if len(outputs) > 1 else ''} {names}".rstrip())
    if node.kind == "reuse":
        said.append(f"same {'layer' if weightless else 'weights'} as {callee.name}")
    elif node.catalog is not None and node.catalog.adapts and not _STATED & set(node.arguments):
        said.append("adapts to the data")
    if frozen:
        said.append("frozen")
    return said


def _edges(graph: Graph, node: Node) -> list[tuple[str, str]]:
    """The nodes that a node takes tensors from, each once, and what stands at the edge.

    That is the argument, where the call takes several, and the tensor's own name, where its node gives several.
    """
    found: dict[tuple[str, str], list[str]] = {}
    for argument, feed in node.feeds.items():
        tensors = feed if isinstance(feed, list) else [feed]
        for position, tensor in enumerate(tensors):
            if len(node.feeds) == 1:
                role = ("second" if position else "first") if node.head == "Subtract" else ""
            else:
                role = argument if len(tensors) == 1 else f"{argument} {position}"
            roles = found.setdefault((tensor.node, _tensor_name(graph, tensor)), [])
            roles.extend([role] * bool(role))
    return [
        (source, " → ".join(part for part in (name, ", ".join(roles)) if part))
        for (source, name), roles in found.items()
    ]


def _tensor_name(graph: Graph, tensor: Tensor) -> str:
    names = graph.nodes[tensor.node].outputs
    return names[tensor.output] or "" if len(names) > 1 else ""
