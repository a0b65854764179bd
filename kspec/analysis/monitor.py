"""The quantity by which `keep: best` compares epochs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kspec import catalog
from kspec.analysis.metric_direction import Direction, direction
from kspec.analysis.settings import OutputSettings
from kspec.syntax.names import snake_case

VALIDATION_PREFIX = "val_"


def monitor_direction(name: str, outputs: Mapping[str, OutputSettings]) -> Direction | None:
    """Whether more or less of a logged quantity is better; None if unknown.

    Args:
        name: Its name in the logs, with or without `val_`.
        outputs: The settings of all outputs.
    """
    bare = name.removeprefix(VALIDATION_PREFIX)
    if bare == "loss":
        return "min"
    for output, settings in outputs.items():
        if len(outputs) > 1 and not bare.startswith(f"{output}_"):
            continue
        own = bare.removeprefix(f"{output}_") if len(outputs) > 1 else bare
        if own == "loss":
            return "min"
        named = [_class_of(metric, own) for metric in [*settings.metrics, *settings.weighted_metrics]]
        found = next((class_ for class_ in named if class_), own)
        return direction(found)
    return direction(bare)


def _class_of(metric: Any, name: str) -> str:
    """The class of a metric that the spec gives this name, in snake case; empty for another metric."""
    if not isinstance(metric, dict):
        return ""
    head, arguments = next(iter(metric.items()))
    if not isinstance(arguments, dict) or arguments.get("name") not in (name, name.removeprefix("weighted_")):
        return ""
    entry = catalog.find("metric", head)
    return snake_case(entry.name) if entry is not None else ""
