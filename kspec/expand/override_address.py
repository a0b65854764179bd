"""Where a node is written that the spec only comes to: in a block, in a sub-model, as a copy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from kspec.syntax.names import node_names


def place_of(name: str, entries: Any, document: Mapping[str, Any], place: str = "layers") -> str:
    """The address for `--set` of a node by its name in the graph; empty where nothing is called so.

    Args:
        name: `stage_0/main`, `encoder/conv`, `stage_0`.
        entries: As written.
        place: Their address.

    >>> main = {"Dense": {"units": 4}, "name": "main"}
    >>> document = {"blocks": {"residual": {"layers": ["ReLU", main]}}}
    >>> place_of("stage_0/main", [{"block": "residual", "name": "stage", "repeat": 2}], document)
    'blocks.residual.layers.main'
    """
    if not isinstance(entries, list):
        return ""
    first, _, inner = name.partition("/")
    names = node_names(entries)
    copied = re.sub(r"_\d+$", "", first)
    own = next((word for word in (first, copied) if word in names), "")
    entry = entries[names.index(own)] if own else {"model": first}
    if not inner:
        return f"{place}.{own}" if own else ""
    for word in ("block", "model"):
        used = entry.get(word) if isinstance(entry, dict) else None
        template = _at(document, f"{word}s", used)
        if isinstance(used, str) and isinstance(template, dict):
            return place_of(inner, template.get("layers"), document, f"{word}s.{used}.layers")
    return ""


def _at(document: Mapping[str, Any], section: str, name: Any) -> Any:
    known = document.get(section)
    return known.get(name) if isinstance(known, dict) and isinstance(name, str) else None
