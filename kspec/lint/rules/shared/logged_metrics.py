"""The names under which Keras logs losses and metrics, and whether there is validation data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kspec import catalog
from kspec.analysis.metric_names import LoggedMetric, logged_metrics, metric_call
from kspec.analysis.settings import Settings
from kspec.diagnostics import Path, Report
from kspec.ir import Graph
from kspec.language import Spec
from kspec.language.removed_values import REMOVED, attempt
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.outputs import data_source, is_object

WITHOUT_DIRECTION = frozenset({"TruePositives", "TrueNegatives", "FalsePositives", "FalseNegatives"})
"""Metrics for which Keras does not know whether higher is better."""


def has_validation(context: RuleContext) -> bool | None:
    """Whether there is a validation split; None if that depends on the data, or on a setting that is invalid."""
    known = attempt(lambda: _has_validation(context))
    return None if known is REMOVED else known


def _has_validation(context: RuleContext) -> bool | None:
    data = context.spec.document.data
    if data is None:
        return None
    if context.profile is not None and context.profile.parts:
        return "validation" in context.profile.parts
    if data.split.by is not None:
        return None
    if data.split.lists is not None:
        return "validation" in data.split.lists
    if data.file_splits:
        declared = "validation" in data.split.model_fields_set and data.split.validation != 0
        return "validation" in data.file_splits or declared
    return data.split.validation != 0


def monitor_names(spec: Spec, graph: Graph, settings: Settings) -> list[str]:
    """The quantities that a callback can monitor.

    Args:
        spec: The spec.
        graph: Its graph.
        settings: Its resolved settings.

    Returns:
        Their names in the logs; `val_` names, first, only where there can be validation data.
    """
    context = RuleContext(spec, graph, Report(), settings=settings)
    names = list(logged_names(context) or ())
    validated = [] if has_validation(context) is False else [f"val_{name}" for name in names]
    return [*validated, *names]


def logged_names(context: RuleContext) -> dict[str, bool] | None:
    """Each name that training logs, without `val_` → whether Keras knows which direction is better.

    None if a metric comes from an extension.
    """
    assert context.settings is not None
    outputs = context.settings.outputs
    several = len(outputs) > 1
    names = {"loss": True}
    if several:
        names.update({f"{name}_loss": False for name, output in outputs.items() if output.loss is not None})
    for metric in metrics_in_logs(context):
        if metric.name is None:
            return None
        entry, _, _ = metric_call(metric.metric)
        has_direction = entry is not None and entry.name not in WITHOUT_DIRECTION
        is_alone = metric.names == (metric.key,) and not several  # Keras knows its own names
        names.update(dict.fromkeys(metric.names, has_direction and is_alone))
    return names


def may_log(context: RuleContext, name: str) -> bool:
    """Whether a name can be that of a class that only the data knows: `f1_score_benign`."""
    if not any(metric.is_open and name.startswith(f"{metric.key}_") for metric in metrics_in_logs(context)):
        return False
    return context.profile is None and data_source(context) != "synthetic"


def metrics_in_logs(context: RuleContext) -> list[LoggedMetric]:
    """The metrics of the outputs, without those that are reported as invalid elsewhere."""
    assert context.settings is not None
    outputs = {
        name: output.changed(
            metrics=[metric for metric in output.metrics if is_object(metric)],
            weighted_metrics=[metric for metric in output.weighted_metrics if is_object(metric)],
        )
        for name, output in context.settings.outputs.items()
    }
    return logged_metrics(outputs)


def monitoring_callbacks(context: RuleContext) -> Iterator[tuple[str, dict[str, Any], Path, str]]:
    """The callbacks that monitor a quantity: class, arguments, path, and the quantity."""
    for index, callback in enumerate(context.spec.document.fit.callbacks):
        head, arguments = (callback, {}) if isinstance(callback, str) else next(iter(callback.items()))
        entry = catalog.find("callback", head)
        if entry is None or "monitor" not in entry.parameters:
            continue
        monitor = arguments.get("monitor", entry.parameters["monitor"].default)
        if isinstance(monitor, str):
            yield head, arguments, ("fit", "callbacks", index), monitor
