"""KS562: a scale for a target that has no numbers to scale."""

from __future__ import annotations

from kspec.analysis.adapted_layers import target_to_learn
from kspec.analysis.task_inference import FREE_FORM_LOSSES
from kspec.diagnostics import Path, codes
from kspec.ir.preset import is_preset
from kspec.language.targets import target_scale
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.outputs import Output, trained_outputs

OWN_UNIT_LOSSES = frozenset({"Poisson", "MeanSquaredLogarithmicError", "MeanAbsolutePercentageError"})
"""Losses that mean what their name says only of values in their own unit, above 0."""


def check(context: RuleContext) -> None:
    """Finds scales of classes, and losses for which a scale has no meaning."""
    data = context.spec.document.data
    for output in trained_outputs(context) if data is not None else ():
        scale = target_scale(data.targets, output.name) if data is not None else None
        if scale is None:
            continue
        path: Path = ("data", "targets", output.name, "scale")
        problem = _problem(context, output)
        if problem:
            span = context.spec.positions.value(path)
            context.report.error(codes.UNSCALABLE_TARGET, problem, span, help="remove `scale`")
        elif output.loss in OWN_UNIT_LOSSES and output.loss_path is not None:
            context.report.warning(
                codes.UNSCALABLE_TARGET,
                f"the loss of `{output.name}` takes values above 0 in their own unit, and sees scaled ones",
                context.spec.positions.value(path),
                help="use `mean_squared_error` or `mean_absolute_error`, or remove `scale`",
            )


def _problem(context: RuleContext, output: Output) -> str:
    """Why the target of an output cannot be scaled; empty if it can."""
    if output.settings.task not in (None, "regression"):
        return f"`{output.name}` predicts classes, and only numbers have a scale"
    if output.loss in FREE_FORM_LOSSES:
        return f"the loss of `{output.name}` takes labels, and only numbers have a scale"
    learned = [node for node in context.graph.calls if target_to_learn(context.graph, node) == output.name]
    if any(not is_preset(node.arguments) for node in learned):
        return f"`{learned[0].name}` scales the predictions of `{output.name}` back, and `scale` would do so again"
    return ""
