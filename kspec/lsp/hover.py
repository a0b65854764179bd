"""What stands under the cursor: a node with its shapes and arguments, an argument, a name, a key of the language."""

from __future__ import annotations

from lsprotocol import types as lsp

from kspec import catalog
from kspec.analysis.shapes.types import InferredCall
from kspec.diagnostics import Path
from kspec.ir import Node
from kspec.lsp import schema_lookup
from kspec.lsp.completion_items import is_head, kind_at
from kspec.lsp.cursor import Pointed, pointed_at
from kspec.lsp.document import Document, Network, Understood
from kspec.lsp.labels import counted, of_model, parameters, shape_of, taken, tensor_in_words, trainable
from kspec.lsp.names import Occurrence, at
from kspec.lsp.scope import entry_at
from kspec.schema import reference
from kspec.schema.keras_pages import page
from kspec.syntax.extents import Extent
from kspec.syntax.yaml_flow import to_yaml


def hover(document: Document, position: lsp.Position) -> lsp.Hover | None:
    """What there is to say of a place, in Markdown; None where nothing is."""
    place = document.text.place(document.text.offset(position))
    name = at(document.source, *place)
    if name is not None and (name.written or not name.defines):
        words = _name(document, name)
        if words:
            return _shown(words, document.text.range_of(name.span))
    pointed = pointed_at(document.source, place)
    if pointed is None:
        return None
    words = _class_named(document, pointed) or _path(document, pointed.path)
    return _shown(words, _range(document, pointed.extent, pointed.part)) if words else None


def _shown(words: str, place: lsp.Range) -> lsp.Hover:
    return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, words), place)


def _range(document: Document, extent: Extent, part: str) -> lsp.Range:
    text = document.text
    start, end = (extent.key, extent.key_end) if part == "key" else (extent.start, extent.end)
    return text.between(text.offset_of(*start), text.offset_of(*end))


def _name(document: Document, name: Occurrence) -> str:
    """A node, a sub-model or a variable that is cited."""
    seen = document.understood
    if name.kind in ("block", "parameter") or name.network_path[:1] == ("blocks",):
        return _in_block(name)
    if seen is None:
        return ""
    if name.kind == "variable":
        known = seen.spec.document.vars
        return f"`${name.name}` is `{to_yaml(known[name.name])}`" if name.name in known else ""
    if name.kind == "model":
        return _model(name.name, seen)
    network = seen.network(name.network_path)
    node = None if network is None else _node_called(network, name)
    return "" if node is None or network is None else _node(node, network)


def _in_block(name: Occurrence) -> str:
    """A block, or what is a block's own: what it is differs from use to use."""
    if name.kind == "block":
        return f"the block `{name.name}`"
    return f"a parameter of the block `{name.network_path[1]}`" if name.kind == "parameter" else ""


def _node_called(network: Network, name: Occurrence) -> Node | None:
    known = network.graph.outputs if name.kind == "output" else network.graph.names
    tensor = known.get(name.name)
    return network.graph.nodes.get(tensor.node) if tensor else None


def _path(document: Document, path: Path) -> str:
    """A key or a word by its place."""
    seen = document.understood
    if seen is not None and seen.text is document.text and _is_head(path):
        entry = entry_at(path)
        for _, network in seen.networks():
            node = next((node for node in network.graph.nodes.values() if node.source_path == entry), None)
            if node is not None:
                return _node(node, network, whole=True)
    return schema_lookup.meaning_at(path)


def _class_named(document: Document, pointed: Pointed) -> str:
    """What a class or function is that a value names: `mse`, `relu`, `adam`; empty where it names none."""
    kind = kind_at(pointed.path)
    if pointed.part == "key" or kind in (None, "layer", "op"):
        return ""
    extent, text = pointed.extent, document.text
    written = text.content[text.offset_of(*extent.start) : text.offset_of(*extent.end)].strip("'\"")
    entry = catalog.find(kind, written) if kind else None
    if entry is None:
        return ""
    link = page(entry)
    parts = [f"```python\n{reference.signature(entry)}\n```", entry.doc, f"[{entry.path}]({link})" if link else ""]
    return "\n\n".join(part for part in parts if part)


def _is_head(path: Path) -> bool:
    """Whether it is where an entry says what it is: its class, or what stands after `op:` or `reuse:`."""
    entry = entry_at(path)
    rest = path[len(entry) :]
    return bool(entry) and (not rest or (len(rest) == 1 and isinstance(rest[0], str) and is_head(rest[0])))


def _node(node: Node, network: Network, *, whole: bool = False) -> str:
    """A node: what goes in and comes out, its parameters; with `whole`, its arguments and what it is too."""
    callee = network.graph.callee(node)
    answer = network.types.calls[node.name]
    head = callee.head or "Input"
    said = {"reuse": f" (the layer of `{callee.name}`)", "model": " (a sub-model)"}.get(node.kind, "")
    lines = [f"**{node.name}** · `{head}`{said}"]
    given = ", ".join(f"`{tensor_in_words(tensor) or '?'}`" for tensor in taken(node, network))
    gives = shape_of(node, network) or "?"
    lines.append(f"{given} → `{gives}`" if given else f"`{gives}`")
    lines += _weights(answer)
    if answer.flops:
        lines.append(f"{counted(answer.flops, 'operation')} an example")
    text = "  \n".join(lines)
    if node.kind == "model" and node.head in network.graph.models:
        return f"{text}\n\n{_inside(node.head, network)}"
    if not whole:
        return text
    entry = node.catalog
    if entry is None:
        return text
    arguments = _arguments(callee, entry)
    link = page(entry)
    parts = [text, entry.doc, arguments, f"[{entry.path}]({link})" if link else ""]
    return "\n\n".join(part for part in parts if part)


def _weights(answer: InferredCall) -> list[str]:
    count = parameters(answer)
    frozen = (count or 0) - trainable(answer)
    return [counted(count) + (f", {frozen:,} of them not trainable" if frozen else "")] if count else []


def _model(name: str, seen: Understood) -> str:
    """A sub-model by its name: what it takes and gives, and all of its weights."""
    whole = Network(seen.analysis.graph, seen.analysis.types)
    if name not in whole.graph.models:
        return ""
    frozen = " · frozen" if seen.spec.trainable(("models", name)) is False else ""
    lines = [f"the sub-model **{name}**{frozen}", *_weights(of_model(name, whole))]
    return "  \n".join(lines) + f"\n\n{_inside(name, whole)}"


def _inside(name: str, caller: Network) -> str:
    """A sub-model's inputs and outputs, and how many nodes it has."""
    graph, types = caller.inner(name)
    rows = [("takes", node.name, types.calls[node.name].outputs[0]) for node in graph.inputs]
    rows += [("gives", output, types.tensor(tensor)) for output, tensor in graph.outputs.items()]
    lines = [f"- {word} `{each}`: `{tensor_in_words(tensor) or '?'}`" for word, each, tensor in rows]
    count = parameters(of_model(name, caller))
    weights = f", {counted(count)}, the same at every call" if count else ""
    return "\n".join([f"`{name}`: {counted(len(graph.calls), 'node')}{weights}", *lines])


def _arguments(node: Node, entry: catalog.Entry) -> str:
    """The constructor's arguments as they count: what is written, and Keras's defaults."""
    rows = []
    known, written = (entry.constants, node.constants) if entry.kind == "op" else (entry.parameters, node.arguments)
    for name, parameter in known.items():
        if name in written:
            rows.append(f"{name}: {to_yaml(written[name])}")
        elif not parameter.required:
            rows.append(f"{name}: {to_yaml(parameter.default)}  # default")
    return "```yaml\n" + "\n".join(rows) + "\n```" if rows else ""
