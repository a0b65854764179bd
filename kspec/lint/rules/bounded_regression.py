"""KS406: a regression whose activation cannot reach all values of the target."""

from __future__ import annotations

from kspec.diagnostics import codes
from kspec.language.targets import target_scale
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.activations import RANGES
from kspec.lint.rules.shared.fixes import replace
from kspec.lint.rules.shared.outputs import Output, activation_span, data_source, trained_outputs
from kspec.lint.rules.shared.targets import Target, target_of

LOSSES_OF_ANY_NUMBER = frozenset(
    {"MeanSquaredError", "MeanAbsoluteError", "MeanAbsolutePercentageError", "Huber", "LogCosh"}
)


def check(context: RuleContext) -> None:
    """Finds regressions that end with relu, or with an activation whose range the target exceeds."""
    for output in trained_outputs(context):
        if output.settings.task != "regression" or output.loss not in LOSSES_OF_ANY_NUMBER or output.activation is None:
            continue
        if output.function not in RANGES:
            continue
        target = target_of(context, output.name)
        scale = target_scale(data.targets, output.name) if (data := context.spec.document.data) is not None else None
        if scale == "standard":
            message = f"`{output.name}` ends with {output.function}, which is bounded, and a standard scale is not"
        elif scale is not None:
            message = _without_data(context, output) if scale == "log" else ""
        else:
            message = _without_data(context, output) if target is None else _beyond_range(output, target)
        if message:
            context.report.warning(
                codes.BOUNDED_REGRESSION_OUTPUT,
                message,
                activation_span(context, output.activation),
                help="remove the activation: the output of a regression is linear",
                edits=replace(context, output.activation.path, "linear"),
            )


def _without_data(context: RuleContext, output: Output) -> str:
    """The problem of a relu, which stops learning where the target is negative; empty if there is none."""
    flat = output.shape is not None and len(output.shape) == 2
    if output.function != "relu" or not flat or data_source(context) == "synthetic":
        return ""
    return f"the regression output `{output.name}` ends with relu, so it cannot predict negative values"


def _beyond_range(output: Output, target: Target) -> str:
    low, high = RANGES[output.function]
    least, largest = target.minimum, target.maximum
    start = f"`{output.name}` ends with {output.function}, whose"
    if low is not None and least is not None and least < low:
        return f"{start} minimum is {low:g}, but its target goes down to {least:g}"
    if high is not None and largest is not None and largest > high:
        return f"{start} maximum is {high:g}, but its target goes up to {largest:g}"
    return ""
