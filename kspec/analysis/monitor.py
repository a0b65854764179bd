"""The quantity by which `keep: best` compares epochs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kspec.analysis.metric_direction import Direction, direction
from kspec.analysis.metric_names import logged_metrics, metric_call
from kspec.analysis.settings import OutputSettings
from kspec.syntax.names import snake_case

VALIDATION_PREFIX = "val_"


def monitor_direction(name: str, outputs: Mapping[str, OutputSettings]) -> Direction | None:
    """Whether more or less of a logged quantity is better, by the class of the metric; None if unknown.

    Args:
        name: Its name in the logs, with or without `val_`.
        outputs: The settings of all outputs.
    """
    bare = name.removeprefix(VALIDATION_PREFIX)
    if bare == "loss" or (len(outputs) > 1 and bare in {f"{output}_loss" for output in outputs}):
        return "min"
    for metric in logged_metrics({name: _valid(output) for name, output in outputs.items()}):
        if bare in metric.names or (metric.is_open and bare.startswith(f"{metric.key}_")):
            entry, head, _ = metric_call(metric.metric)
            return direction(snake_case(entry.name) if entry is not None else head)
    return direction(bare)


def _valid(output: OutputSettings) -> OutputSettings:
    """An output without the metrics that are no metrics; they are reported elsewhere."""
    return replace(
        output,
        metrics=list(filter(_is_object, output.metrics)),
        weighted_metrics=list(filter(_is_object, output.weighted_metrics)),
    )


def _is_object(value: Any) -> bool:
    if isinstance(value, dict) and len(value) == 1:
        ((name, arguments),) = value.items()
        return isinstance(name, str) and (arguments is None or isinstance(arguments, dict))
    return isinstance(value, str)
