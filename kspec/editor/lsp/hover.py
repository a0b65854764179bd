"""What stands under the cursor: a node with its shapes and arguments, an argument, a name, a key of the language."""

from __future__ import annotations

from lsprotocol import types as lsp

from kspec import catalog
from kspec.diagnostics import Path
from kspec.editor import reference
from kspec.editor.keras_pages import page
from kspec.editor.lsp import grammar
from kspec.editor.lsp.cursor import Pointed, pointed_at
from kspec.editor.lsp.document import Document, Understood
from kspec.editor.lsp.facts import counted, parameters, shape_of, taken, tensor_in_words, trainable
from kspec.editor.lsp.names import Occurrence, at
from kspec.editor.lsp.proposals import kind_at
from kspec.graph import Node
from kspec.rewrite.inline import inline
from kspec.syntax.layout import Extent


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
    """A node or variable that is cited."""
    if name.kind in ("block", "parameter") or name.block:
        return _in_block(name)
    if name.kind == "variable":
        seen = document.understood
        if seen is None or name.name not in seen.spec.document.vars:
            return ""
        return f"`${name.name}` is `{inline(seen.spec.document.vars[name.name])}`"
    seen = document.understood
    if seen is None:
        return ""
    node = _node_called(seen, name)
    return "" if node is None else _node(node, seen)


def _in_block(name: Occurrence) -> str:
    """A block, or what is a block's own: what it is differs from use to use."""
    if name.kind == "block":
        return f"the block `{name.name}`"
    return f"a parameter of the block `{name.block}`" if name.kind == "parameter" else ""


def _node_called(seen: Understood, name: Occurrence) -> Node | None:
    graph = seen.analysis.graph
    if name.kind == "output":
        tensor = graph.outputs.get(name.name)
        return graph.nodes.get(tensor.node) if tensor else None
    tensor = graph.names.get(name.name)
    return graph.nodes.get(tensor.node) if tensor else None


def _path(document: Document, path: Path) -> str:
    """A key or a word by its place."""
    seen = document.understood
    if seen is not None and seen.text is document.text and _is_head(path):
        entry = path[:2] if path[0] == "layers" else path[:4]
        node = next((node for node in seen.analysis.graph.nodes.values() if node.written == entry), None)
        if node is not None:
            return _node(node, seen, whole=True)
    return grammar.meaning_at(path)


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
    rest = path[2:] if path[:1] == ("layers",) else path[4:] if path[:1] == ("blocks",) and len(path) > 3 else None
    if rest is None or len(path) < 2:
        return False
    return not rest or (len(rest) == 1 and isinstance(rest[0], str) and (rest[0][:1].isupper() or rest[0] in _HEADS))


_HEADS = ("op", "reuse", "block", "model")


def _node(node: Node, seen: Understood, *, whole: bool = False) -> str:
    """A node: what goes in and comes out, its parameters; with `whole`, its arguments and what it is too."""
    callee = seen.analysis.graph.callee(node)
    answer = seen.analysis.types.answers[node.name]
    head = callee.head or "Input"
    lines = [f"**{node.name}** · `{head}`" + (f" (the layer of `{callee.name}`)" if node.kind == "reuse" else "")]
    given = ", ".join(f"`{tensor_in_words(tensor) or '?'}`" for _, tensor in taken(node, seen))
    gives = shape_of(node, seen) or "?"
    lines.append(f"{given} → `{gives}`" if given else f"`{gives}`")
    count = parameters(answer)
    if count:
        frozen = count - trainable(answer)
        lines.append(counted(count) + (f", {frozen:,} of them not trainable" if frozen else ""))
    if answer.flops:
        lines.append(f"{counted(answer.flops, 'operation')} an example")
    text = "  \n".join(lines)
    if not whole:
        return text
    entry = node.catalog
    if entry is None:
        return text
    arguments = _arguments(callee, entry)
    link = page(entry)
    parts = [text, entry.doc, arguments, f"[{entry.path}]({link})" if link else ""]
    return "\n\n".join(part for part in parts if part)


def _arguments(node: Node, entry: catalog.Entry) -> str:
    """The constructor's arguments as they count: what is written, and Keras's defaults."""
    rows = []
    known, written = (entry.constants, node.constants) if entry.kind == "op" else (entry.parameters, node.arguments)
    for name, parameter in known.items():
        if name in written:
            rows.append(f"{name}: {inline(written[name])}")
        elif not parameter.required:
            rows.append(f"{name}: {inline(parameter.default)}  # default")
    return "```yaml\n" + "\n".join(rows) + "\n```" if rows else ""
