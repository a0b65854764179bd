"""The optimizer, losses and metrics as written."""

from __future__ import annotations

from typing import Any

from kspec.analysis.per_output import is_by_output
from kspec.catalog import Kind
from kspec.diagnostics import Path
from kspec.lint.arguments import check_object
from kspec.lint.context import RuleContext


def check(context: RuleContext) -> None:
    """Checks each class named under `compile`, and in stages, against the catalog."""
    settings = context.spec.document.compile
    if settings.optimizer is not None:
        check_object(context, settings.optimizer, "optimizer", ("compile", "optimizer"))
    for index, stage in enumerate(context.spec.document.fit.stages or ()):
        if stage.optimizer is not None:
            check_object(context, stage.optimizer, "optimizer", ("fit", "stages", index, "optimizer"))
    _each(context, settings.loss, "loss", ("compile", "loss"))
    _each(context, settings.metrics, "metric", ("compile", "metrics"))
    _each(context, settings.weighted_metrics, "metric", ("compile", "weighted_metrics"))


def _each(context: RuleContext, said: Any, kind: Kind, path: Path) -> None:
    if said is None:
        return
    if is_by_output(said, context.graph.outputs, kind):
        for output, value in said.items():
            if output in context.graph.outputs:
                _each_of_list(context, value, kind, (*path, output))
    else:
        _each_of_list(context, said, kind, path)


def _each_of_list(context: RuleContext, value: Any, kind: str, path: Path) -> None:
    if isinstance(value, list) and kind == "metric":
        for index, item in enumerate(value):
            check_object(context, item, kind, (*path, index))
    elif value is not None:
        check_object(context, value, kind, path)
