"""KS420: an answer that is changed once more after its activation."""

from __future__ import annotations

from kspec.analysis.task_inference import KEEP_SHAPE
from kspec.diagnostics import codes
from kspec.ir import Node, Tensor
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.activations import PROBABILITIES, activation_at
from kspec.lint.rules.shared.outputs import REGRESSION_LOSSES, node_span, trained_outputs

DROPS = frozenset({"Dropout", "AlphaDropout", "GaussianDropout", "SpatialDropout1D", "SpatialDropout2D",
                   "SpatialDropout3D", "GaussianNoise"})  # fmt: skip
NORMALIZES = frozenset({"BatchNormalization", "LayerNormalization", "GroupNormalization", "RMSNormalization"})


def check(context: RuleContext) -> None:
    """Looks for a dropout or a normalization between an output's last activation and the output."""
    said = {diagnostic.span for diagnostic in context.report if diagnostic.code == codes.UNCLEAR_TASK}
    for output in trained_outputs(context):
        after, before = _after(context, output.tensor)
        if not after or before is None:
            continue
        found = activation_at(context, before)
        if found is None:
            continue
        number = found.name == "linear" and output.loss in REGRESSION_LOSSES
        for node in after:
            head = context.graph.callee(node).head
            wrong = found.name in PROBABILITIES or (number and head in DROPS)
            if wrong and context.spec.positions.value(node.path) not in said:
                what = "drops answers at random" if head in DROPS else "makes other numbers of the answers"
                context.report.warning(
                    codes.NOISE_AFTER_OUTPUT,
                    f"`{head}` comes after `{before.name}`, which gives the answer: in training it {what}",
                    node_span(context, node),
                    help=f"put it before `{before.name}`, or leave it out",
                )


def _after(context: RuleContext, tensor: Tensor) -> tuple[list[Node], Node | None]:
    """The dropouts and normalizations right before an output, and the node before them."""
    found: list[Node] = []
    while True:
        node = context.graph.nodes[tensor.node]
        head = context.graph.callee(node).head
        if head in DROPS | NORMALIZES:
            found.append(node)
        elif head not in KEEP_SHAPE:
            return found, node
        before = next(node.tensors(), None)
        if before is None:
            return found, None
        tensor = before
