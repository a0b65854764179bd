"""KS439: a node to predict that has no value for each example."""

from __future__ import annotations

from kspec.diagnostics import codes
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.outputs import has_value_per_example
from kspec.syntax.yaml_flow import shape_text


def check(context: RuleContext) -> None:
    """Finds nodes of `predict: {nodes}` whose first axis is not that of the examples."""
    assert context.types is not None
    names = context.spec.document.predict.nodes
    for key, tensor in context.graph.predicted_nodes.items():
        if not has_value_per_example(context, tensor):
            shape = context.types.tensor(tensor).shape
            at = next((i for i, name in enumerate(names) if name == key), None)
            path = ("predict", "nodes") if at is None else ("predict", "nodes", at)
            context.report.error(
                codes.NO_VALUE_PER_EXAMPLE,
                f"`{key}` has no value for each example: its shape is {shape_text(shape)}",
                context.spec.positions.value(path),
                help="predict a node whose first axis is the batch",
            )
