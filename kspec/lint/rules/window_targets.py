"""KS570: an output that does not predict each row of a window's horizon."""

from __future__ import annotations

import math

from kspec.analysis.task_inference import FREE_FORM_LOSSES
from kspec.diagnostics import Span, codes
from kspec.language.targets import target_columns
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.activations import innermost
from kspec.lint.rules.shared.fixes import Edits, replace
from kspec.lint.rules.shared.outputs import Output, node_span, trained_outputs
from kspec.lint.rules.shared.targets import horizon_of, target_of
from kspec.lint.rules.shared.windows import column_count
from kspec.syntax.yaml_flow import shape_text


def check(context: RuleContext) -> None:
    """Compares the shape of each output with the rows that it predicts."""
    rows = horizon_of(context.spec)
    for output in trained_outputs(context) if rows else ():
        shape = output.shape
        if shape is None or None in shape[1:] or output.loss in FREE_FORM_LOSSES:
            continue
        own, columns = tuple(size or 1 for size in shape[1:]), _columns(context, output)
        if output.settings.target_form in ("integer", "one_hot"):
            if rows > 1 and (len(own) < 2 or own[0] != rows):
                _report(context, output, own, (rows, own[-1]))
        elif columns is None:
            if math.prod(own) % rows:
                _report(context, output, own, (rows,))
        elif math.prod(own) != rows * columns:
            _report(context, output, own, (rows,) if columns == 1 else (rows, columns))


def _columns(context: RuleContext, output: Output) -> int | None:
    """The values of the target in each row; None if they are unknown."""
    target = target_of(context, output.name)
    if target is not None:
        return math.prod(target.shape[1:])
    data = context.spec.document.data
    if data is None:
        return None
    return column_count(data, target_columns(data.targets, output.name), are_inputs=False)


def _report(context: RuleContext, output: Output, own: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    """Reports an output of another shape.

    Args:
        context: The network.
        output: The output.
        own: Its shape for one example.
        wanted: The shape of its target, or of a prediction for each row.
    """
    rows, total = wanted[0], math.prod(wanted)
    noun = "classes" if output.settings.target_form in ("integer", "one_hot") else "columns"
    of = "" if len(wanted) == 1 else f" of {wanted[1]} {noun}"
    help = f"use {total} units" if len(own) == 1 else f"let it predict {shape_text(wanted)}"
    if len(own) == 1 and len(wanted) > 1:
        help += f", and `Reshape: {{target_shape: [{wanted[0]}, {wanted[1]}]}}`"
    context.report.error(
        codes.WINDOW_SHAPE,
        f"`{output.name}` predicts {shape_text(own)}, and its target has {rows} row{'s' if rows > 1 else ''}{of}",
        _span(context, output),
        help=help,
        edits=_edits(context, output, rows) if len(own) == len(wanted) == 1 else (),
    )


def _edits(context: RuleContext, output: Output, units: int) -> Edits:
    head, _, path = innermost(context, output.node)
    return replace(context, (*path, "units"), str(units)) if head == "Dense" else ()


def _span(context: RuleContext, output: Output) -> Span:
    _, _, path = innermost(context, output.node) if output.node.kind == "layer" else ("", {}, ())
    units = (*path, "units")
    if units in context.spec.positions.values:
        return context.spec.positions.value(units)
    return node_span(context, output.node)
