"""KS403: a sigmoid with a crossentropy of exclusive classes, or a softmax with a binary one."""

from __future__ import annotations

from kspec.diagnostics import codes
from kspec.language.data import CLASS_FOLDERS
from kspec.language.targets import target_columns
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.fixes import replace
from kspec.lint.rules.shared.outputs import (
    BINARY_CROSSENTROPIES,
    CATEGORICAL_CROSSENTROPIES,
    SPARSE_CROSSENTROPIES,
    Output,
    data_source,
    loss_span,
    trained_outputs,
)
from kspec.lint.rules.shared.targets import target_of

EXCLUSIVE = CATEGORICAL_CROSSENTROPIES | SPARSE_CROSSENTROPIES


def check(context: RuleContext) -> None:
    """Compares the last activation of each output with its crossentropy."""
    for output in trained_outputs(context):
        if output.units is None or output.loss_path is None:
            continue  # a default loss contradicts the activation only where `task` does: KS408
        if output.logits:
            if output.units == 1 and output.loss in EXCLUSIVE:
                _one_unit(context, output, "{BinaryCrossentropy: {from_logits: true}}")
        elif output.function == "sigmoid" and output.loss in EXCLUSIVE:
            _sigmoid(context, output)
        elif output.function == "softmax" and output.loss in BINARY_CROSSENTROPIES and output.units > 1:
            _softmax(context, output)


def _sigmoid(context: RuleContext, output: Output) -> None:
    assert output.activation is not None
    if output.units == 1:
        _one_unit(context, output, "binary_crossentropy")
        return
    context.report.warning(
        codes.MISMATCHED_CROSSENTROPY,
        f"the loss of `{output.name}` is for mutually exclusive classes, but its sigmoid lets several be true",
        loss_span(context, output),
        help="write `activation: softmax` for exclusive classes, or `binary_crossentropy` if several can be true",
        edits=replace(context, output.activation.path, "softmax"),
    )


def _one_unit(context: RuleContext, output: Output, right: str) -> None:
    """Reports a crossentropy of exclusive classes for a single unit.

    Args:
        context: The network.
        output: The output.
        right: The loss for a yes/no target, as YAML.
    """
    context.report.error(
        codes.MISMATCHED_CROSSENTROPY,
        f"the loss of `{output.name}` is for several classes, so for one {output.function} unit it is always 0",
        loss_span(context, output),
        help=f"write `{right}` for a yes/no target",
        edits=replace(context, output.loss_path, right),
    )


def _softmax(context: RuleContext, output: Output) -> None:
    name = _crossentropy_of_target(context, output)
    context.report.warning(
        codes.MISMATCHED_CROSSENTROPY,
        f"the loss of `{output.name}` is for independent yes/no targets, but its softmax lets only one be true",
        loss_span(context, output),
        help=f"write `{name or 'categorical_crossentropy'}` for exclusive classes, or `activation: sigmoid` if several "
        "can be true",
        edits=replace(context, output.loss_path, name) if name else (),
    )


def _crossentropy_of_target(context: RuleContext, output: Output) -> str:
    """The crossentropy for the target's encoding; empty where that is not known."""
    target = target_of(context, output.name)
    if target is not None:
        one_hot = len(target.shape) > 0 and target.shape[-1] == output.units
        return "categorical_crossentropy" if one_hot else "sparse_categorical_crossentropy"
    data = context.spec.document.data
    columns = target_columns(data.targets, output.name) if data is not None else None
    if isinstance(columns, list) and len(columns) == output.units:
        return "categorical_crossentropy"
    single = isinstance(columns, str) and "*" not in columns and data_source(context) == "csv"
    return "sparse_categorical_crossentropy" if single or data_source(context) in CLASS_FOLDERS else ""
