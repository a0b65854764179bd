"""`fit.class_weight`: `balanced`, or label → weight; for outputs of labels alone."""

from __future__ import annotations

from typing import Any

from kspec.diagnostics import Path, codes, did_you_mean
from kspec.lint.context import RuleContext


def check(context: RuleContext) -> None:
    """Checks the form of class weights, and that each output with weights answers with classes."""
    said = context.spec.document.fit.class_weight
    if said is None or not context.graph.outputs:  # what is wrong with the outputs is told already
        return
    path: Path = ("fit", "class_weight")
    outputs = context.graph.outputs
    if isinstance(said, dict) and any(name in outputs for name in said):
        for name, value in said.items():
            if name in outputs:
                _check(context, name, value, (*path, name))
    elif len(outputs) == 1:
        _check(context, next(iter(outputs)), said, path)
    elif outputs and said != "balanced":
        context.report.error(
            codes.INVALID_CLASS_WEIGHT,
            "with several outputs, class weights are given by output",
            context.spec.positions.value(path),
            help=f"write `class_weight: {{{next(iter(outputs))}: balanced}}`",
        )


def _check(context: RuleContext, output: str, said: Any, path: Path) -> None:
    span = context.spec.positions.value(path)
    if isinstance(said, dict):
        for label, weight in said.items():
            if isinstance(weight, bool) or not isinstance(weight, (int, float)) or weight < 0:
                context.report.error(
                    codes.INVALID_CLASS_WEIGHT,
                    f"the weight of `{label}` must be a number that is not negative",
                    context.spec.positions.value((*path, label)),
                )
    elif said != "balanced":
        label = did_you_mean(said, ["balanced"]) if isinstance(said, str) else ""
        context.report.error(
            codes.INVALID_CLASS_WEIGHT,
            "class weights are `balanced`, or a mapping of labels to weights",
            span,
            label=label,
            help="write `class_weight: balanced`, or `class_weight: {yes: 2.0}`",
        )
    settings = context.settings
    if settings is not None and settings.outputs[output].task == "regression":
        context.report.error(
            codes.INVALID_CLASS_WEIGHT,
            f"`{output}` answers with a number, and class weights are for classes",
            span,
            help="leave them out; `data: {weights: column}` weighs examples",
        )
