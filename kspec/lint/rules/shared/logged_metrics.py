"""The names under which Keras logs losses and metrics, and whether there is validation data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kspec import catalog
from kspec.analysis.settings import Settings
from kspec.diagnostics import Path, Report
from kspec.ir import Graph
from kspec.language import Spec
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.outputs import data_source
from kspec.syntax.names import snake_case

WITHOUT_DIRECTION = frozenset({"TruePositives", "TrueNegatives", "FalsePositives", "FalseNegatives"})
"""Metrics for which Keras does not know whether higher is better."""


def has_validation(context: RuleContext) -> bool | None:
    """Whether there is a validation split; None if that depends on the data."""
    data = context.spec.document.data
    if data is None:
        return None
    if context.profile is not None and context.profile.parts:
        return "validation" in context.profile.parts
    if data.split.by is not None:
        return None
    source = getattr(data, data_source(context))
    files = getattr(source, "path", source)
    if isinstance(files, dict):
        declared = "validation" in data.split.model_fields_set and data.split.validation > 0
        return "validation" in files or declared
    return data.split.validation > 0


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
    counted: dict[str, int] = {}
    for field in ("metrics", "weighted_metrics"):
        for name, output in outputs.items():
            if several:
                names[f"{name}_loss"] = False
            within: dict[str, int] = {}
            for metric in getattr(output, field):
                metric_name = _metric_name(metric, counted)
                if metric_name is None:
                    return None
                own, known = metric_name
                again = within.get(own, 0)
                within[own] = again + 1
                own = f"{own}_{again}" if again else own
                for logged in (own, f"weighted_{own}") if field == "weighted_metrics" else (own,):
                    names[f"{name}_{logged}" if several else logged] = known and not several
    return names


def _metric_name(metric: Any, counted: dict[str, int]) -> tuple[str, bool] | None:
    """The name of a metric's object, and whether its direction is known; names that Keras makes itself are numbered."""
    if not isinstance(metric, (str, dict)) or not metric:
        return None
    head, arguments = (metric, {}) if isinstance(metric, str) else next(iter(metric.items()))
    entry = catalog.find("metric", head) if isinstance(head, str) else None
    if entry is None:
        return None
    known = entry.name not in WITHOUT_DIRECTION
    name = arguments.get("name") if isinstance(arguments, dict) else None
    if isinstance(name, str):
        return name, known
    if not entry.path:
        return head, known
    default = entry.parameters["name"].default
    if isinstance(default, str):
        return default, known
    own = snake_case(entry.name)
    count = counted.get(own, 0)
    counted[own] = count + 1
    return (f"{own}_{count}" if count else own), known


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
