"""KS407: an output whose number of units does not suit its target."""

from __future__ import annotations

from kspec.analysis.task_inference import BINARY_LOSSES
from kspec.diagnostics import Span, codes
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.activations import innermost
from kspec.lint.rules.shared.fixes import Edits, replace
from kspec.lint.rules.shared.outputs import (
    CATEGORICAL_CROSSENTROPIES,
    REGRESSION_LOSSES,
    SPARSE_CROSSENTROPIES,
    Output,
    node_span,
    trained_outputs,
)
from kspec.lint.rules.shared.targets import Target, target_of

SHOWN = 5
UNIT_PER_COLUMN = REGRESSION_LOSSES | BINARY_LOSSES | {"KLDivergence", "CosineSimilarity"}
"""Losses that compare each unit with its own column."""


def check(context: RuleContext) -> None:
    """Compares the units of each output with the classes, or the columns, of its target."""
    for output in trained_outputs(context):
        target = target_of(context, output.name)
        if target is None or output.units is None or output.units < 1:
            continue
        if output.function == "softmax" and output.units == 1:
            continue  # KS402
        if target.horizon and (output.shape is None or len(output.shape) == 2):
            continue  # KS570
        if output.loss in SPARSE_CROSSENTROPIES or output.loss in CATEGORICAL_CROSSENTROPIES:
            _check_exclusive(context, output, target, output.units)
        elif output.settings.task == "binary_classification" and output.units == 1 and len(target.labels) > 2:
            _report(
                context,
                output,
                f"`{output.name}` is a binary classification, but its target {target.names()} has "
                f"{len(target.labels)} classes: {_listed(target.labels)}",
                0,
                help=f"use {len(target.labels)} units with softmax",
            )
        elif output.shape is None or len(output.shape) == 2:
            _check_columns(context, output, target, output.units)


def _check_exclusive(context: RuleContext, output: Output, target: Target, units: int) -> None:
    """Checks an output with a unit for each class: its target has a column for each class, or labels."""
    rank = len(output.shape) if output.shape is not None else 2
    width = target.shape[-1] if target.shape else 1
    if len(target.shape) == rank - 1 and width > 1:
        is_text = target.labels and not target.columns[0].whole  # labels by position, whose shape is reported
        is_one_hot = context.profile is not None and output.name not in context.profile.not_one_hot  # else KS411
        if units != width and is_one_hot and not is_text:
            _report(
                context,
                output,
                f"the target of `{output.name}` has {width} columns, one per class, but the output has {_units(units)}",
                width,
                error=units < width or output.loss in CATEGORICAL_CROSSENTROPIES,
            )
    elif len(target.shape) <= rank - 2 or (len(target.shape) == rank - 1 and width == 1):
        _check_labels(context, output, target, units)


def _check_labels(context: RuleContext, output: Output, target: Target, units: int) -> None:
    """Checks labels: numbers must fit the units, unless they are a column that is numbered in order, as text is."""
    numbers = target.class_numbers
    if numbers and numbers[0] >= 0 and numbers[-1] < units:
        if 1 < numbers[-1] + 1 < units:
            _report_classes(context, output, target, units, numbers[-1] + 1)
    elif numbers and not (target.is_numbered and output.settings.ignored_label is None):
        _report_range(context, output, target, units, numbers)
    else:
        classes = len(target.labels) + (not numbers and _ignores_label(output, target))
        if 2 <= classes != units:
            _report_classes(context, output, target, units, classes)


def _ignores_label(output: Output, target: Target) -> bool:
    """Whether the loss ignores a label of text, which the profile leaves out though it has a class number."""
    ignored, distinct = output.settings.ignored_label, target.columns[0].distinct
    if ignored is None or not 0 <= ignored <= len(target.labels):
        return False
    return distinct is None or distinct > len(target.labels)


def _report_classes(context: RuleContext, output: Output, target: Target, units: int, wanted: int) -> None:
    if units == 1:
        return
    classes = max(len(target.labels), wanted)
    listed = f" ({_listed(target.labels)})" if len(target.labels) == classes else ""
    _report(
        context,
        output,
        f"the target {target.names()} has {classes} classes{listed}, "
        f"but the output `{output.name}` has {_units(units)}",
        wanted,
        error=units < wanted,
    )


def _report_range(context: RuleContext, output: Output, target: Target, units: int, numbers: list[int]) -> None:
    """Reports labels that are no class numbers of the output: below 0, or beyond the last unit."""
    least, most = numbers[0], numbers[-1]
    if least < 0:
        message = (
            f"the labels of {target.names()} start at {least}, but those of `{output.name}`, "
            f"which has {_units(units)}, are 0 to {units - 1}"
        )
        ignoring = f"`loss: {{SparseCategoricalCrossentropy: {{ignore_class: {least}}}}}`"
        help = f"number the labels from 0; to ignore the examples with {least}, write {ignoring}"
        _report(context, output, message, 0, help=help)
        return
    message = (
        f"the labels of {target.names()} go up to {most}, but `{output.name}` has "
        f"{_units(units)}, for labels up to {units - 1}"
    )
    help = f"use {_units(most + 1)}" + (", or number the labels from 0" if least > 0 else "")
    _report(context, output, message, most + 1, help=help)


def _check_columns(context: RuleContext, output: Output, target: Target, units: int) -> None:
    """Checks an output that compares each unit with its own column."""
    if len(target.shape) > 1:
        return
    width = target.shape[0] if target.shape else 1
    if output.loss in UNIT_PER_COLUMN and units != width and _is_numbers(target):
        needs = f"{width} columns" if width > 1 else "one column"
        _report(
            context, output, f"the target of `{output.name}` has {needs}, but the output has {_units(units)}", width
        )


def _is_numbers(target: Target) -> bool:
    """Whether the target has one value per column, so that no column is encoded as several."""
    return all(column.type != "text" for column in target.columns) or len(target.labels) <= 2


def _report(
    context: RuleContext, output: Output, message: str, wanted: int, *, error: bool = True, help: str = ""
) -> None:
    report = context.report.error if error else context.report.warning
    report(
        codes.UNITS_TARGET_MISMATCH,
        message,
        _span(context, output),
        help=help or f"use {_units(wanted)}",
        edits=_edits(context, output, wanted) if wanted else (),
    )


def _edits(context: RuleContext, output: Output, wanted: int) -> Edits:
    head, _, path = innermost(context, output.node)
    return replace(context, (*path, "units"), str(wanted)) if head == "Dense" else ()


def _span(context: RuleContext, output: Output) -> Span:
    _, _, path = innermost(context, output.node) if output.node.kind == "layer" else ("", {}, ())
    units = (*path, "units")
    if units in context.spec.positions.values:
        return context.spec.positions.value(units)
    return node_span(context, output.node)


def _units(count: int) -> str:
    return f"{count} unit{'s' if count != 1 else ''}"


def _listed(labels: list[str]) -> str:
    more = f" and {len(labels) - SHOWN} more" if len(labels) > SHOWN else ""
    return ", ".join(labels[:SHOWN]) + more
