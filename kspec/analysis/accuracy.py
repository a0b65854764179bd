"""What `accuracy` means for an output.

Keras chooses the class of `accuracy` by shapes alone: several units are classes that exclude each other, and a single
unit is a probability. For several labels an example, for logits and for scores that is another quantity than the one
meant, so the class is stated. Its name in the logs stays `accuracy`.
"""

from __future__ import annotations

from typing import Any

from kspec import catalog
from kspec.analysis.task_inference import THRESHOLDED_TASKS

ACCURACY = "accuracy"


def metric_head(metric: Any) -> str:
    """The Keras class of a metric as written, or `accuracy`; an unknown name is returned unchanged."""
    name = metric if isinstance(metric, str) else next(iter(metric), "") if isinstance(metric, dict) else ""
    entry = catalog.find("metric", name) if isinstance(name, str) else None
    return entry.name if entry else str(name)


def resolved_accuracy(metric: Any, task: str | None, units: int | None, rank: int | None, threshold: float) -> Any:
    """A metric, with `accuracy` as the class that it means where Keras would choose another.

    Args:
        metric: As a spec would write it.
        task: The output's task.
        units: The size of the output's last axis; None if unknown.
        rank: The number of the output's axes, with the batch; None if unknown.
        threshold: That of the model's raw output, above which a class is predicted.

    Returns:
        `BinaryAccuracy` as a spec would write it, or the metric unchanged.
    """
    if task not in THRESHOLDED_TASKS or metric_head(metric) != ACCURACY:
        return metric
    by_shape = units in (1, None) and rank != 1  # then Keras chooses BinaryAccuracy, too
    if by_shape and threshold == 0.5:
        return metric
    return binary_accuracy(threshold, metric if isinstance(metric, str) else next(iter(metric)))


def binary_accuracy(threshold: float, name: str) -> Any:
    """The metric `BinaryAccuracy` as a spec writes it.

    Args:
        threshold: Above which a value counts as 1.
        name: Its name in the logs.
    """
    whole = int(threshold) == threshold
    arguments: dict[str, Any] = {} if threshold == 0.5 else {"threshold": int(threshold) if whole else threshold}
    if name != "binary_accuracy":  # that is what Keras calls it
        arguments["name"] = name
    return {"BinaryAccuracy": arguments} if arguments else "binary_accuracy"
