"""What can stand below `sweep:`: addresses, ranges that an address takes, goals and constraints."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from typing import Any

from lsprotocol import types as lsp

from kspec import catalog
from kspec.analysis.metric_direction import Direction, direction
from kspec.analysis.monitor import VALIDATION_PREFIX
from kspec.diagnostics import Path, Positions, Source, Span
from kspec.expand.overrides import path_of
from kspec.language.sweep import MEASURES
from kspec.lint.rules.shared.logged_metrics import monitor_names
from kspec.lsp import schema_lookup
from kspec.lsp.completion_items import Item, plain
from kspec.lsp.document import Document
from kspec.lsp.scope import value_at
from kspec.syntax import Tree
from kspec.syntax.names import entry_head, node_names
from kspec.syntax.yaml_flow import to_yaml

RANGES = {
    "integer": ("{int: [${1:8}, ${2:128}], log: true}", "{int: [${1:1}, ${2:4}]}", "{choice: [${1:8, 16, 32}]}"),
    "number": ("{log: [${1:1e-4}, ${2:1e-1}]}", "{uniform: [${1:0.0}, ${2:0.5}]}", "{choice: [${1:0.1, 0.2}]}"),
}
"""Type of an argument → ranges that it takes, as snippets."""
CONSTRAINTS = {"parameters": "100000", "flops": "1e9", "memory": "512 MB", "seconds": "60"}
"""Measure → an upper limit, to begin with."""
MAX_LISTED = 4
"""The most words of an argument that a range lists."""
TIMES = ("10 min", "1 h", "8 h")
_SNIPPET = lsp.CompletionItemKind.Snippet


def sweep_items(path: Path, values: Mapping[str, Any], document: Document) -> Iterator[Item] | None:
    """The values that can stand at a path below `sweep:`; None where the schema alone knows.

    Args:
        path: The path.
        values: The plain values of the spec, maybe incomplete.
        document: The open spec.
    """
    match path:
        case ("sweep", "goal"):
            return _goals(document)
        case ("sweep", "goal", str(word), *_):
            names = [name for name in _goal_names(document) if _direction(name) in (None, word[:3])]
            return (Item(name, lsp.CompletionItemKind.Value, order=order) for order, name in enumerate(names))
        case ("sweep", "constraints", int()):
            return (
                _snippet(f"{name} <= ${{1:{limit}}}", order) for order, (name, limit) in enumerate(CONSTRAINTS.items())
            )
        case ("sweep", "time_limit"):
            return (Item(time, lsp.CompletionItemKind.Value, order=order) for order, time in enumerate(TIMES))
        case ("sweep", "search", str(address)):
            return _ranges(values, address)
    return None


def monitored(document: Document) -> list[str]:
    """The quantities that training logs, by the last text that tells; empty if they are not known."""
    for text in (document.analysed, document.valid):
        if text is not None and text.analysis.settings is not None:
            return monitor_names(text.spec, text.analysis.graph, text.analysis.settings)
    return []


def searched_path(values: Mapping[str, Any], path: Path) -> Path | None:
    """The path of the value that an address of a sweep names; None if it names none.

    Args:
        values: The plain values of the spec.
        path: The path of the address or of what is below it: `("sweep", "search", "fit.epochs")`.
    """
    if path[:2] != ("sweep", "search") or len(path) < 3:
        return None
    place = Span(Source("", ""), 1, 1, 1, 1)
    return path_of(Tree(copy.deepcopy(dict(values)), Positions(place)), str(path[2]))


def _goal_names(document: Document) -> list[str]:
    return [*(name for name in monitored(document) if name.startswith(VALIDATION_PREFIX)), *MEASURES]


def _goals(document: Document) -> Iterator[Item]:
    """Whole goals, each with its likely direction."""
    for order, name in enumerate(_goal_names(document)):
        word = "minimize" if _direction(name) == "min" else "maximize"
        yield _snippet(f"{{{word}: {plain(name)}}}", order)


def _direction(name: str) -> Direction | None:
    return "min" if name in MEASURES else direction(name)


def _ranges(values: Mapping[str, Any], address: str) -> Iterator[Item]:
    """Ranges that an argument takes."""
    path = searched_path(values, ("sweep", "search", address))
    if path is None:
        return
    words = [to_yaml(word) for word in schema_lookup.words_at(path)]
    types = {name for schema in schema_lookup.schemas_at(path) for name in _types(schema)}
    if path[0] == "vars":
        types = {"integer" if isinstance(value_at(values, path), int) else "number"}
    kind = "integer" if "integer" in types else "number" if "number" in types else ""
    listed = f"{{choice: [{', '.join(words) if len(words) <= MAX_LISTED else '$1'}]}}"
    yield from (_snippet(text, order) for order, text in enumerate(RANGES.get(kind, (listed,))))


def _types(schema: Mapping[str, Any]) -> list[str]:
    types = schema.get("type", [])
    return [types] if isinstance(types, str) else list(types)


def _snippet(text: str, order: int) -> Item:
    """A proposal with placeholders, whose label is what they begin with."""
    label = re.sub(r"\$\{\d:([^}]*)\}", r"\1", text).replace("$1", "…").replace("\\", "")
    return Item(label, _SNIPPET, insert=text, order=order)


def search_addresses(values: Mapping[str, Any]) -> list[str]:
    """The addresses of what a spec states and of what its nodes take, the likeliest first.

    Args:
        values: The plain values of the spec, maybe incomplete.
    """
    variables = values.get("vars")
    found = [f"vars.{name}" for name in variables] if isinstance(variables, dict) else []
    found += ["fit.batch_size", "fit.epochs", *_optimizer(values), *_nodes(values)]
    return list(dict.fromkeys(found))


def _optimizer(values: Mapping[str, Any]) -> Iterator[str]:
    section = values.get("compile")
    written = section.get("optimizer") if isinstance(section, dict) else None
    yield "compile.optimizer"
    if isinstance(written, dict) and len(written) == 1:
        head = str(next(iter(written)))
        entry = catalog.find("optimizer", head)
        yield from (f"compile.optimizer.{head}.{name}" for name in (entry.parameters if entry is not None else ()))


def _nodes(values: Mapping[str, Any]) -> Iterator[str]:
    """The arguments of the named nodes; those that the spec states come first."""
    layers = values.get("layers")
    if not isinstance(layers, list):
        return
    entries = [entry for entry in layers if isinstance(entry, dict) and entry.get("name") is not None]
    names = node_names(entries)
    nodes = [(name, entry, str(entry_head(entry))) for name, entry in zip(names, entries, strict=True)]
    for name, entry, head in nodes:
        arguments = entry.get(head)
        yield from (f"layers.{name}.{key}" for key in (arguments if isinstance(arguments, dict) else ()))
    for name, _, head in nodes:
        known = catalog.find("layer", head)
        yield from (f"layers.{name}.{key}" for key in (known.parameters if known is not None else ()))
