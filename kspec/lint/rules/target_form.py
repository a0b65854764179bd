"""KS411: integer classes where the loss expects one-hot vectors, and the reverse."""

from __future__ import annotations

from kspec.diagnostics import codes
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.fixes import Edits, replace
from kspec.lint.rules.shared.outputs import (
    BINARY_CROSSENTROPIES,
    CATEGORICAL_CROSSENTROPIES,
    SPARSE_CROSSENTROPIES,
    Output,
    loss_span,
    trained_outputs,
)
from kspec.lint.rules.shared.targets import Target, target_of

SPARSE, CATEGORICAL = "sparse_categorical_crossentropy", "categorical_crossentropy"


def check(context: RuleContext) -> None:
    """Compares the encoding that each output's loss expects with its target's columns."""
    for output in trained_outputs(context):
        target = target_of(context, output.name)
        if target is None or output.shape is None:
            continue
        if output.loss in BINARY_CROSSENTROPIES:
            _binary(context, output, target)
        elif output.loss in SPARSE_CROSSENTROPIES:
            _sparse(context, output, target)
        elif output.loss in CATEGORICAL_CROSSENTROPIES:
            _categorical(context, output, target)


def _sparse(context: RuleContext, output: Output, target: Target) -> None:
    shape = output.shape[1:] if output.shape is not None else ()
    if len(shape) > 1 and len(target.shape) == len(shape) and target.shape[-1] == output.units != 1:
        _report(
            context,
            output,
            f"{target.names()} is one-hot, but {output.described_loss} expects an integer class",
            f"write `{CATEGORICAL}`",
            replace(context, output.loss_path, CATEGORICAL),
        )
    elif len(target.shape) == 1 and target.shape[0] > 1 and len(shape) == 1:
        _check_rows(context, output, target)
    elif not target.shape:
        column = target.columns[0]
        if column.whole is False:
            _report(
                context,
                output,
                f"`{column.name}` has numbers such as {column.example}, but {output.described_loss} expects "
                "classes: integers from 0, or labels",
                f"for a regression, end `{output.name}` with one unit and no activation"
                + (", and write the loss `mean_squared_error`" if output.loss_path is not None else ""),
                (),
            )


def _categorical(context: RuleContext, output: Output, target: Target) -> None:
    shape = output.shape[1:] if output.shape is not None else ()
    if len(shape) > 1 and len(target.shape) == len(shape) - 1 and all(c.whole for c in target.columns):
        _report(
            context,
            output,
            f"{target.names()} is an integer class, but {output.described_loss} expects one-hot vectors",
            f"write `{SPARSE}`",
            replace(context, output.loss_path, SPARSE),
        )
    elif len(target.shape) == len(shape) and target.shape[-1] > 1:
        _check_rows(context, output, target)


def _binary(context: RuleContext, output: Output, target: Target) -> None:
    """Reports numbers outside 0 … 1; two integers in one column are numbered 0 and 1, and labels beyond have KS407."""
    least, most = target.minimum, target.maximum
    if least is None or most is None or (least >= 0 and most <= 1) or target.is_numbered or len(target.labels) > 2:
        return
    _report(
        context,
        output,
        f"{target.names()} {'has' if len(target.columns) == 1 else 'have'} values from {least:g} to {most:g}, "
        f"but {output.described_loss} expects 0 and 1",
        "write 0 and 1 in the data; for numbers that are no classes, use a linear output and `mean_squared_error`",
        (),
    )


def _check_rows(context: RuleContext, output: Output, target: Target) -> None:
    """Reports a target of several columns in which some row has no single 1, and no probabilities of the classes."""
    assert context.profile is not None
    if output.name not in context.profile.not_one_hot:
        return
    count, example = context.profile.not_one_hot[output.name]
    is_are = "is" if len(target.columns) == 1 else "are"
    _report(
        context,
        output,
        f"{target.names()} {is_are} not one-hot: {output.described_loss} expects one 1 in each row, and "
        + (f"{count:,} rows differ, such as {example}" if count > 1 else f"one row is {example}"),
        "if several can be true, use sigmoid and `binary_crossentropy`; for numbers, a linear output and "
        "`mean_squared_error`; for labels, one column",
        (),
    )


def _report(context: RuleContext, output: Output, message: str, help: str, edits: Edits) -> None:
    context.report.error(codes.TARGET_ENCODING_MISMATCH, message, loss_span(context, output), help=help, edits=edits)
