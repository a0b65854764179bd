"""The addresses of a spec that a sweep can search: variables, arguments of nodes and of the optimizer, settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kspec import catalog
from kspec.syntax.names import entry_head, node_names


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
