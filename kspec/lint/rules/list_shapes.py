"""KS577: lists whose length is not that of the input or output that takes them."""

from __future__ import annotations

from kspec.analysis.list_targets import list_targets
from kspec.analysis.task_inference import FREE_FORM_LOSSES
from kspec.diagnostics import codes
from kspec.language.sequences import ListInput
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.fixes import replace
from kspec.lint.rules.shared.outputs import trained_outputs
from kspec.syntax.yaml_flow import shape_text, to_yaml


def check(context: RuleContext) -> None:
    """Compares the lengths of lists with the shapes of inputs and outputs."""
    data = context.spec.document.data
    if data is None:
        return
    for name, setting in data.inputs.items() if isinstance(data.inputs, dict) else ():
        entry = context.spec.document.inputs.get(name)
        if isinstance(setting, ListInput) and entry is not None:
            _check_input(context, name, setting, tuple(entry.shape))
    targets = list_targets(context.spec)
    for output in trained_outputs(context):
        if output.name not in targets or output.shape is None or output.loss in FREE_FORM_LOSSES:
            continue
        length = targets[output.name].length
        if len(output.shape) < 3:
            context.report.error(
                codes.LIST_LENGTH,
                f"`{output.name}` predicts {shape_text(output.shape[1:])} for each example, and its target is a list",
                context.spec.positions.value(("data", "targets", output.name)),
                help="let it predict at every position, as with `return_sequences: true` and without pooling",
            )
        elif length is not None and output.shape[1] not in (None, length):
            _report(context, ("data", "targets", output.name, "length"), output.name, length, output.shape[1])


def _check_input(context: RuleContext, name: str, setting: ListInput, shape: tuple[int | None, ...]) -> None:
    """Checks an input of lists.

    Args:
        context: The network.
        name: The input.
        setting: Its lists.
        shape: Its shape.
    """
    path = ("data", "inputs", name, "length")
    if not shape:
        wanted = to_yaml([setting.length])
        context.report.error(
            codes.LIST_LENGTH,
            f"`{name}` takes one value for each example, and `{setting.column}` is a list",
            context.spec.positions.value(("inputs", name, "shape")),
            help=f"set `shape: {wanted}`",
            edits=replace(context, ("inputs", name, "shape"), wanted),
        )
    elif setting.length is not None and shape[0] not in (None, setting.length):
        _report(context, path, name, setting.length, shape[0])


def _report(context: RuleContext, path: tuple[str | int, ...], name: str, length: int, wanted: int | None) -> None:
    """Reports a length that does not fit.

    Args:
        context: The network.
        path: Where the length is stated.
        name: The input or output.
        length: The length.
        wanted: That of the input or output.
    """
    context.report.error(
        codes.LIST_LENGTH,
        f"the lists of `{name}` get {length} items, and `{name}` has {wanted}",
        context.spec.positions.value(path),
        help=f"write `length: {wanted}`, or leave `length` out",
        edits=replace(context, path, str(wanted)),
    )
