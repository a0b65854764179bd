"""KS420: an answer that is changed once more after its activation."""

from __future__ import annotations

from kspec.analysis.task_inference import KEEP_SHAPE
from kspec.diagnostics import codes
from kspec.ir import Node, Tensor
from kspec.lint.argument_check import Checker
from kspec.lint.rules.shared.activations import PROBABILITIES, activation_at
from kspec.lint.rules.shared.outputs import REGRESSION_LOSSES, node_span, trained_outputs

DROPS = frozenset({"Dropout", "AlphaDropout", "GaussianDropout", "SpatialDropout1D", "SpatialDropout2D",
                   "SpatialDropout3D", "GaussianNoise"})  # fmt: skip
NORMALIZES = frozenset({"BatchNormalization", "LayerNormalization", "GroupNormalization", "RMSNormalization"})


def noise_after_answer(checker: Checker) -> None:
    """Looks for a dropout or a normalization between an output's last activation and the output."""
    said = {diagnostic.span for diagnostic in checker.report if diagnostic.code == codes.UNCLEAR_TASK}
    for output in trained_outputs(checker):
        after, before = _after(checker, output.tensor)
        if not after or before is None:
            continue
        found = activation_at(checker, before)
        if found is None:
            continue
        number = found.name == "linear" and output.loss in REGRESSION_LOSSES
        for node in after:
            head = checker.graph.callee(node).head
            wrong = found.name in PROBABILITIES or (number and head in DROPS)
            if wrong and checker.spec.positions.value(node.path) not in said:
                what = "drops answers at random" if head in DROPS else "makes other numbers of the answers"
                checker.report.warning(
                    codes.NOISE_AFTER_OUTPUT,
                    f"`{head}` comes after `{before.name}`, which gives the answer: in training it {what}",
                    node_span(checker, node),
                    help=f"put it before `{before.name}`, or leave it out",
                )


def _after(checker: Checker, tensor: Tensor) -> tuple[list[Node], Node | None]:
    """The dropouts and normalizations right before an output, and the node before them."""
    found: list[Node] = []
    while True:
        node = checker.graph.nodes[tensor.node]
        head = checker.graph.callee(node).head
        if head in DROPS | NORMALIZES:
            found.append(node)
        elif head not in KEEP_SHAPE:
            return found, node
        before = next(node.tensors(), None)
        if before is None:
            return found, None
        tensor = before
