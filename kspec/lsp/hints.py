"""Inlay hints: each node's output shape and number of parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lsprotocol import types as lsp

from kspec.diagnostics import Path
from kspec.ir import Node
from kspec.lsp.document import AnalysedText, Document, Network
from kspec.lsp.labels import count_of, model_call, parameters, shape_of, shapes_through, tensor_in_words, trainable
from kspec.lsp.scope import holder_at
from kspec.lsp.text import Text
from kspec.syntax.extents import layout
from kspec.syntax.names import node_names


def hints(document: Document, visible: lsp.Range) -> list[lsp.InlayHint]:
    """The hints of a range. Unchanged lines keep those of the last valid text while the current one is incomplete."""
    hints_by_place: dict[tuple[int, int], lsp.InlayHint] = {}
    for analysed in dict.fromkeys([document.analysed, document.valid]):
        if analysed is None:
            continue
        position_map = PositionMap(analysed.text, document.text)
        for offset, (label, tooltip) in _hints(analysed).items():
            position = position_map.position(offset)
            if position is not None and visible.start.line <= position.line <= visible.end.line:
                hint = lsp.InlayHint(position, label, padding_left=True, tooltip=tooltip)
                hints_by_place.setdefault((position.line, position.character), hint)
    return list(hints_by_place.values())


def _hints(analysed: AnalysedText) -> dict[int, tuple[str, str]]:
    """Offset → the label and the tooltip of the nodes that come from one entry."""
    by_place: dict[int, list[tuple[Node, Network]]] = {}
    for _, network in analysed.networks():
        for node in network.graph.entries:
            if node.source_path:
                by_place.setdefault(_place(node.source_path, analysed), []).append((node, network))
    hints_by_place = {}
    for offset, nodes in by_place.items():
        label = _label(*nodes[0])
        if label and len(nodes) > 1:
            same_name = all(_label(*each) == label for each in nodes)
            label += f" · {len(nodes)} times" if same_name else f" · first of {len(nodes)}"
        if label:
            hints_by_place[offset] = label, _tooltip(*nodes[0])
    for network_path, network in analysed.networks():
        for name, path in _uses(analysed, network_path, network).items():
            hints_by_place.setdefault(_place(path, analysed), _of_use(name, network))
        if network_path:
            hints_by_place.setdefault(_place(network_path, analysed), _of_model(str(network_path[1]), analysed))
    return {offset: hint for offset, hint in hints_by_place.items() if hint[0]}


def _of_use(name: str, network: Network) -> tuple[str, str]:
    """A use of a block."""
    within = re.compile(rf"{re.escape(name)}(_\d+)?/")
    inside = [network.types.calls[node.name] for node in network.graph.entries if within.match(node.name)]
    shape = tensor_in_words(network.types.tensor(network.graph.names[name]))
    counts = [parameters(call) for call in inside]
    total = None if None in counts else sum(count or 0 for count in counts)
    label = " · ".join(word for word in (shape, count_of(total) if total else "") if word)
    return label, f"`{name}`; {count_of(len(inside), 'node')} inside"


def _of_model(name: str, analysed: AnalysedText) -> tuple[str, str]:
    """A sub-model, at its definition."""
    network = Network(analysed.analysis.graph, analysed.analysis.types)
    model, call = network.inner(name), model_call(name, network)
    count = parameters(call)
    frozen = "frozen" if analysed.spec.trainable(("models", name)) is False else ""
    label = " · ".join(word for word in (shapes_through(model), count_of(count) if count else "", frozen) if word)
    weights = f"; {count_of(count)}, {trainable(call):,} trainable" if count else ""
    return label, f"`{name}`; {count_of(len(model.graph.layers), 'node')} inside{weights}"


def _uses(analysed: AnalysedText, network_path: Path, network: Network) -> dict[str, Path]:
    """The uses of blocks in a network's entries, by name, with their paths."""
    if network_path not in analysed.spec.expansions:
        return {}
    layers = holder_at(analysed.spec.values, network_path)["layers"]
    names = node_names(layers, taken=analysed.spec.networks[network_path].inputs)
    prefixes = {name.partition("/")[0] for name in network.types.calls if "/" in name}
    return {
        name: (*network_path, "layers", index)
        for index, name in enumerate(names)
        if name in network.graph.names and (name in prefixes or f"{name}_0" in prefixes)
    }


def _place(path: Path, analysed: AnalysedText) -> int:
    """The end of the line with an entry's head; in flow style, the end of the entry."""
    extent = layout(analysed.text.source).get(path)
    if extent is None:  # an alias repeats it, or it is in another file
        span = analysed.spec.source_positions.value(path)
        return analysed.text.offset_of(span.end_line, span.end_column) if span.source is analysed.text.source else -1
    if extent.in_flow:
        return analysed.text.offset_of(*extent.end)
    start = analysed.text.position(analysed.text.offset_of(*extent.key)).line
    return analysed.text.starts[start] + len(analysed.text.line(start).rstrip())


def _label(node: Node, network: Network) -> str:
    count = parameters(network.types.calls[node.name])
    return " · ".join([word for word in (shape_of(node, network), count_of(count) if count else "") if word])


def _tooltip(node: Node, network: Network) -> str:
    call = network.types.calls[node.name]
    count = parameters(call)
    words = [f"`{node.name}`"]
    if count:
        words.append(f"{count_of(count)}, {trainable(call):,} trainable")
    elif node.kind == "model":
        words.append(f"the sub-model `{node.head}`, whose weights are counted at an earlier call")
    if call.flops:
        words.append(f"{count_of(call.flops, 'operation')} per example")
    return "; ".join(words)


class PositionMap:
    """Maps positions of an older text to a newer one: the lines before and after the change are the same."""

    def __init__(self, old: Text, new: Text) -> None:
        self.old, self.new = old, new
        if old is new:
            self.before, self.after = len(old.starts), 0
            return
        olds, news = list(_lines(old)), list(_lines(new))
        shared = min(len(olds), len(news))
        self.before = next((n for n in range(shared) if olds[n] != news[n]), shared)
        rest = shared - self.before
        self.after = next((n for n in range(rest) if olds[-1 - n] != news[-1 - n]), rest)

    def position(self, offset: int) -> lsp.Position | None:
        """The new position of an old offset; None if its line was changed, or if it is not in this text."""
        if offset < 0:
            return None
        position = self.old.position(offset)
        if position.line < self.before:
            return position
        from_end = len(self.old.starts) - position.line
        if from_end > self.after:
            return None
        return lsp.Position(len(self.new.starts) - from_end, position.character)


def _lines(text: Text) -> Iterator[str]:
    for number in range(len(text.starts)):
        yield text.line(number)
