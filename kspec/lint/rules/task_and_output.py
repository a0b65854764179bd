"""KS408: a declared task that the output or its loss contradicts.

| task | activation that contradicts it | loss that contradicts it |
| --- | --- | --- |
| regression | | of classes; a warning where its targets may lie between the classes |
| binary_classification | softmax; one without probabilities, if the loss is a default | of numbers, exclusive classes |
| multilabel_classification | the same | the same |
| multiclass_classification | sigmoid; one without probabilities, if the loss is a default | of numbers |

A task that kspec would infer anyway contradicts nothing: what is wrong between the loss and the output, their own rules
report, whether the spec states the task or not.
A loss of numbers contradicts no output of probabilities: the squared error of a probability is a loss of classes, too.
"""

from __future__ import annotations

from typing import NamedTuple

from kspec.analysis.task_inference import BINARY_LOSSES, HINGE_LOSSES, PROBABILITIES, task_of
from kspec.diagnostics import Path, codes
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.fixes import Edits, replace
from kspec.lint.rules.shared.outputs import (
    CATEGORICAL_CROSSENTROPIES,
    CROSSENTROPIES,
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
        is_certain: Whether the task is certainly wrong.
    """

    message: str
    help: str
    task: str = ""
    edits: Edits = ()
    is_certain: bool = True


def check(context: RuleContext) -> None:
    """Compares a declared `task` with the activation, the units and the loss of each output."""
    for output in trained_outputs(context):
        if not output.task_declared or (output.function == "softmax" and output.units == 1):
            continue
        if output.loss_path is not None and output.settings.task == task_of(output.settings.head, output.settings.loss):
            continue
        if output.function == "sigmoid" and output.loss_path is not None and output.loss in EXCLUSIVE:
            continue  # KS403
        contradiction = _contradiction(context, output)
        if contradiction is not None:
            path = _task_path(context, output)
            task = contradiction.task
            edits = contradiction.edits or (replace(context, path, task) if task else ())
            report = context.report.error if contradiction.is_certain else context.report.warning
            report(
                codes.TASK_OUTPUT_MISMATCH,
                f"the task is {output.settings.task}, but `{output.name}` {contradiction.message}",
                context.spec.positions.value(path),
                help=contradiction.help,
                edits=edits,
            )


def _contradiction(context: RuleContext, output: Output) -> Contradiction | None:
    match output.settings.task:
        case "binary_classification":
            return _binary(context, output)
        case "multilabel_classification":
            return _multilabel(context, output)
        case "multiclass_classification":
            return _multiclass(context, output)
        case "regression" if output.loss_path is not None:
            return _of_classes(output)
    return None


def _of_classes(output: Output) -> Contradiction | None:
    """The contradiction of a regression with a loss of classes."""
    if output.loss in CROSSENTROPIES and not output.logits and output.function not in PROBABILITIES | {""}:
        return None  # KS405
    if output.loss not in CROSSENTROPIES | HINGE_LOSSES:
        return None
    task = "multiclass_classification"
    if output.loss in BINARY_LOSSES:
        task = "binary_classification" if output.units == 1 else "multilabel_classification"
    help = f"write `task: {task}`, or a loss of numbers, such as `mean_squared_error`"
    return Contradiction("has a loss for classes", help, task, is_certain=output.loss in EXCLUSIVE)


def _binary(context: RuleContext, output: Output) -> Contradiction | None:
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
    return _exclusive(output) or _no_probabilities(context, output, "sigmoid") or _regression(output)


def _multilabel(context: RuleContext, output: Output) -> Contradiction | None:
    if output.function == "softmax":
        return Contradiction(
            "ends with softmax, which lets only one class be true",
            "write `activation: sigmoid`, or `task: multiclass_classification`",
            "multiclass_classification",
        )
    return _exclusive(output) or _no_probabilities(context, output, "sigmoid") or _regression(output)


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
    return _no_probabilities(context, output, "softmax") or _regression(output)


def _exclusive(output: Output) -> Contradiction | None:
    """The contradiction of yes/no targets with a loss of logits for exclusive classes."""
    if output.loss not in EXCLUSIVE or not output.logits or output.units == 1:
        return None  # KS403
    help = "write `BinaryCrossentropy: {from_logits: true}`, or `task: multiclass_classification`"
    return Contradiction("has a loss for exclusive classes", help, "multiclass_classification")


def _no_probabilities(context: RuleContext, output: Output, right: str) -> Contradiction | None:
    """The contradiction of a default loss, which expects probabilities, with an activation that gives none.

    Args:
        context: The network.
        output: The output.
        right: The activation that gives probabilities.
    """
    if output.loss_path is not None or output.function in PROBABILITIES | {"", "linear"}:
        return None
    assert output.activation is not None
    return Contradiction(
        f"ends with {output.function}, which gives no probabilities",
        f"write `activation: {right}`" + (", or a loss of scores: `hinge`" if output.function == "tanh" else ""),
        edits=replace(context, output.activation.path, right),
    )


def _regression(output: Output) -> Contradiction | None:
    """The contradiction of a regression loss with an output that gives no probabilities."""
    if output.function in PROBABILITIES | {""} or output.loss_path is None or output.loss not in REGRESSION_LOSSES:
        return None
    return Contradiction("has a regression loss", "write `task: regression`, or another loss", "regression")


def _task_path(context: RuleContext, output: Output) -> Path:
    return ("task", output.name) if isinstance(context.spec.document.task, dict) else ("task",)
