"""KS410: an op that a layer could replace, which has a name in Keras and appears in summaries."""

from __future__ import annotations

from kspec.diagnostics import codes
from kspec.lint.context import RuleContext

LAYERS = {
    "add": "Add",
    "subtract": "Subtract",
    "multiply": "Multiply",
    "maximum": "Maximum",
    "minimum": "Minimum",
    "concatenate": "Concatenate",
    "average": "Average",
    "reshape": "Reshape",
    "relu": "ReLU",
    "softmax": "Softmax",
    "leaky_relu": "LeakyReLU",
    "elu": "ELU",
}


def check(context: RuleContext) -> None:
    """Suggests the layer that does the same as an op without constants."""
    for node in context.graph.calls:
        layer = LAYERS.get(node.head)
        if node.kind == "op" and layer is not None and not node.constants and not node.faulty:
            context.report.info(
                codes.LAYER_FOR_OP,
                f"`op: {node.head}` does what the layer `{layer}` does",
                context.spec.positions.value((*node.path, "op")),
                help=f"write `- {layer}`",
            )
