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
        if output.shape is None or len(output.shape) == 2:
            _check_width(context, output, target)
        elif output.loss in SPARSE_CROSSENTROPIES and target.columns[0].shape:
            _check_largest_label(context, output, target, output.units)


def _check_largest_label(context: RuleContext, output: Output, target: Target, units: int) -> None:
    """Reports integer labels per position that are beyond the last unit."""
    largest = target.maximum
    if largest is not None and largest >= units:
        _report(
            context,
            output,
            f"the labels of {target.names()} go up to {largest:g}, but `{output.name}` has "
            f"{_units(units)}, for labels up to {units - 1}",
            int(largest) + 1,
        )


def _check_width(context: RuleContext, output: Output, target: Target) -> None:
    width = len(target.columns) if len(target.columns) > 1 else target.shape[0] if len(target.shape) == 1 else 1
    if len(target.shape) > 1:
        return
    task, units = output.settings.task, output.units
    assert units is not None
    exclusive = output.loss in SPARSE_CROSSENTROPIES or output.loss in CATEGORICAL_CROSSENTROPIES
    if exclusive and width == 1 and not target.shape:
        _check_classes(context, output, target, units)
    elif exclusive and width > 1:
        if units != width:
            wrong = units < width or output.loss in CATEGORICAL_CROSSENTROPIES
            _report(
                context,
                output,
                f"the target of `{output.name}` has {width} columns, one per class, but the output has {_units(units)}",
                width,
                error=wrong,
            )
    elif task == "binary_classification" and units == 1 and len(target.labels) > 2:
        _report(
            context,
            output,
            f"`{output.name}` is a binary classification, but its target {target.names()} has "
            f"{len(target.labels)} classes: {_listed(target.labels)}",
            0,
            help=f"use {len(target.labels)} units with softmax",
        )
    elif output.loss in UNIT_PER_COLUMN and units != width and _is_numbers(target):
        needs = f"{width} columns" if width > 1 else "one column"
        _report(
            context, output, f"the target of `{output.name}` has {needs}, but the output has {_units(units)}", width
        )


def _check_classes(context: RuleContext, output: Output, target: Target, units: int) -> None:
    classes = len(target.labels)
    if classes < 2 or units == classes or units == 1:
        return
    too_few = units < classes
    _report(
        context,
        output,
        f"the target {target.names()} has {classes} classes ({_listed(target.labels)}), "
        f"but the output `{output.name}` has {_units(units)}",
        classes,
        error=too_few or output.loss in CATEGORICAL_CROSSENTROPIES,
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
