"""What stands in the picture of a graph: the words and colours of boxes and edges, whatever draws them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from kspec.ir import Graph, Node, Tensor

if TYPE_CHECKING:
    from kspec.diagram.collapse import Picture

FAMILIES = ("DejaVu Sans", "Verdana", "Geneva", "sans-serif")
"""matplotlib brings the first wherever kspec is; the second, which browsers of Windows and macOS have, is as wide."""
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


def inner_key(model: str, node: str) -> str:
    """A node of a sub-model among the facts; the spec's own are there by their names."""
    return f"{model}: {node}" if model else node


class Row(NamedTuple):
    """One line of text in a box."""

    text: str
    points: int
    colour: str
    bold: bool = False
    italic: bool = False


class Box(NamedTuple):
    """What a node looks like.

    Args:
        width: The least, in points.
        line: The width of its border.
        dashed: Whether its layer has a box already.
    """

    rows: list[Row]
    fill: str
    border: str
    width: float
    line: float
    dashed: bool


class Edge(NamedTuple):
    """The tensors that one node takes from another, and what is to be said of them."""

    source: str
    target: str
    words: str


class Sketch(NamedTuple):
    """What is to be drawn; only where it stands is still open.

    Args:
        boxes: By node, in topological order.
        framed: Whether the nodes of a block (`use/inner`) need a frame, as their boxes do not bear its name.
        titles: By frame, what stands at it where that is not the use's name.
    """

    boxes: dict[str, Box]
    edges: list[Edge]
    framed: bool
    titles: Mapping[str, str] = MappingProxyType({})

    def title(self, use: str) -> str:
        """What stands at the frame of a use, which is short where it lies in another's."""
        return self.titles.get(use, use.rpartition("/")[2])


def sketch(picture: Picture, *, brief: bool, framed: bool) -> Sketch:
    """Words and colours of a graph.

    Args:
        brief: Names alone.
        framed: Leaves the blocks' names to frames around them.
    """
    boxes = {name: _box(picture, node, brief, framed) for name, node in picture.shown.items()}
    edges = [
        Edge(source, node.name, "" if brief else printable(words))
        for node in picture.shown.values()
        for source, words in _edges(picture.shown, node)
    ]
    titles = {use: printable(title) for use, title in picture.titles.items()}
    return Sketch(boxes, edges, framed and not brief, titles)


def printable(text: str) -> str:
    """Text on one line: control characters would be a fault of syntax in what draws it."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _box(picture: Picture, node: Node, brief: bool, framed: bool) -> Box:
    facts, outputs = picture.facts, picture.outputs.get(node.name, [])
    callee = picture.graph.callee(node)
    own, its = facts.get(node.name), facts.get(callee.name)
    adapts = callee.catalog is not None and callee.catalog.adapts
    frozen = callee.trainable is False or (its is not None and not its.trainable and not adapts)
    same = picture.same.get(node.name, callee.name if node.kind == "reuse" else "")
    said = _notes(node, same, outputs, frozen=frozen, weightless=its is not None and its.parameters == 0)
    colours = _COLOURS["output" if outputs else "frozen" if frozen else "layer" if node.kind == "reuse" else node.kind]
    if brief:
        rows = [Row(node.name, 11, INK)]
    else:
        name = node.name.rpartition("/")[2] if framed else node.name
        words = picture.folded.get(node.name) or _class_words(picture.graph, node)
        rows = _rows(name, words, own, said)
    return Box(
        rows=[row._replace(text=printable(row.text)) for row in rows],
        fill=colours.fill,
        border=colours.border,
        width=7.2 if brief else 136.8,
        line=1.6 if outputs else 1,
        dashed=node.kind == "reuse" or node.name in picture.same,
    )


def _rows(name: str, words: str, facts: NodeFacts | None, said: list[str]) -> list[Row]:
    """Name; class with its telling arguments; shape and parameters; what is special."""
    rows = [Row(name, 11, INK, bold=True), Row(words, 10, INK)]
    if facts is not None:
        count = "" if not facts.parameters else f"{facts.parameters:,} parameter{'s' if facts.parameters != 1 else ''}"
        rows.append(Row("  ·  ".join(part for part in (facts.shape_out, count) if part), 9, SOFT))
    if said:
        rows.append(Row(", ".join(said), 9, SOFT, italic=True))
    return rows


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
    if node.kind == "model":
        return f"model {node.head}"
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


def _notes(node: Node, same: str, outputs: list[str], *, frozen: bool, weightless: bool) -> list[str]:
    """What is special about a node, in words, so that no colour is the only one to say it."""
    said = []
    if outputs:
        names = ", ".join(outputs) if outputs != [node.name] else ""
        said.append(f"output{'s' if len(outputs) > 1 else ''} {names}".rstrip())
    if same:
        said.append(f"same {'layer' if weightless and node.kind == 'reuse' else 'weights'} as {same}")
    elif node.catalog is not None and node.catalog.adapts and not _STATED & set(node.arguments):
        said.append("adapts to the data")
    if frozen:
        said.append("frozen")
    return said


def _edges(shown: Mapping[str, Node], node: Node) -> list[tuple[str, str]]:
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
            roles = found.setdefault((tensor.node, _tensor_name(shown, tensor)), [])
            roles.extend([role] * bool(role))
    return [
        (source, " → ".join(part for part in (name, ", ".join(roles)) if part))
        for (source, name), roles in found.items()
    ]


def _tensor_name(shown: Mapping[str, Node], tensor: Tensor) -> str:
    names = shown[tensor.node].outputs
    return names[tensor.output] or "" if len(names) > 1 else ""
