"""Hover: a node with its shapes and arguments, an argument, a name, or a key of the language."""

from __future__ import annotations

from lsprotocol import types as lsp

from kspec import catalog
from kspec.analysis.known_numbers import with_known_numbers
from kspec.analysis.shapes.types import InferredCall
from kspec.diagnostics import Path
from kspec.ir import Node
from kspec.ir.formula import formula_text
from kspec.lsp import schema_lookup
from kspec.lsp.column_facts import ColumnFacts, column_named
from kspec.lsp.completion_items import is_head, kind_at
from kspec.lsp.cursor import Element, element_at
from kspec.lsp.document import AnalysedText, Document, Network
from kspec.lsp.labels import count_of, input_types, model_call, parameters, shape_of, tensor_in_words, trainable
from kspec.lsp.names import Occurrence, at
from kspec.lsp.scope import entry_at, value_at
from kspec.lsp.sweep_items import searched_path
from kspec.schema import reference
from kspec.schema.keras_pages import page
from kspec.syntax.extents import Extent
from kspec.syntax.yaml_flow import to_yaml


def hover(document: Document, position: lsp.Position, facts: ColumnFacts) -> lsp.Hover | None:
    """The hover of a position, in Markdown; None if there is nothing to show.

    Args:
        document: An open spec.
        position: The position.
        facts: Knows the columns of the spec's data.
    """
    place = document.text.place(document.text.offset(position))
    name = at(document.source, *place)
    if name is not None and (name.explicit or not name.is_definition):
        words = _name(document, name)
        if words:
            return _shown(words, document.text.range_of(name.span))
    element = element_at(document.source, place)
    if element is None:
        return None
    words = _class_named(document, element) or _column(document, element, position, facts)
    words = words or _path(document, element.path)
    return _shown(words, _range(document, element.extent, element.part)) if words else None


def _shown(words: str, place: lsp.Range) -> lsp.Hover:
    return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, words), place)


def _range(document: Document, extent: Extent, part: str) -> lsp.Range:
    text = document.text
    start, end = (extent.key, extent.key_end) if part == "key" else (extent.start, extent.end)
    return text.between(text.offset_of(*start), text.offset_of(*end))


def _name(document: Document, name: Occurrence) -> str:
    """A node, a sub-model or a variable, at a reference to it."""
    analysed = document.analysed
    if name.kind in ("block", "parameter") or name.network_path[:1] == ("blocks",):
        return _in_block(name)
    if analysed is None:
        return ""
    if name.kind == "variable":
        known = analysed.spec.document.vars
        return f"`${name.name}` is `{to_yaml(known[name.name])}`" if name.name in known else ""
    if name.kind == "model":
        return _model(name.name, analysed)
    network = analysed.network(name.network_path)
    node = None if network is None else _node_called(network, name)
    return "" if node is None or network is None else _node(node, network)


def _in_block(name: Occurrence) -> str:
    """A block or its parameter; the nodes of a block differ from use to use."""
    if name.kind == "block":
        return f"the block `{name.name}`"
    return f"a parameter of the block `{name.network_path[1]}`" if name.kind == "parameter" else ""


def _node_called(network: Network, name: Occurrence) -> Node | None:
    known = network.graph.outputs if name.kind == "output" else network.graph.names
    tensor = known.get(name.name)
    return network.graph.nodes.get(tensor.node) if tensor else None


def _path(document: Document, path: Path) -> str:
    """The key or value at a path."""
    analysed = document.analysed
    if analysed is not None and analysed.text is document.text and _is_head(path):
        entry = entry_at(path)
        for _, network in analysed.networks():
            node = next((node for node in network.graph.entries if node.source_path == entry), None)
            if node is not None:
                return _node(node, network, details=True)
    searched = None if len(path) != 3 or analysed is None else searched_path(analysed.spec.values, path)
    if searched is not None and analysed is not None:
        return _searched(searched, analysed)
    return schema_lookup.meaning_at(path)


def _searched(path: Path, analysed: AnalysedText) -> str:
    """What a sweep searches: the meaning of the value at a path, and what it is in the spec."""
    value = value_at(analysed.spec.values, path)
    own = f"in this spec: `{to_yaml(value)}`" if value is not None else ""
    meaning = f"the variable `{path[1]}`" if path[0] == "vars" else schema_lookup.meaning_at(path)
    return "\n\n".join(part for part in (meaning, own) if part)


def _class_named(document: Document, element: Element) -> str:
    """The class or function that a value names, such as `mse`, `relu` or `adam`; empty if it names none."""
    kind = kind_at(element.path)
    if element.part == "key" or kind in (None, "layer", "op"):
        return ""
    extent, text = element.extent, document.text
    word = text.content[text.offset_of(*extent.start) : text.offset_of(*extent.end)].strip("'\"")
    entry = catalog.find(kind, word) if kind else None
    if entry is None:
        return ""
    link = page(entry)
    parts = [f"```python\n{reference.signature(entry)}\n```", entry.doc, f"[{entry.path}]({link})" if link else ""]
    return "\n\n".join(part for part in parts if part)


def _column(document: Document, element: Element, position: lsp.Position, facts: ColumnFacts) -> str:
    """The column of the data that an element names; empty if it names none.

    Args:
        document: The spec.
        element: The key or value.
        position: The position within it.
        facts: As for `hover`.
    """
    extent, text = element.extent, document.text
    ends = (extent.key, extent.key_end) if element.part == "key" else (extent.start, extent.end)
    start, end = (text.offset_of(*place) for place in ends)
    name = column_named(element.path, element.part, text.content[start:end], text.offset(position) - start)
    if not name or document.analysed is None:
        return ""
    return facts.text(name, document.analysed.spec)


def _is_head(path: Path) -> bool:
    """Whether a path leads to an entry's head: its class, or the value of `op:` or `reuse:`."""
    entry = entry_at(path)
    rest = path[len(entry) :]
    return bool(entry) and (not rest or (len(rest) == 1 and isinstance(rest[0], str) and is_head(rest[0])))


def _node(node: Node, network: Network, *, details: bool = False) -> str:
    """A node with its shapes and parameters; with `details`, its documentation and arguments too."""
    graph = with_known_numbers(network.graph, network.types)
    node = graph.nodes[node.name]
    callee, call = graph.callee(node), network.types.calls[node.name]
    head = formula_text(graph, node) if node.formula else callee.head or "Input"
    note = {"reuse": f" (the layer of `{callee.name}`)", "model": " (a sub-model)"}.get(node.kind, "")
    lines = [f"**{node.name}** · `{head}`{note}"]
    types = [] if node.formula else input_types(node, network)
    inputs = ", ".join(f"`{tensor_in_words(tensor) or '?'}`" for tensor in types)
    outputs = shape_of(node, network) or "?"
    lines.append(f"{inputs} → `{outputs}`" if inputs else f"`{outputs}`")
    lines += _weights(call)
    if call.flops:
        lines.append(f"{count_of(call.flops, 'operation')} per example")
    text = "  \n".join(lines)
    if node.kind == "model" and node.head in network.graph.models:
        return f"{text}\n\n{_inside(node.head, network)}"
    if not details:
        return text
    entry = node.catalog
    if entry is None or node.formula:
        return text
    arguments = _arguments(callee, entry)
    link = page(entry)
    parts = [text, entry.doc, arguments, f"[{entry.path}]({link})" if link else ""]
    return "\n\n".join(part for part in parts if part)


def _weights(call: InferredCall) -> list[str]:
    count = parameters(call)
    frozen = (count or 0) - trainable(call)
    return [count_of(count) + (f", {frozen:,} non-trainable" if frozen else "")] if count else []


def _model(name: str, analysed: AnalysedText) -> str:
    """A sub-model: its inputs, outputs and weights."""
    own = Network(analysed.analysis.graph, analysed.analysis.types)
    if name not in own.graph.models:
        return ""
    frozen = " · frozen" if analysed.spec.trainable(("models", name)) is False else ""
    lines = [f"the sub-model **{name}**{frozen}", *_weights(model_call(name, own))]
    return "  \n".join(lines) + f"\n\n{_inside(name, own)}"


def _inside(name: str, caller: Network) -> str:
    """A sub-model's inputs and outputs, and its number of nodes."""
    graph, types = caller.inner(name)
    rows = [("input", node.name, types.calls[node.name].outputs[0]) for node in graph.inputs]
    rows += [("output", output, types.tensor(tensor)) for output, tensor in graph.outputs.items()]
    lines = [f"- {word} `{each}`: `{tensor_in_words(tensor) or '?'}`" for word, each, tensor in rows]
    count = parameters(model_call(name, caller))
    weights = f", {count_of(count)}, shared by all calls" if count else ""
    return "\n".join([f"`{name}`: {count_of(len(graph.layers), 'node')}{weights}", *lines])


def _arguments(node: Node, entry: catalog.Entry) -> str:
    """The effective arguments of the constructor: the spec's, and Keras's defaults."""
    rows = []
    known, values = (entry.constants, node.constants) if entry.kind == "op" else (entry.parameters, node.arguments)
    for name, parameter in known.items():
        if name in values:
            rows.append(f"{name}: {to_yaml(values[name])}")
        elif not parameter.required:
            rows.append(f"{name}: {to_yaml(parameter.default)}  # default")
    return "```yaml\n" + "\n".join(rows) + "\n```" if rows else ""
