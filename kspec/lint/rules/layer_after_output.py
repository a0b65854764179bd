"""KS420: a dropout or normalization after an output's last activation."""

from __future__ import annotations

from kspec.analysis.task_inference import KEEP_SHAPE, PROBABILITIES
from kspec.catalog.layer_families import NOISE, NORMALIZATIONS
from kspec.diagnostics import codes
from kspec.ir import Node, Tensor
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.activations import activation_at
from kspec.lint.rules.shared.outputs import REGRESSION_LOSSES, node_span, trained_outputs


def check(context: RuleContext) -> None:
    """Finds dropouts and normalizations between an output's last activation and the output."""
    unclear = {diagnostic.span for diagnostic in context.report if diagnostic.code == codes.UNCLEAR_TASK}
    for output in trained_outputs(context):
        after, before = _after(context, output.tensor)
        if not after or before is None:
            continue
        activation = activation_at(context, before)
        if activation is None:
            continue
        is_regression = activation.name == "linear" and output.loss in REGRESSION_LOSSES
        for node in after:
            head = context.graph.callee(node).head
            wrong = activation.name in PROBABILITIES or (is_regression and head in NOISE)
            if wrong and context.spec.positions.value(node.path) not in unclear:
                effect = "drops predictions at random" if head in NOISE else "changes the predictions"
                context.report.warning(
                    codes.NOISE_AFTER_OUTPUT,
                    f"`{head}` comes after the output activation of `{before.name}`: in training it {effect}",
                    node_span(context, node),
                    help=f"move it before `{before.name}`, or remove it",
                )


def _after(context: RuleContext, tensor: Tensor) -> tuple[list[Node], Node | None]:
    """The dropouts and normalizations right before an output, and the node before them."""
    after: list[Node] = []
    while True:
        node = context.graph.nodes[tensor.node]
        head = context.graph.callee(node).head
        if head in NOISE | NORMALIZATIONS:
            after.append(node)
        elif head not in KEEP_SHAPE:
            return after, node
        before = next(node.tensors(), None)
        if before is None:
            return after, None
        tensor = before
