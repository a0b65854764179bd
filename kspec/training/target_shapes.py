"""Checks that targets have the shapes of their outputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kspec.analysis.task_inference import FREE_FORM_LOSSES, loss_name
from kspec.compiler.define import BuiltModel, output_shapes
from kspec.data import DataSplit
from kspec.data.pipeline import Batches
from kspec.diagnostics import Report, codes
from kspec.syntax.yaml_flow import shape_text

Shape = tuple[int | None, ...]


def prediction_shapes(built: BuiltModel, split: DataSplit) -> dict[str, tuple[int, ...]]:
    """The shape of each output's prediction for one example; the model predicts a batch if an axis is unknown."""
    shapes = {name: shape[1:] for name, shape in output_shapes(built.graph, built.model).items()}
    if any(size is None for shape in shapes.values() for size in shape):
        size = built.spec.document.fixed_batch or 1
        batch = {name: array[:size] for name, array in split.inputs.items()}
        batches = Batches(batch, {}, {}, batch_size=size, shuffle=False, seed=0)
        predictions = built.model.predict(batches.dataset(), verbose=0)
        by_output = predictions if isinstance(predictions, dict) else {next(iter(shapes)): predictions}
        shapes = {name: prediction.shape[1:] for name, prediction in by_output.items()}
    return {name: tuple(int(size or 1) for size in shape) for name, shape in shapes.items()}


def check_target_shapes(built: BuiltModel, targets: Mapping[str, Any], report: Report) -> None:
    """Reports targets that do not have the shape of their output: Keras would broadcast them silently.

    Args:
        built: The model.
        targets: Encoded targets by output, shape (n, …).
        report: Receives the mismatches.
    """
    shapes = output_shapes(built.graph, built.model)
    for name, target in targets.items():
        settings = built.settings.outputs[name]
        if loss_name(settings.loss) in FREE_FORM_LOSSES:
            continue
        sparse = target.dtype.kind in "iu" and settings.task == "multiclass_classification"
        expected = shapes[name][1:-1] if sparse else shapes[name][1:]
        actual = tuple(target.shape[1:])
        if not _fits(actual, expected) and not (sparse and actual == (*expected, 1)):
            _report_mismatch(built, name, shapes[name], actual, report)


def _fits(actual: Shape, expected: Shape) -> bool:
    return len(actual) == len(expected) and all(e is None or e == a for e, a in zip(expected, actual, strict=True))


def _report_mismatch(built: BuiltModel, name: str, output: Shape, target: Shape, report: Report) -> None:
    node = built.graph.nodes[built.graph.outputs[name].node]
    if len(output) > 2 and len(target) <= 1:
        help = (
            f"`{name}` predicts at every position; for one prediction put `Flatten` or a global pooling layer before it"
        )
    elif len(output) == 2 and len(target) <= 1 and output[1] != 1:
        help = f"give it as many units as the target has columns (for labels `{{classes_of: {name}}}`)"
    else:
        help = "give the output the target's shape, or the target the output's"
    shown = "one value" if target in ((), (1,)) else f"the shape {shape_text(target)}"
    report.error(
        codes.DATA_SHAPE_MISMATCH,
        f"`{name}` predicts {shape_text(output[1:])} for each example, and its target has {shown}",
        built.spec.positions.value(node.path),
        help=help,
    )
