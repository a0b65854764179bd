"""What a constant answer scores in metrics of all examples together: AUC, precision, recall, F scores, R²."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Score = Callable[[Array, Array, Array, Mapping[str, Any]], "list[float]"]
"""Targets (n, k), answer (k,), weights (n, k), arguments → values; none where the metric has no baseline."""


def overall_score(
    name: str, arguments: Mapping[str, Any], true: Array, answer: Array, weights: Array | None
) -> list[float]:
    """The values of a metric for a constant answer; empty if it has no such baseline.

    Args:
        name: Keras's class.
        arguments: Those of the metric in the spec.
        true: The encoded targets, a value for each unit, shape (n, …, k).
        answer: The constant answer, shape (k,).
        weights: The weights of the examples or positions, shape (n, …); None for equal ones.
    """
    if name not in _SCORES:
        return []
    weights = np.ones(true.shape[:-1]) if weights is None else np.asarray(weights, "float64")
    weights = weights.reshape(*weights.shape, *[1] * (true.ndim - weights.ndim))
    units = true.shape[-1]
    weights = np.broadcast_to(weights, true.shape).reshape(-1, units)
    answer = answer.reshape(-1, units) if answer.ndim > 1 else answer
    return _SCORES[name](true.reshape(-1, units).astype("float64"), answer.astype("float64"), weights, arguments)


def _counts(true: Array, answer: Array, weights: Array) -> tuple[Array, Array, Array, Array]:
    """True and false positives, false and true negatives of each unit, shape (k,) each."""
    positive, chosen = true > 0, np.broadcast_to(answer > 0, true.shape)
    cells = (positive & chosen, ~positive & chosen, positive & ~chosen, ~positive & ~chosen)
    tp, fp, fn, tn = ((cell * weights).sum(axis=0) for cell in cells)
    return tp, fp, fn, tn


def _share(part: Any, rest: Any) -> float:
    return float(part / (part + rest)) if part + rest else 0.0


def _area(true: Array, answer: Array, weights: Array, arguments: Mapping[str, Any]) -> list[float]:
    """The area under the ROC curve through the one point that a constant answer has."""
    tp, fp, fn, tn = _counts(true, answer, weights)
    if arguments.get("curve", "ROC") != "ROC" or arguments.get("label_weights") is not None:
        return []
    if not arguments.get("multi_label"):
        tp, fp, fn, tn = (np.atleast_1d(count.sum()) for count in (tp, fp, fn, tn))
    if not ((tp + fn > 0) & (fp + tn > 0)).all():
        return []
    return [float(((1 + tp / (tp + fn) - fp / (fp + tn)) / 2).mean())]


def _ratio(true: Array, answer: Array, weights: Array, arguments: Mapping[str, Any], *, is_recall: bool) -> list[float]:
    chosen = arguments.get("class_id")
    if arguments.get("top_k") is not None or isinstance(arguments.get("thresholds"), list):
        return []
    tp, fp, fn, _ = _counts(true, answer, weights)
    units = slice(None) if chosen is None else [chosen]
    return [_share(tp[units].sum(), (fn if is_recall else fp)[units].sum())]


def _precision(true: Array, answer: Array, weights: Array, arguments: Mapping[str, Any]) -> list[float]:
    return _ratio(true, answer, weights, arguments, is_recall=False)


def _recall(true: Array, answer: Array, weights: Array, arguments: Mapping[str, Any]) -> list[float]:
    return _ratio(true, answer, weights, arguments, is_recall=True)


def _f_score(true: Array, answer: Array, weights: Array, arguments: Mapping[str, Any]) -> list[float]:
    tp, fp, fn, _ = _counts(true, answer, weights)
    support, average = tp + fn, arguments.get("average")
    square = float(arguments.get("beta", 1.0)) ** 2
    if average == "micro":
        tp, fp, fn = (np.atleast_1d(count.sum()) for count in (tp, fp, fn))
    values = [_share((1 + square) * t, square * n + p) for t, p, n in zip(tp, fp, fn, strict=True)]
    if average == "weighted":
        return [float(np.average(values, weights=support))] if support.sum() else []
    return values if average is None else [float(np.mean(values))]


def _r2(true: Array, answer: Array, weights: Array, arguments: Mapping[str, Any]) -> list[float]:
    if arguments.get("num_regressors"):
        return []
    mean = np.average(true, axis=0, weights=weights)
    residual, total = (((true - center) ** 2 * weights).sum(axis=0) for center in (answer, mean))
    if not total.all():
        return []
    values, aggregation = 1 - residual / total, arguments.get("class_aggregation", "uniform_average")
    if aggregation is None:
        return [float(value) for value in values]
    return [float(np.average(values, weights=total if aggregation == "variance_weighted_average" else None))]


_SCORES: dict[str, Score] = {
    "AUC": _area,
    "Precision": _precision,
    "Recall": _recall,
    "F1Score": _f_score,
    "FBetaScore": _f_score,
    "R2Score": _r2,
}
"""Keras's class → what a constant answer scores."""
