"""The values that the layers of a network know: indices in range, and the entries of stated vocabularies."""

from __future__ import annotations

from typing import Any

from kspec.analysis.index_limits import index_limits, lookups
from kspec.ir import Graph


def known_values(graph: Graph) -> dict[str, int | list[Any]]:
    """By input, the number of indices that its layers take, from 0, or the values of their vocabulary.

    Inputs whose layers take any value, or learn which ones there are, are left out.

    Args:
        graph: The network.
    """
    known: dict[str, int | list[Any]] = {}
    for lookup in lookups(graph):
        entries = lookup.layer.arguments.get("vocabulary")
        if isinstance(entries, list) and entries:
            known.setdefault(lookup.source.name, entries)
    for limit in index_limits(graph):
        if limit.source.kind == "input":
            others = known.get(limit.source.name, limit.size)
            known[limit.source.name] = min(others, limit.size) if isinstance(others, int) else others
    return known
