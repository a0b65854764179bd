"""The names under which training logs metrics, as Keras gives them; a metric of several values has a name for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kspec import catalog
from kspec.analysis.settings import OutputSettings
from kspec.syntax.names import snake_case


@dataclass(frozen=True, slots=True)
class LoggedMetric:
    """A metric of an output, and its names in the logs, without `val_`.

    Args:
        output: The output.
        metric: As a spec would write it.
        name: The name of its Keras object; None for a class of an extension.
        key: Keras's name for its result; empty if `name` is unknown.
        values: The names of its values, if it has several: `f1_score_benign`, `f1_score_malignant`.
        is_open: Whether it has a value for each class, and the classes are not known yet.
    """

    output: str
    metric: Any
    name: str | None
    key: str
    values: tuple[str, ...] = ()
    is_open: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """All names that it logs."""
        return self.values or (self.key,)


def metric_call(metric: Any) -> tuple[catalog.Entry | None, str, dict[str, Any]]:
    """A metric's entry in the catalog, its name as written, and its arguments."""
    head, arguments = (metric, {}) if isinstance(metric, str) else next(iter(metric.items()))
    return catalog.find("metric", head), head, arguments or {}


def object_names(metrics: Sequence[Any]) -> list[str | None]:
    """The names of the Keras objects of one list of metrics; None for a class of an extension.

    Keras numbers unnamed objects over all models of a process; kspec numbers them within a list, as a fresh process
    with one output would.

    >>> object_names(["accuracy", "AUC", {"AUC": {"curve": "PR"}}, "mae"])
    ['accuracy', 'auc', 'auc_1', 'mean_absolute_error']
    """
    names: list[str | None] = []
    counts: dict[str, int] = {}
    for metric in metrics:
        entry, head, arguments = metric_call(metric)
        if entry is None:
            names.append(None)
        elif not entry.path:
            names.append(head)
        else:
            name = arguments.get("name", entry.parameters["name"].default)
            if name is None:
                stem = snake_case(entry.name)
                count = counts[stem] = counts.get(stem, -1) + 1
                name = f"{stem}_{count}" if count else stem
            names.append(str(name))
    return names


def logged_metrics(outputs: Mapping[str, OutputSettings]) -> list[LoggedMetric]:
    """The metrics of all trained outputs, in the order of the logs: weighted ones last."""
    logged = []
    prefixed = len(outputs) > 1
    trained = [output for output in outputs.values() if output.loss is not None]
    seen: dict[str, int] = {}
    for is_weighted in (False, True):
        for output in trained:
            metrics = output.weighted_metrics if is_weighted else output.metrics
            for metric, name in zip(metrics, object_names(metrics), strict=True):
                key = "" if name is None else _key(output.name if prefixed else "", name, seen, is_weighted=is_weighted)
                suffixes, is_open = _suffixes(metric, output)
                values = tuple(f"{key}_{suffix}" if suffix else key for suffix in suffixes)
                logged.append(LoggedMetric(output.name, metric, name, key, values, is_open))
    return logged


def _key(output: str, name: str, seen: dict[str, int], *, is_weighted: bool) -> str:
    """Keras's name for a result: prefixed by its output, and numbered if the name is taken.

    Args:
        output: The output; empty if the model has no other.
        name: The name of the metric's object.
        seen: Name → how often it occurred so far.
        is_weighted: Whether the metric is one of `weighted_metrics`.
    """
    prefix = f"{output}_" if output else ""
    key = prefix + name
    if is_weighted and key in seen:
        key = f"{prefix}weighted_{name}"
    count = seen[key] = seen.get(key, -1) + 1
    return f"{key}_{count}" if count else key


def _suffixes(metric: Any, output: OutputSettings) -> tuple[list[str], bool]:
    """What tells apart the values of a metric that has several, and whether that depends on classes not known yet."""
    entry, _, arguments = metric_call(metric)
    if entry is None or not has_several_values(entry.name, arguments):
        return [], False
    if "thresholds" in entry.parameters:
        return [f"{t:g}" if isinstance(t, (int, float)) else str(t) for t in arguments["thresholds"]], False
    units = output.head.units
    if units is None:
        return [], True
    if units == 1:
        return [""], False
    if len(output.unit_names) == units:
        return output.unit_names, False
    return [str(unit) for unit in range(units)], True


def has_several_values(name: str, arguments: Mapping[str, Any]) -> bool:
    """Whether a metric's result is an array: a value for each class, column or threshold.

    Args:
        name: Keras's class.
        arguments: The arguments in the spec.
    """
    if name in ("F1Score", "FBetaScore"):
        return arguments.get("average") is None
    if name == "R2Score":
        return "class_aggregation" in arguments and arguments["class_aggregation"] is None
    thresholds = arguments.get("thresholds")
    return name != "AUC" and isinstance(thresholds, list) and len(thresholds) > 1
