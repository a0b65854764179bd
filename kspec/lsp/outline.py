"""The outline of a spec (sections, inputs, nodes, variables), and folding."""

from __future__ import annotations

from collections.abc import Mapping

from lsprotocol import types as lsp

from kspec.diagnostics import Path
from kspec.lsp.document import Document
from kspec.lsp.labels import count_of, parameters, shape_of, shapes_through
from kspec.lsp.scope import NETWORK_SECTIONS
from kspec.syntax.extents import Extent, layout

_KINDS = {
    "inputs": lsp.SymbolKind.Interface,
    "vars": lsp.SymbolKind.Variable,
    "callbacks": lsp.SymbolKind.Event,
}


def symbols(document: Document) -> list[lsp.DocumentSymbol]:
    """Sections, and in them inputs, nodes, variables and settings."""
    extents = layout(document.source)
    nodes = _nodes(document)
    found = []
    for path, extent in extents.items():
        if len(path) != 1:
            continue
        section = _symbol(document, str(path[0]), "", lsp.SymbolKind.Namespace, extent)
        section.children = [
            _child(document, inner, extents[inner], nodes) for inner in extents if len(inner) == 2 and inner[:1] == path
        ]
        if path[0] in NETWORK_SECTIONS:
            network_paths = [inner for inner in extents if len(inner) == 2 and inner[:1] == path]
            for network_path, child in zip(network_paths, section.children, strict=True):
                child.children = _inside(document, network_path, extents, nodes)
        found.append(section)
    return found


def _inside(
    document: Document, network_path: Path, extents: Mapping[Path, Extent], nodes: dict[Path, tuple[str, str]]
) -> list[lsp.DocumentSymbol]:
    """The inputs and nodes of a block or sub-model."""
    return [
        _child(document, path, extent, nodes)
        for path, extent in extents.items()
        if len(path) == 4 and path[:2] == network_path and path[2] in ("inputs", "layers")
    ]


def _nodes(document: Document) -> dict[Path, tuple[str, str]]:
    """Path of a node → its name and details."""
    analysed = document.analysed
    if analysed is None or analysed.text is not document.text:
        return {}
    found: dict[Path, tuple[str, str]] = {}
    for network_path, network in analysed.networks():
        for node in network.graph.nodes.values():
            count = parameters(network.types.calls[node.name])
            words = (node.head or "input", shape_of(node, network), count_of(count) if count else "")
            inside = node.source_path[:1] == ("blocks",)  # differs from use to use
            name = node.name.rpartition("/")[2] if inside else node.name
            found.setdefault(node.source_path, (name, " · ".join(word for word in words[: 1 if inside else 3] if word)))
        if network_path:
            found[network_path] = str(network_path[1]), shapes_through(network)
    return found


def _child(document: Document, path: Path, extent: Extent, nodes: dict[Path, tuple[str, str]]) -> lsp.DocumentSymbol:
    *_, section, key = path
    if path in nodes:
        name, detail = nodes[path]
        kind = lsp.SymbolKind.Interface if section == "inputs" else lsp.SymbolKind.Class
        return _symbol(document, name, detail, kind, extent)
    if section == "layers":  # incomplete
        start = document.text.offset_of(*extent.start)
        end = document.text.offset_of(*extent.content_end)
        name = document.text.content[start:end].split(":")[0].split("\n")[0].strip() or "…"
        return _symbol(document, name, "", lsp.SymbolKind.Class, extent)
    if isinstance(key, int):  # an item of a list is named by its text
        start, end = document.text.offset_of(*extent.start), document.text.offset_of(*extent.content_end)
        key = document.text.content[start:end].split("\n")[0].strip()
    return _symbol(document, str(key), "", _KINDS.get(str(section), lsp.SymbolKind.Property), extent)


def _symbol(document: Document, name: str, detail: str, kind: lsp.SymbolKind, extent: Extent) -> lsp.DocumentSymbol:
    text = document.text
    start, end = text.offset_of(*extent.key), text.offset_of(*extent.end)
    key_end = text.offset_of(*extent.key_end)
    if extent.key == extent.start:  # an item of a list has no key: its first line
        key_end = min(end, text.starts[text.position(start).line] + len(text.line(text.position(start).line)))
    return lsp.DocumentSymbol(
        name=name or "…",
        detail=detail or None,
        kind=kind,
        range=text.between(start, max(start, end)),
        selection_range=text.between(start, min(max(start, key_end), max(start, end))),
    )


def folding_ranges(document: Document) -> list[lsp.FoldingRange]:
    """Sections, entries, and everything else on several lines, comments too."""
    text = document.text
    found: dict[tuple[int, int], lsp.FoldingRange] = {}
    for path, extent in layout(document.source).items():
        if not path:
            continue
        start = text.position(text.offset_of(*extent.key)).line
        end = text.position(text.offset_of(*extent.end)).line
        if end > start:
            found.setdefault((start, end), lsp.FoldingRange(start, end))
    first = None
    for number in range(len(text.starts) + 1):
        if text.line(number).lstrip().startswith("#"):
            first = number if first is None else first
            continue
        if first is not None and number - 1 > first:
            found[first, number - 1] = lsp.FoldingRange(first, number - 1, kind=lsp.FoldingRangeKind.Comment)
        first = None
    return sorted(found.values(), key=lambda fold: (fold.start_line, -fold.end_line))
