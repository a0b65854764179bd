"""KS408: a stated task that the output or its loss contradicts."""

from __future__ import annotations

from typing import NamedTuple

from kspec.diagnostics import Path, codes
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.fixes import Edits, replace
from kspec.lint.rules.shared.outputs import (
    CATEGORICAL_CROSSENTROPIES,
    REGRESSION_LOSSES,
    SPARSE_CROSSENTROPIES,
    Output,
    trained_outputs,
)

EXCLUSIVE = CATEGORICAL_CROSSENTROPIES | SPARSE_CROSSENTROPIES
QUESTIONS = {
    "binary_classification": "a yes or no",
    "multilabel_classification": "several answers of yes or no",
    "multiclass_classification": "one class of several",
    "regression": "a number",
}


class Contradiction(NamedTuple):
    """What the output answers instead of what the task asks for, and the cure.

    Args:
        task: The task that the output is fit for; empty where none is.
    """

    message: str
    help: str
    task: str = ""
    edits: Edits = ()


def check(context: RuleContext) -> None:
    """Compares a stated `task` with the activation, the units and the loss of each output."""
    for output in trained_outputs(context):
        if not output.task_stated or (output.function == "softmax" and output.units == 1):
            continue
        if output.function == "sigmoid" and output.loss_path is not None and output.loss in EXCLUSIVE:
            continue  # KS403
        found = _contradiction(context, output)
        if found is not None:
            path = _task_path(context, output)
            edits = found.edits or (replace(context, path, found.task) if found.task else ())
            context.report.error(
                codes.TASK_OUTPUT_MISMATCH,
                f"the task is {QUESTIONS[str(output.settings.task)]}, and `{output.name}` {found.message}",
                context.spec.positions.value(path),
                help=found.help,
                edits=edits,
            )


def _contradiction(context: RuleContext, output: Output) -> Contradiction | None:
    match output.settings.task:
        case "binary_classification":
            return _binary(output)
        case "multilabel_classification":
            return _multilabel(output)
        case "multiclass_classification":
            return _multiclass(context, output)
        case "regression" if output.loss_path is not None and output.loss in EXCLUSIVE:
            return Contradiction("has a loss for classes", "leave out `task`, or the loss", "multiclass_classification")
    return None


def _binary(output: Output) -> Contradiction | None:
    if output.function == "softmax":
        return Contradiction(
            "ends with softmax, which tells classes apart",
            "one unit with sigmoid, or `task: multiclass_classification` for two classes side by side",
            "multiclass_classification",
        )
    if output.units is not None and output.units > 1:
        return Contradiction(
            f"has {output.units} units",
            "one unit for one question; `task: multilabel_classification` for several",
            "multilabel_classification" if output.function == "sigmoid" else "",
        )
    return _number(output)


def _multilabel(output: Output) -> Contradiction | None:
    if output.function == "softmax":
        return Contradiction(
            "ends with softmax, of which one class alone can be true",
            "`activation: sigmoid`, or `task: multiclass_classification`",
            "multiclass_classification",
        )
    return _number(output)


def _multiclass(context: RuleContext, output: Output) -> Contradiction | None:
    if output.units == 1:
        return Contradiction(
            "has one unit",
            "as many units as there are classes, with softmax; `task: binary_classification` for a yes or no",
            "binary_classification" if output.function == "sigmoid" else "",
        )
    if output.function == "sigmoid" and output.loss_path is None:
        assert output.activation is not None
        return Contradiction(
            "ends with sigmoid, which lets several classes be true",
            "`activation: softmax`, or `task: multilabel_classification`",
            edits=replace(context, output.activation.path, "softmax"),
        )
    return _number(output)


def _number(output: Output) -> Contradiction | None:
    """A linear output with a loss of numbers answers no question of classes."""
    if output.function != "linear" or output.loss_path is None or output.loss not in REGRESSION_LOSSES:
        return None
    return Contradiction("answers with a number, by its loss", "`task: regression`, or another loss", "regression")


def _task_path(context: RuleContext, output: Output) -> Path:
    return ("task", output.name) if isinstance(context.spec.document.task, dict) else ("task",)
