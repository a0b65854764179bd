"""KS403: the activation of one kind of question with the crossentropy of another."""

from __future__ import annotations

from kspec.diagnostics import codes
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.fixes import Edits, replace
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
    """Looks for a sigmoid with a loss of exclusive classes, and a softmax with a loss of yes or no."""
    for output in trained_outputs(context):
        if output.loss_path is None or output.logits or output.units is None:
            continue
        if output.function == "sigmoid" and output.loss in EXCLUSIVE:
            _sigmoid(context, output)
        elif output.function == "softmax" and output.loss in BINARY_CROSSENTROPIES and output.units > 1:
            _softmax(context, output)


def _sigmoid(context: RuleContext, output: Output) -> None:
    assert output.activation is not None
    if output.units == 1:
        context.report.error(
            codes.MISMATCHED_CROSSENTROPY,
            f"`{output.name}` is one sigmoid unit, and the loss is for several classes: it would always be 0",
            loss_span(context, output),
            help="a yes or no takes `binary_crossentropy`",
            edits=replace(context, output.loss_path, "binary_crossentropy"),
        )
        return
    context.report.warning(
        codes.MISMATCHED_CROSSENTROPY,
        f"the loss of `{output.name}` is for classes of which one is true, and its sigmoid lets several be",
        loss_span(context, output),
        help="`activation: softmax` for one class of several; `binary_crossentropy` where several can be true",
        edits=replace(context, output.activation.path, "softmax"),
    )


def _softmax(context: RuleContext, output: Output) -> None:
    name = _by_target(context, output)
    context.report.warning(
        codes.MISMATCHED_CROSSENTROPY,
        f"the loss of `{output.name}` is for answers that are each yes or no, and its softmax lets one be true",
        loss_span(context, output),
        help=f"`{name or 'categorical_crossentropy'}` for one class of several; `activation: sigmoid` where several "
        "can be true",
        edits=_swap(context, output, name),
    )


def _by_target(context: RuleContext, output: Output) -> str:
    """The loss for the target's form; empty where that is not known."""
    target = target_of(context, output.name)
    if target is not None:
        one_hot = len(target.shape) > 0 and target.shape[-1] == output.units
        return "categorical_crossentropy" if one_hot else "sparse_categorical_crossentropy"
    data = context.spec.document.data
    said = data.targets if data is not None else None
    if isinstance(said, dict):
        said = said[output.name]
    if isinstance(said, list) and len(said) == output.units:
        return "categorical_crossentropy"
    single = isinstance(said, str) and "*" not in said and data_source(context) == "csv"
    return "sparse_categorical_crossentropy" if single or data_source(context) == "images" else ""


def _swap(context: RuleContext, output: Output, name: str) -> Edits:
    return replace(context, output.loss_path, name) if name else ()
