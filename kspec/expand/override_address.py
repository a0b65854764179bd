"""The address for `--set` of nodes that expansion creates: in a block, in a sub-model, or as a copy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from kspec.syntax.names import node_names


def address_of(name: str, entries: Any, document: Mapping[str, Any], prefix: str = "layers") -> str:
    """The address of a node's definition.

    Args:
        name: The name of the node in the graph: `stage_0/main`, `encoder/conv`, `stage_0`.
        entries: The plain values of the entries.
        document: The plain values of the document.
        prefix: The address of the entries.

    Returns:
        The address; empty if there is no such node.

    >>> main = {"Dense": {"units": 4}, "name": "main"}
    >>> document = {"blocks": {"residual": {"layers": ["ReLU", main]}}}
    >>> address_of("stage_0/main", [{"block": "residual", "name": "stage", "repeat": 2}], document)
    'blocks.residual.layers.main'
    """
    if not isinstance(entries, list):
        return ""
    first, _, inner = name.partition("/")
    names = node_names(entries)
    original = re.sub(r"_\d+$", "", first)  # of a copy
    own = next((candidate for candidate in (first, original) if candidate in names), "")
    entry = entries[names.index(own)] if own else {"model": first}
    if not inner:
        return f"{prefix}.{own}" if own else ""
    for kind in ("block", "model"):
        used = entry.get(kind) if isinstance(entry, dict) else None
        definition = _definition(document, f"{kind}s", used)
        if isinstance(used, str) and isinstance(definition, dict):
            return address_of(inner, definition.get("layers"), document, f"{kind}s.{used}.layers")
    return ""


def _definition(document: Mapping[str, Any], section: str, name: Any) -> Any:
    definitions = document.get(section)
    return definitions.get(name) if isinstance(definitions, dict) and isinstance(name, str) else None
