"""KS411: classes as whole numbers where the loss takes one-hot vectors, and the other way round."""

from __future__ import annotations

from kspec.diagnostics import codes
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.fixes import Edits, replace
from kspec.lint.rules.shared.outputs import (
    CATEGORICAL_CROSSENTROPIES,
    SPARSE_CROSSENTROPIES,
    Output,
    loss_span,
    trained_outputs,
)
from kspec.lint.rules.shared.targets import Target, target_of

SPARSE, CATEGORICAL = "sparse_categorical_crossentropy", "categorical_crossentropy"
CLOSE = 0.01


def check(context: RuleContext) -> None:
    """Compares what the loss of each output takes with what stands in its target's columns."""
    for output in trained_outputs(context):
        target = target_of(context, output.name)
        if target is None or output.shape is None or output.loss_path is None:
            continue
        if output.loss in SPARSE_CROSSENTROPIES:
            _sparse(context, output, target)
        elif output.loss in CATEGORICAL_CROSSENTROPIES:
            _categorical(context, output, target)


def _sparse(context: RuleContext, output: Output, target: Target) -> None:
    answer = output.shape[1:] if output.shape is not None else ()
    if len(answer) > 1 and len(target.shape) == len(answer) and target.shape[-1] == output.units != 1:
        _say(context, output, f"{target.called()} has a number for each class, and the loss takes the class's number",
             f"write `{CATEGORICAL}`", replace(context, output.loss_path, CATEGORICAL))  # fmt: skip
    elif len(target.shape) == 1 and target.shape[0] > 1 and len(answer) == 1:
        if not _is_one_hot(target):
            _not_one_hot(context, output, target)
    elif not target.shape:
        column = target.columns[0]
        if column.whole is False or (column.whole and column.type == "float" and (column.minimum or 0) < 0):
            _say(context, output, f"`{column.name}` has numbers such as {column.example}, and the loss takes classes: "
                 "whole numbers from 0, or labels", "a regression has the loss `mean_squared_error`, and ends with one "
                 "linear unit", ())  # fmt: skip


def _categorical(context: RuleContext, output: Output, target: Target) -> None:
    answer = output.shape[1:] if output.shape is not None else ()
    if len(answer) > 1 and len(target.shape) == len(answer) - 1 and all(c.whole for c in target.columns):
        _say(context, output, f"{target.called()} has the class's number, and the loss takes a number for each class",
             f"write `{SPARSE}`", replace(context, output.loss_path, SPARSE))  # fmt: skip
    elif len(target.shape) == 1 and target.shape[0] > 1 and len(answer) == 1 and not _is_one_hot(target):
        _not_one_hot(context, output, target)


def _is_one_hot(target: Target) -> bool:
    """Whether the numbers of each row can be probabilities: none below 0 or above 1, in sum 1 on average."""
    least, largest = target.minimum, target.maximum
    if least is None or largest is None or least < 0 or largest > 1:
        return least is None or largest is None
    means = [column.mean or 0.0 for column in target.columns]
    total = sum(means) if len(target.columns) > 1 else means[0] * target.shape[0]
    return abs(total - 1) < CLOSE


def _not_one_hot(context: RuleContext, output: Output, target: Target) -> None:
    _say(context, output, f"{target.called()} are no one-hot columns: in each row one of them would be 1, the others 0",
         "several that can be true take sigmoid and `binary_crossentropy`; numbers a linear output and "
         "`mean_squared_error`; labels one column", ())  # fmt: skip


def _say(context: RuleContext, output: Output, message: str, help: str, edits: Edits) -> None:
    context.report.error(codes.TARGET_ENCODING_MISMATCH, message, loss_span(context, output), help=help, edits=edits)
