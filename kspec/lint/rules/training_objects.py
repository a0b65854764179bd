"""The optimizers, losses and metrics of a spec."""

from __future__ import annotations

from typing import Any

from kspec.analysis.per_output import MINIMIZE, is_by_output
from kspec.analysis.task_inference import output_head
from kspec.catalog import Kind
from kspec.diagnostics import Path
from kspec.lint.arguments import check_object
from kspec.lint.context import RuleContext


def check(context: RuleContext) -> None:
    """Checks each class under `compile`, and each optimizer of a stage, against the catalog."""
    settings = context.spec.document.compile
    if settings.optimizer is not None:
        check_object(context, settings.optimizer, "optimizer", ("compile", "optimizer"))
    for index, stage in enumerate(context.spec.document.fit.stages or ()):
        if stage.optimizer is not None:
            check_object(context, stage.optimizer, "optimizer", ("fit", "stages", index, "optimizer"))
    _check_setting(context, settings.loss, "loss", ("compile", "loss"))
    _check_setting(context, settings.metrics, "metric", ("compile", "metrics"))
    _check_setting(context, settings.weighted_metrics, "metric", ("compile", "weighted_metrics"))


def _check_setting(context: RuleContext, value: Any, kind: Kind, path: Path) -> None:
    """Checks the classes of a setting that can be given by output."""
    if value is not None and is_by_output(value, context.graph.outputs, kind):
        for output, own in value.items():
            if output in context.graph.outputs:
                _check_objects(context, own, kind, (*path, output))
    else:
        _check_objects(context, value, kind, path)


def _check_objects(context: RuleContext, value: Any, kind: str, path: Path) -> None:
    if isinstance(value, list) and kind == "metric":
        for index, item in enumerate(value):
            check_object(context, item, kind, (*path, index), _class_counts(context, path))
    elif value is not None and not (kind == "loss" and value == MINIMIZE):
        check_object(context, value, kind, path, _class_counts(context, path) if kind == "metric" else None)


def _class_counts(context: RuleContext, path: Path) -> dict[str, str]:
    """Arguments of metrics that depend on the classes of the output that they measure, where those are known.

    Args:
        context: The network.
        path: The place of the metrics, whose third part is their output, if they are given by output.
    """
    outputs = context.graph.outputs
    name = path[2] if len(path) > 2 and path[2] in outputs else next(iter(outputs)) if len(outputs) == 1 else None
    units = output_head(context.graph, outputs[name]).units if isinstance(name, str) else None
    return {} if units is None else {"num_classes": str(max(units, 2)), "target_class_ids": "[0]"}
