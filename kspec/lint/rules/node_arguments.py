"""The constructor arguments of every layer: KS110, KS111, KS112 and what is nested in them."""

from __future__ import annotations

from kspec.ir.entry_spans import head_span
from kspec.lint.argument_check import Checker


def node_arguments(checker: Checker) -> None:
    """Checks each layer's arguments against the catalog."""
    for node in checker.graph.calls:
        if node.kind != "layer" or node.catalog is None:
            continue
        entry = checker.spec.entry(node.path)
        place = head_span(node.path, entry, checker.spec.positions)
        with checker.judging(node):
            checker.arguments(node.catalog, node.arguments, (*node.path, entry.head), place)
