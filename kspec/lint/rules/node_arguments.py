"""The constructor arguments of layers, and what is nested in them: KS110, KS111, KS112."""

from __future__ import annotations

from kspec.ir.entry_spans import head_span
from kspec.lint.arguments import check_arguments
from kspec.lint.context import RuleContext


def check(context: RuleContext) -> None:
    """Checks each layer's arguments against the catalog."""
    for node in context.graph.calls:
        if node.kind != "layer" or node.catalog is None:
            continue
        entry = context.spec.entry(node.path)
        place = head_span(node.path, entry, context.spec.positions)
        with context.checking(node):
            check_arguments(context, node.catalog, node.arguments, (*node.path, entry.head), place)
