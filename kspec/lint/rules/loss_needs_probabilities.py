"""KS405: a crossentropy of values that are not probabilities."""

from __future__ import annotations

from typing import Any

from kspec.analysis.task_inference import PROBABILITIES
from kspec.diagnostics import codes
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.fixes import Edits, give_argument, replace
from kspec.lint.rules.shared.outputs import BINARY_CROSSENTROPIES, CROSSENTROPIES, Output, loss_span, trained_outputs


def check(context: RuleContext) -> None:
    """Finds crossentropies without `from_logits` for outputs that do not end with sigmoid or softmax."""
    for output in trained_outputs(context):
        if output.loss not in CROSSENTROPIES or output.logits or output.loss_path is None:
            continue  # a default loss expects logits of a linear output; of others, `task` is wrong: KS408
        if output.activation is None or output.function in PROBABILITIES:
            continue
        right = "sigmoid" if output.loss in BINARY_CROSSENTROPIES else "softmax"
        linear = output.function == "linear"
        has_logits = output.loss != "CategoricalGeneralizedCrossEntropy"
        ending = "has no activation" if linear else f"ends with {output.function}"
        help = f"write `activation: {right}`"
        context.report.error(
            codes.LOSS_NEEDS_PROBABILITIES,
            f"the loss of `{output.name}` expects probabilities, but `{output.node.name}` {ending}",
            loss_span(context, output),
            help=f"{help}, or `from_logits: true` in the loss" if linear and has_logits else help,
            edits=_logits(context, output) if linear and has_logits else _activation(context, output, right),
        )


def _logits(context: RuleContext, output: Output) -> Edits:
    assert output.loss_path is not None
    loss: Any = output.settings.loss
    head = output.loss if isinstance(loss, str) else next(iter(loss))
    return give_argument(context, output.loss_path, head, "from_logits", "true")


def _activation(context: RuleContext, output: Output, right: str) -> Edits:
    assert output.activation is not None
    return replace(context, output.activation.path, right)
