"""KS406: a regression whose activation cannot give what it has to."""

from __future__ import annotations

from kspec.diagnostics import codes
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.activations import RANGES
from kspec.lint.rules.shared.fixes import replace
from kspec.lint.rules.shared.outputs import Output, activation_span, data_source, trained_outputs
from kspec.lint.rules.shared.targets import Target, target_of

OF_ANY_NUMBER = frozenset(
    {"MeanSquaredError", "MeanAbsoluteError", "MeanAbsolutePercentageError", "Huber", "LogCosh"}
)  # fmt: skip


def check(context: RuleContext) -> None:
    """Looks for a regression that ends with relu, or with bounds that its target does not keep."""
    for output in trained_outputs(context):
        if output.settings.task != "regression" or output.loss not in OF_ANY_NUMBER or output.activation is None:
            continue
        if output.function not in RANGES:
            continue
        target = target_of(context, output.name)
        found = _unknown_target(context, output) if target is None else _beyond(output, target)
        if found:
            context.report.warning(
                codes.BOUNDED_REGRESSION_OUTPUT,
                found,
                activation_span(context, output.activation),
                help="leave the activation out: a regression's output is linear",
                edits=replace(context, output.activation.path, "linear"),
            )


def _unknown_target(context: RuleContext, output: Output) -> str:
    """A relu at the end of a table's regression: it cannot fall below 0, and stops learning where it would."""
    flat = output.shape is not None and len(output.shape) == 2
    if output.function != "relu" or not flat or data_source(context) == "synthetic":
        return ""
    return f"`{output.name}` is a number, and its relu gives none below 0"


def _beyond(output: Output, target: Target) -> str:
    low, high = RANGES[output.function]
    least, largest = target.minimum, target.maximum
    if low is not None and least is not None and least < low:
        return f"`{output.name}` ends with {output.function}, and its target goes down to {least:g}"
    if high is not None and largest is not None and largest > high:
        return f"`{output.name}` ends with {output.function}, and its target goes up to {largest:g}"
    return ""
