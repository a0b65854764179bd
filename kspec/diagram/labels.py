"""The text and colours of a diagram's boxes and edges, whatever draws them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from kspec.diagram.diagram_graph import DiagramGraph, NodeInfo
from kspec.ir import Graph, Node, Tensor
from kspec.ir.formula import formula_text
from kspec.ir.preset import is_preset
from kspec.syntax.sizes import SizeExpression, read_size

FAMILIES = ("DejaVu Sans", "Verdana", "Geneva", "sans-serif")
"""matplotlib ships the first; the second, which browsers on Windows and macOS have, is equally wide."""
INK, SOFT, LINE, FRAME = "#1F2A37", "#5B6B7C", "#8FA1B3", "#D5DDE6"


class _Colours(NamedTuple):
    fill: str
    border: str


_COLOURS = {
    "input": _Colours("#E0F2F1", "#4F9D97"),
    "layer": _Colours("#EEF4FB", "#9DB9DA"),
    "op": _Colours("#F3F1FA", "#B4A9D6"),
    "model": _Colours("#FBF4E8", "#D3AE75"),
    "frozen": _Colours("#EFF1F3", "#AEB7C0"),
    "output": _Colours("#CFE1F6", "#3F74B5"),
}


class Row(NamedTuple):
    """One line of text in a box."""

    text: str
    points: int
    colour: str
    bold: bool = False
    italic: bool = False


class Box(NamedTuple):
    """The look of a node.

    Args:
        rows: Its lines of text.
        fill: The colour inside.
        border: The colour of the border.
        width: The minimum width, in points.
        line: The width of its border, in points.
        dashed: Whether its layer has a box elsewhere.
    """

    rows: list[Row]
    fill: str
    border: str
    width: float
    line: float
    dashed: bool


class Edge(NamedTuple):
    """The tensors that one node takes from another, with a label; an empty label is not drawn."""

    source: str
    target: str
    label: str


class Sketch(NamedTuple):
    """A diagram without a layout.

    Args:
        boxes: By node, in topological order.
        edges: The edges between boxes.
        framed: Whether the nodes of a block (`use/inner`) need a frame, because their boxes do not show its name.
        titles: Frame → its title, if that is not the name of the use.
        heading: The lines above the diagram.
        sideways: Whether the diagram runs from left to right.
    """

    boxes: dict[str, Box]
    edges: list[Edge]
    framed: bool
    titles: Mapping[str, str] = MappingProxyType({})
    heading: Sequence[Row] = ()
    sideways: bool = False

    def title(self, use: str) -> str:
        """The title of the frame around a use: by default the last part of its name."""
        return self.titles.get(use, use.rpartition("/")[2])


def sketch(
    diagram: DiagramGraph, *, brief: bool, framed: bool, heading: Sequence[str] = (), sideways: bool = False
) -> Sketch:
    """The text and colours of a diagram.

    Args:
        diagram: The graph to show.
        brief: Whether to show names only.
        framed: Whether frames show the blocks' names, so that boxes need not.
        heading: The title, and lines below it.
        sideways: Whether the diagram runs from left to right.
    """
    boxes = {name: _box(diagram, node, brief, framed) for name, node in diagram.boxes.items()}
    edges = [
        Edge(source, node.name, "" if brief else printable(label))
        for node in diagram.boxes.values()
        for source, label in _edges(diagram.boxes, node)
    ]
    titles = {use: printable(title) for use, title in _titles(diagram).items()}
    rows = [
        Row(printable(text), 9 if number else 12, SOFT if number else INK, bold=not number)
        for number, text in enumerate(heading)
    ]
    return Sketch(boxes, edges, framed and not brief, titles, rows, sideways)


def _titles(diagram: DiagramGraph) -> dict[str, str]:
    """The titles of frames that are more than the name of the use."""
    titles = dict(diagram.titles)
    for use, (name, copies) in diagram.repeats.items():
        own = use.rpartition("/")[2]
        titles[use] = f"{titles.get(use, own).replace(own, name, 1)} × {copies}"
    return titles


def printable(text: str) -> str:
    """Text on one line, without control characters, which renderers reject."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _box(diagram: DiagramGraph, node: Node, brief: bool, framed: bool) -> Box:
    outputs = diagram.outputs.get(node.name, [])
    callee = diagram.graph.callee(node)
    info, layer_info = diagram.info.get(node.name), diagram.info.get(callee.name)
    adapts = callee.catalog is not None and callee.catalog.adapts
    frozen = callee.trainable is False or (layer_info is not None and not layer_info.trainable and not adapts)
    shared = diagram.shared.get(node.name, callee.name if node.kind == "reuse" else "")
    weightless = layer_info is not None and layer_info.parameters == 0
    notes = _notes(node, shared, outputs, frozen=frozen, weightless=weightless)
    colours = _COLOURS["output" if outputs else "frozen" if frozen else "layer" if node.kind == "reuse" else node.kind]
    if brief:
        rows = [Row(node.name, 11, INK)]
    else:
        prefix, slash, name = node.name.rpartition("/")
        repeat = diagram.repeats.get(node.name)
        name = repeat.name if repeat else name
        description = diagram.collapsed.get(node.name) or _description(diagram.graph, node)
        if repeat:
            description += f"  × {repeat.copies}"
        shown = name if framed else prefix + slash + name
        rows = _rows(shown, description, info, notes, repeat.copies if repeat else 1)
    return Box(
        rows=[row._replace(text=printable(row.text)) for row in rows],
        fill=colours.fill,
        border=colours.border,
        width=7.2 if brief else 136.8,
        line=1.6 if outputs else 1,
        dashed=node.kind == "reuse" or node.name in diagram.shared,
    )


def _rows(name: str, description: str, info: NodeInfo | None, notes: list[str], copies: int) -> list[Row]:
    """Name; class with its main arguments; shape and parameters; notes.

    Args:
        name: The name.
        description: The class with its main arguments.
        info: Shape and parameters of one copy, if they are shown.
        notes: Notes.
        copies: The number of copies that the box stands for.
    """
    rows = [Row(name, 11, INK, bold=True), Row(description, 10, INK)]
    if info is not None:
        count = "" if not info.parameters else f"{info.parameters:,} parameter{'s' if info.parameters != 1 else ''}"
        count = f"{copies} × {count}" if count and copies > 1 else count
        rows.append(Row("  ·  ".join(part for part in (info.shape_out, count) if part), 9, SOFT))
    if notes:
        rows.append(Row(", ".join(notes), 9, SOFT, italic=True))
    return rows


_MAIN_ARGUMENTS = (
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
"""The arguments that characterise a layer best, most important first, and how each is shown."""
_MAX_ARGUMENTS = 3
"""The most arguments of a layer that are shown."""
_MAX_LENGTH = 28
"""The most characters of a value; longer ones are cut."""


def _description(graph: Graph, node: Node) -> str:
    """The callee of a node: `Dense 10, relu`, `Bidirectional(LSTM 8)`, `input`."""
    if node.kind == "input":
        return "input"
    if node.kind == "model":
        return f"model {node.head}"
    if node.formula:
        return formula_text(graph, node)
    if node.kind == "op":
        constants = [f"{name} {_value(value)}" for name, value in node.constants.items() if value is not None]
        return _with_arguments(f"op {node.head}", constants)
    callee = graph.callee(node)
    return _call(callee.head.rpartition(".")[2], callee.arguments)


def _call(name: str, arguments: Mapping[str, Any]) -> str:
    """A class with its main arguments; the layers that it wraps are in brackets."""
    wrapped = [text for key in ("layer", "cell", "forward_layer") for text in _layers(arguments.get(key))]
    if wrapped:
        return f"{name}({', '.join(wrapped)})"
    explicit = {key: value for key, value in arguments.items() if value is not None and value is not False}
    shown = [
        form.format(_sizes(name, key, explicit[key]))
        for key, form in _MAIN_ARGUMENTS
        if key in explicit and not _is_trivial(key, explicit[key])
    ]
    if not shown:
        shown = [f"{key} {_value(value)}" for key, value in explicit.items() if isinstance(value, (int, float, str))]
    return _with_arguments(name, shown)


def _layers(value: Any) -> list[str]:
    if isinstance(value, list):
        return [text for item in value for text in _layers(item)]
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict) and len(value) == 1:
        name, arguments = next(iter(value.items()))
        return [_call(str(name), arguments if isinstance(arguments, dict) else {})]
    return []


def _is_trivial(name: str, value: Any) -> bool:
    return (name == "strides" and value in (1, [1, 1], [1, 1, 1])) or (name == "activation" and value == "linear")


def _sizes(name: str, key: str, value: Any) -> str:
    """A size along several axes as `3×3`, even if the spec has one number: `Conv2D: {kernel_size: 3}`."""
    axes = next((number for number in (1, 2, 3) if f"{number}D" in name), 1)
    if key in ("kernel_size", "pool_size", "size", "strides"):
        if isinstance(value, int) and key != "strides":
            return "×".join([str(value)] * axes)
        if isinstance(value, list):
            return "×".join(str(item) for item in (value[:1] if key == "strides" and len(set(value)) == 1 else value))
    return _value(value)


def _value(value: Any) -> str:
    """A value on one short line; an object is shown as its class."""
    if (size := read_size(value)) is not None:
        axis = f" axis {size.axis}" if size.word == "shape_of" else ""
        text = f"{size.word.replace('_', ' ')} {size.name}{axis}"
    elif isinstance(value, SizeExpression):
        text = value[2:-1]
    elif isinstance(value, dict) and len(value) == 1:
        text = str(next(iter(value)))
    elif isinstance(value, (list, tuple)):
        text = f"({', '.join(_value(item) for item in value)})"
    elif isinstance(value, bool):
        text = str(value).lower()
    else:
        text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return text if len(text) <= _MAX_LENGTH else f"{text[: _MAX_LENGTH - 1]}…"


def _with_arguments(name: str, arguments: list[str]) -> str:
    return f"{name} {', '.join(arguments[:_MAX_ARGUMENTS])}".rstrip().replace(" →,", " →")


def _notes(node: Node, shared: str, outputs: list[str], *, frozen: bool, weightless: bool) -> list[str]:
    """Everything that colours and borders show, as text.

    Args:
        node: The node.
        shared: The node whose layer or weights it shares; empty for none.
        outputs: The model's outputs in its box.
        frozen: Whether its weights are frozen.
        weightless: Whether its layer has no weights.
    """
    notes = []
    if outputs:
        names = ", ".join(outputs) if outputs != [node.name] else ""
        notes.append(f"output{'s' if len(outputs) > 1 else ''} {names}".rstrip())
    if shared:
        notes.append(f"same {'layer' if weightless and node.kind == 'reuse' else 'weights'} as {shared}")
    elif node.catalog is not None and node.catalog.adapts and not is_preset(node.arguments):
        notes.append("adapts to the data")
    if frozen:
        notes.append("frozen")
    return notes


def _edges(boxes: Mapping[str, Node], node: Node) -> list[tuple[str, str]]:
    """The nodes that a node takes tensors from, each once, with the label of the edge.

    The label has the argument's name if the call has several, and the tensor's own name if its node has several.
    """
    roles_by_edge: dict[tuple[str, str], list[str]] = {}
    for argument, feed in node.feeds.items():
        tensors = feed if isinstance(feed, list) else [feed]
        for position, tensor in enumerate(tensors):
            if len(node.feeds) == 1:
                role = ("second" if position else "first") if node.head == "Subtract" else ""
            else:
                role = argument if len(tensors) == 1 else f"{argument} {position}"
            roles = roles_by_edge.setdefault((tensor.node, _tensor_name(boxes, tensor)), [])
            roles.extend([role] * bool(role))
    return [
        (source, " → ".join(part for part in (name, ", ".join(roles)) if part))
        for (source, name), roles in roles_by_edge.items()
    ]


def _tensor_name(boxes: Mapping[str, Node], tensor: Tensor) -> str:
    names = boxes[tensor.node].outputs
    return names[tensor.output] or "" if len(names) > 1 else ""
