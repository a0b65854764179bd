"""Inlay hints: behind each node, what it gives and how many parameters it has."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lsprotocol import types as lsp

from kspec.diagnostics import Path
from kspec.ir import Node
from kspec.lsp.document import Document, Network, Understood
from kspec.lsp.labels import counted, of_model, parameters, shape_of, tensor_in_words, trainable, way_through
from kspec.lsp.scope import holder_at
from kspec.lsp.text import Text
from kspec.syntax.extents import layout
from kspec.syntax.names import node_names


def hints(document: Document, wanted: lsp.Range) -> list[lsp.InlayHint]:
    """The hints of a range; what a half-typed text hides is as in the last sound one, on lines that are the same."""
    found: dict[tuple[int, int], lsp.InlayHint] = {}
    for seen in dict.fromkeys([document.understood, document.sound]):
        if seen is None:
            continue
        moved = Moved(seen.text, document.text)
        for offset, (label, tooltip) in _hints(seen).items():
            position = moved.position(offset)
            if position is not None and wanted.start.line <= position.line <= wanted.end.line:
                hint = lsp.InlayHint(position, label, padding_left=True, tooltip=tooltip)
                found.setdefault((position.line, position.character), hint)
    return list(found.values())


def _hints(seen: Understood) -> dict[int, tuple[str, str]]:
    """By the offset where it stands, what is said of the nodes that come from one entry, and more of it."""
    by_place: dict[int, list[tuple[Node, Network]]] = {}
    for _, network in seen.networks():
        for node in network.graph.nodes.values():
            if node.source_path:
                by_place.setdefault(_place(node.source_path, seen), []).append((node, network))
    found = {}
    for offset, nodes in by_place.items():
        label = _label(*nodes[0])
        if label and len(nodes) > 1:
            alike = all(_label(*each) == label for each in nodes)
            label += f" · {len(nodes)} times" if alike else f" · the first of {len(nodes)}"
        if label:
            found[offset] = label, _tooltip(*nodes[0])
    for network_path, network in seen.networks():
        for name, path in _uses(seen, network_path, network).items():
            found.setdefault(_place(path, seen), _of_use(name, network))
        if network_path:
            found.setdefault(_place(network_path, seen), _of_model(str(network_path[1]), seen))
    return {offset: hint for offset, hint in found.items() if hint[0]}


def _of_use(name: str, network: Network) -> tuple[str, str]:
    """A use of a block."""
    within = re.compile(rf"{re.escape(name)}(_\d+)?/")
    inside = [answer for node, answer in network.types.calls.items() if within.match(node)]
    shape = tensor_in_words(network.types.tensor(network.graph.names[name]))
    counts = [parameters(answer) for answer in inside]
    total = None if None in counts else sum(count or 0 for count in counts)
    label = " · ".join(word for word in (shape, counted(total) if total else "") if word)
    return label, f"`{name}`; {counted(len(inside), 'node')} inside"


def _of_model(name: str, seen: Understood) -> tuple[str, str]:
    """A sub-model where it is defined."""
    whole = Network(seen.analysis.graph, seen.analysis.types)
    model, answer = whole.inner(name), of_model(name, whole)
    count = parameters(answer)
    frozen = "frozen" if seen.spec.trainable(("models", name)) is False else ""
    label = " · ".join(word for word in (way_through(model), counted(count) if count else "", frozen) if word)
    said = f"; {counted(count)}, {trainable(answer):,} trainable" if count else ""
    return label, f"`{name}`; {counted(len(model.graph.calls), 'node')} inside{said}"


def _uses(seen: Understood, network_path: Path, network: Network) -> dict[str, Path]:
    """The uses of blocks that stand in a network's own list, and where each is written."""
    if network_path not in seen.spec.expansions:
        return {}
    layers = holder_at(seen.spec.values, network_path)["layers"]
    written = node_names(layers, taken=seen.spec.networks[network_path].inputs)
    prefixes = {name.partition("/")[0] for name in network.types.calls if "/" in name}
    return {
        name: (*network_path, "layers", index)
        for index, name in enumerate(written)
        if name in network.graph.names and (name in prefixes or f"{name}_0" in prefixes)
    }


def _place(path: Path, seen: Understood) -> int:
    """Behind the line on which an entry says what it is; between brackets, behind the entry itself."""
    extent = layout(seen.text.source).get(path)
    if extent is None:  # an alias repeats it, or it stands in another file
        span = seen.spec.source_positions.value(path)
        return seen.text.offset_of(span.end_line, span.end_column) if span.source is seen.text.source else -1
    if extent.in_flow:
        return seen.text.offset_of(*extent.end)
    start = seen.text.position(seen.text.offset_of(*extent.key)).line
    return seen.text.starts[start] + len(seen.text.line(start).rstrip())


def _label(node: Node, network: Network) -> str:
    count = parameters(network.types.calls[node.name])
    return " · ".join([word for word in (shape_of(node, network), counted(count) if count else "") if word])


def _tooltip(node: Node, network: Network) -> str:
    answer = network.types.calls[node.name]
    count = parameters(answer)
    words = [f"`{node.name}`"]
    if count:
        words.append(f"{counted(count)}, {trainable(answer):,} trainable")
    elif node.kind == "model":
        words.append(f"the sub-model `{node.head}`, whose weights count at an earlier call")
    if answer.flops:
        words.append(f"{counted(answer.flops, 'operation')} an example")
    return "; ".join(words)


class Moved:
    """Places of an older text in a newer one: lines before and after what was changed are the same lines."""

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
        """Where an old offset lies now; None where its line was changed, or it is none of this text."""
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
