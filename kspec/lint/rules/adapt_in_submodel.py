"""KS226: a layer that must adapt to the data, in a sub-model, which is built before any data passes."""

from __future__ import annotations

from kspec.diagnostics import codes
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.outputs import node_span

LEARNED_ARGUMENTS = {
    "Normalization": "mean",
    "Discretization": "bin_boundaries",
    "StringLookup": "vocabulary",
    "IntegerLookup": "vocabulary",
    "TextVectorization": "vocabulary",
}
"""Layers that adapt, and the argument that states what they would learn."""


def check(context: RuleContext) -> None:
    """Finds the layers of a sub-model that would have to adapt."""
    if context.outer is None:
        return
    for node in context.graph.calls:
        argument = LEARNED_ARGUMENTS.get(node.head)
        if node.kind == "layer" and argument is not None and argument not in node.arguments and not node.faulty:
            context.report.error(
                codes.UNADAPTED_SUBMODEL_LAYER,
                f"`{node.head}` cannot adapt in a sub-model, which is built before any data passes through it",
                node_span(context, node),
                help=f"move it before the call of the sub-model, or write `{argument}` here",
            )
