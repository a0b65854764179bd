"""KS226: a layer that learns from the data by `adapt()`, in a sub-model, where no data passes before it is built."""

from __future__ import annotations

from kspec.diagnostics import codes
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.outputs import node_span

STATED = {
    "Normalization": "mean",
    "Discretization": "bin_boundaries",
    "StringLookup": "vocabulary",
    "IntegerLookup": "vocabulary",
    "TextVectorization": "vocabulary",
}
"""Layers that adapt, and the argument that says what they would learn."""


def check(context: RuleContext) -> None:
    """Looks through a sub-model's layers for those that would have to adapt; a no-op on the spec's own network."""
    if context.outer is None:
        return
    for node in context.graph.calls:
        said = STATED.get(node.head)
        if node.kind == "layer" and said is not None and said not in node.arguments and not node.faulty:
            context.report.error(
                codes.UNADAPTED_SUBMODEL_LAYER,
                f"`{node.head}` learns from the data, and a sub-model is built before any passes through it",
                node_span(context, node),
                help=f"put it before the call of the sub-model, or state `{said}` here",
            )
