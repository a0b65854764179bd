"""KS429: a hinge loss of an output that cannot be negative."""

from __future__ import annotations

from kspec.diagnostics import codes
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.activations import RANGES
from kspec.lint.rules.shared.fixes import replace
from kspec.lint.rules.shared.outputs import loss_span, trained_outputs


def check(context: RuleContext) -> None:
    """Finds hinge losses, whose classes are -1 and 1, after activations whose minimum is 0."""
    for output in trained_outputs(context):
        if output.loss not in ("Hinge", "SquaredHinge") or RANGES.get(output.function, (None, None))[0] != 0.0:
            continue
        assert output.activation is not None
        context.report.warning(
            codes.HINGE_OF_NON_NEGATIVE_OUTPUT,
            f"{output.described_loss} is for scores around 0, but the output ends with {output.function}, "
            "which is never negative",
            loss_span(context, output),
            help="write `activation: tanh`, or the loss `binary_crossentropy` with a sigmoid",
            edits=replace(context, output.activation.path, "tanh"),
        )
