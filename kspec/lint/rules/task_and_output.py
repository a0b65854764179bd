"""KS408: a declared task that the output or its loss contradicts."""

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


class Contradiction(NamedTuple):
    """How an output contradicts its task, and the remedy.

    Args:
        message: The contradiction: completes "`y` …".
        help: What to write instead.
        task: The task that suits the output; empty if there is none.
        edits: The edits, where they change something else than the task.
    """

    message: str
    help: str
    task: str = ""
    edits: Edits = ()


def check(context: RuleContext) -> None:
    """Compares a declared `task` with the activation, the units and the loss of each output."""
    for output in trained_outputs(context):
        if not output.task_declared or (output.function == "softmax" and output.units == 1):
            continue
        if output.function == "sigmoid" and output.loss_path is not None and output.loss in EXCLUSIVE:
            continue  # KS403
        contradiction = _contradiction(context, output)
        if contradiction is not None:
            path = _task_path(context, output)
            task = contradiction.task
            edits = contradiction.edits or (replace(context, path, task) if task else ())
            context.report.error(
                codes.TASK_OUTPUT_MISMATCH,
                f"the task is {output.settings.task}, but `{output.name}` {contradiction.message}",
                context.spec.positions.value(path),
                help=contradiction.help,
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
            return Contradiction("has a loss for classes", "remove `task`, or the loss", "multiclass_classification")
    return None


def _binary(output: Output) -> Contradiction | None:
    if output.function == "softmax":
        return Contradiction(
            "ends with softmax, which is for several classes",
            "use one unit with sigmoid, or `task: multiclass_classification` with one unit per class",
            "multiclass_classification",
        )
    if output.units is not None and output.units > 1:
        return Contradiction(
            f"has {output.units} units",
            "use one unit, or `task: multilabel_classification` for several yes/no targets",
            "multilabel_classification" if output.function == "sigmoid" else "",
        )
    return _regression(output)


def _multilabel(output: Output) -> Contradiction | None:
    if output.function == "softmax":
        return Contradiction(
            "ends with softmax, which lets only one class be true",
            "write `activation: sigmoid`, or `task: multiclass_classification`",
            "multiclass_classification",
        )
    return _regression(output)


def _multiclass(context: RuleContext, output: Output) -> Contradiction | None:
    if output.units == 1:
        return Contradiction(
            "has one unit",
            "use one unit per class, with softmax, or `task: binary_classification` for a yes/no target",
            "binary_classification" if output.function == "sigmoid" else "",
        )
    if output.function == "sigmoid" and output.loss_path is None:
        assert output.activation is not None
        return Contradiction(
            "ends with sigmoid, which lets several classes be true",
            "write `activation: softmax`, or `task: multilabel_classification`",
            edits=replace(context, output.activation.path, "softmax"),
        )
    return _regression(output)


def _regression(output: Output) -> Contradiction | None:
    """The contradiction of a linear output with a regression loss."""
    if output.function != "linear" or output.loss_path is None or output.loss not in REGRESSION_LOSSES:
        return None
    return Contradiction("has a regression loss", "write `task: regression`, or another loss", "regression")


def _task_path(context: RuleContext, output: Output) -> Path:
    return ("task", output.name) if isinstance(context.spec.document.task, dict) else ("task",)
