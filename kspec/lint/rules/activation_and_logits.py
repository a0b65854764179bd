"""KS404: a loss that expects logits, after an activation that gives probabilities."""

from __future__ import annotations

from kspec.analysis.task_inference import PROBABILITIES
from kspec.diagnostics import Path, Related, codes
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.fixes import replace
from kspec.lint.rules.shared.outputs import CROSSENTROPIES, Output, activation_span, trained_outputs


def check(context: RuleContext) -> None:
    """Finds `from_logits: true` for outputs that are probabilities."""
    for output in trained_outputs(context):
        if not output.logits or output.loss not in CROSSENTROPIES or output.function not in PROBABILITIES:
            continue
        if output.loss_path is None or output.activation is None:
            continue
        if output.function == "softmax" and output.units == 1:
            continue  # KS402
        path = _from_logits(output)
        context.report.error(
            codes.ACTIVATION_WITH_LOGITS,
            f"the loss of `{output.name}` expects logits (`from_logits: true`), but the output ends with "
            f"{output.function}",
            context.spec.positions.value(path),
            help=f"remove `from_logits`, or the {output.function}",
            related=(Related(f"the {output.function}", activation_span(context, output.activation)),),
            edits=replace(context, path, "false"),
        )


def _from_logits(output: Output) -> Path:
    assert output.loss_path is not None
    head = next(iter(output.settings.loss))  # type: ignore[arg-type]
    return (*output.loss_path, head, "from_logits")
