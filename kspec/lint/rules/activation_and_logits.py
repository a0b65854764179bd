"""KS404: a loss that applies the activation itself, after a layer that has done so already."""

from __future__ import annotations

from kspec.diagnostics import Path, Related, codes
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.activations import PROBABILITIES
from kspec.lint.rules.shared.fixes import replace
from kspec.lint.rules.shared.outputs import CROSSENTROPIES, Output, trained_outputs

NONSENSE_ALREADY = ("softmax", 1)


def check(context: RuleContext) -> None:
    """Looks for `from_logits: true` with an output that gives probabilities."""
    for output in trained_outputs(context):
        if not output.logits or output.loss not in CROSSENTROPIES or output.function not in PROBABILITIES:
            continue
        if output.loss_path is None or (output.function, output.units) == NONSENSE_ALREADY:
            continue
        path = _from_logits(output)
        context.report.error(
            codes.ACTIVATION_WITH_LOGITS,
            f"`{output.name}` ends with {output.function}, and the loss applies it once more: `from_logits: true` "
            "says that it has not been",
            context.spec.positions.value(path),
            help=f"leave out `from_logits`, or the {output.function}",
            related=_related(context, output),
            edits=replace(context, path, "false"),
        )


def _from_logits(output: Output) -> Path:
    assert output.loss_path is not None
    head = next(iter(output.settings.loss))  # type: ignore[arg-type]
    return (*output.loss_path, head, "from_logits")


def _related(context: RuleContext, output: Output) -> tuple[Related, ...]:
    from kspec.lint.rules.shared.outputs import activation_span

    assert output.activation is not None
    return (Related(f"the {output.function}", activation_span(context, output.activation)),)
