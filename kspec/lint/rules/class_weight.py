"""KS217: `fit.class_weight`, which is `balanced` or label → weight, for classification outputs only."""

from __future__ import annotations

import math
from typing import Any

from kspec.diagnostics import Path, codes, did_you_mean
from kspec.lint.context import RuleContext
from kspec.syntax.yaml_flow import kind_of


def check(context: RuleContext) -> None:
    """Checks the form of class weights, and that they belong to classification outputs."""
    weights = context.spec.document.fit.class_weight
    if weights is None or not context.graph.outputs:  # problems of the outputs have been reported
        return
    path: Path = ("fit", "class_weight")
    outputs = context.graph.outputs
    if isinstance(weights, dict) and any(name in outputs for name in weights):
        for name, value in weights.items():
            if name in outputs:
                _check_output(context, name, value, (*path, name))
    elif len(outputs) == 1:
        _check_output(context, next(iter(outputs)), weights, path)
    elif outputs and weights != "balanced":
        context.report.error(
            codes.INVALID_CLASS_WEIGHT,
            "with several outputs, `class_weight` must be a mapping from outputs to weights",
            context.spec.positions.value(path),
            help=f"write `class_weight: {{{next(iter(outputs))}: balanced}}`",
        )


def _check_output(context: RuleContext, output: str, weights: Any, path: Path) -> None:
    span = context.spec.positions.value(path)
    if isinstance(weights, dict):
        for label, weight in weights.items():
            if isinstance(weight, bool) or not isinstance(weight, (int, float)) or weight < 0:
                context.report.error(
                    codes.INVALID_CLASS_WEIGHT,
                    f"the weight of `{label}` must be a non-negative number",
                    context.spec.positions.value((*path, label)),
                )
        _check_repeats(context, list(weights), path)
    elif weights != "balanced":
        label = did_you_mean(weights, ["balanced"]) if isinstance(weights, str) else ""
        context.report.error(
            codes.INVALID_CLASS_WEIGHT,
            f"`class_weight` must be `balanced`, or a mapping from labels to weights, not {kind_of(weights)}",
            span,
            label=label,
            help="write `class_weight: balanced`, or `class_weight: {yes: 2.0}`",
        )
    settings = context.settings
    if settings is not None and settings.outputs[output].task == "regression":
        context.report.error(
            codes.INVALID_CLASS_WEIGHT,
            f"`{output}` is a regression output, and class weights are for classes",
            span,
            help="remove them; `data: {weights: column}` weights each example",
        )


def _check_repeats(context: RuleContext, labels: list[Any], path: Path) -> None:
    """Reports labels that name the same class in two spellings, of which one weight would be lost."""
    first: dict[str, Any] = {}
    for label in labels:
        other = first.setdefault(_meaning(label), label)
        if other is not label:
            context.report.error(
                codes.INVALID_CLASS_WEIGHT,
                f"`{other}` and `{label}` are the same label, and it can have one weight only",
                context.spec.positions.key((*path, label)),
                help="remove one of them",
            )


def _meaning(label: Any) -> str:
    """What a label is as a number or a boolean, however it is spelled.

    >>> [_meaning("1"), _meaning("1.0"), _meaning("True"), _meaning("yes")]
    ['1.0', '1.0', 'true', 'yes']
    """
    text = str(label)
    if text.lower() in ("true", "false"):
        return text.lower()
    try:
        number = float(text)
    except ValueError:
        return text
    return str(number) if math.isfinite(number) else text
