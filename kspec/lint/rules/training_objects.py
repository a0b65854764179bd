"""The optimizer, losses and metrics as written."""

from __future__ import annotations

from typing import Any

from kspec.analysis.per_output import is_by_output
from kspec.catalog import Kind
from kspec.diagnostics import Path
from kspec.lint.argument_check import Checker


def training_objects(checker: Checker) -> None:
    """Checks each class named under `compile`, and in stages, against the catalog."""
    settings = checker.spec.document.compile
    if settings.optimizer is not None:
        checker.object(settings.optimizer, "optimizer", ("compile", "optimizer"))
    for index, stage in enumerate(checker.spec.document.fit.stages or ()):
        if stage.optimizer is not None:
            checker.object(stage.optimizer, "optimizer", ("fit", "stages", index, "optimizer"))
    _each(checker, settings.loss, "loss", ("compile", "loss"))
    _each(checker, settings.metrics, "metric", ("compile", "metrics"))
    _each(checker, settings.weighted_metrics, "metric", ("compile", "weighted_metrics"))


def _each(checker: Checker, said: Any, kind: Kind, path: Path) -> None:
    if said is None:
        return
    if is_by_output(said, checker.graph.outputs, kind):
        for output, value in said.items():
            if output in checker.graph.outputs:
                _each_of_list(checker, value, kind, (*path, output))
    else:
        _each_of_list(checker, said, kind, path)


def _each_of_list(checker: Checker, value: Any, kind: str, path: Path) -> None:
    if isinstance(value, list) and kind == "metric":
        for index, item in enumerate(value):
            checker.object(item, kind, (*path, index))
    elif value is not None:
        checker.object(value, kind, path)
