"""Keras's metrics in NumPy, from their definitions: the values that a run must report for a whole split."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

EPSILON = 1e-7
THRESHOLDS = 200


def value(
    name: str, target: Array, prediction: Array, weights: Array | None = None, **arguments: Any
) -> float | list[float]:
    """The value of a metric on all examples.

    Args:
        name: Keras's class.
        target: Encoded targets, shape (n, …).
        prediction: Predictions, shape (n, …).
        weights: Of the examples, shape (n,), or of their positions, shape (n, …); equal by default.
        arguments: Those of the metric.

    Returns:
        A number; a list for a metric that gives several.
    """
    y, p = np.asarray(target, "float64"), np.asarray(prediction, "float64")
    w = np.ones(p.shape[: 1 if p.ndim < 3 else 2]) if weights is None else np.asarray(weights, "float64")
    if name in _BY_EXAMPLE:
        each = _BY_EXAMPLE[name](y, p, **arguments)
        result = _mean(each, w)
        return float(np.sqrt(result)) if name == "RootMeanSquaredError" else result
    found = _OVERALL[name](y, p, w, **arguments)
    return found.tolist() if isinstance(found, np.ndarray) and found.ndim else float(found)


def _mean(values: Array, weights: Array) -> float:
    each = values.reshape(*weights.shape, -1).mean(axis=-1)
    return float((each * weights).sum() / weights.sum())


def _sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def _softmax(x: Array) -> Array:
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def _unit(x: Array) -> Array:
    return x / np.sqrt(np.maximum((x**2).sum(axis=-1, keepdims=True), EPSILON**2))


def _one_hot(y: Array, p: Array) -> Array:
    return np.eye(p.shape[-1])[y.reshape(p.shape[:-1]).astype(int)]


def _signed(y: Array) -> Array:
    return 2 * y - 1 if np.isin(y, (0, 1)).all() else y


def _binary_crossentropy(y: Array, p: Array, *, from_logits: bool = False) -> Array:
    p = np.clip(_sigmoid(p) if from_logits else p, EPSILON, 1 - EPSILON)
    return -(y * np.log(p) + (1 - y) * np.log(1 - p))


def _crossentropy(y: Array, p: Array, *, from_logits: bool = False) -> Array:
    p = _softmax(p) if from_logits else p / p.sum(axis=-1, keepdims=True)
    return -(y * np.log(np.clip(p, EPSILON, 1 - EPSILON))).sum(axis=-1)


def _in_top(classes: Array, p: Array, k: int) -> Array:
    own = np.take_along_axis(p, classes[..., None].astype(int), axis=-1)
    return ((p > own).sum(axis=-1) < k).astype(float)


def _pearson(y: Array, p: Array) -> Array:
    y, p = y - y.mean(axis=-1, keepdims=True), p - p.mean(axis=-1, keepdims=True)
    return (y * p).sum(axis=-1) / np.sqrt((y**2).sum(axis=-1) * (p**2).sum(axis=-1))


def _concordance(y: Array, p: Array) -> Array:
    means = (y.mean(axis=-1) - p.mean(axis=-1)) ** 2
    product = ((y - y.mean(axis=-1, keepdims=True)) * (p - p.mean(axis=-1, keepdims=True))).mean(axis=-1)
    return 2 * product / (y.var(axis=-1) + p.var(axis=-1) + means)


_BY_EXAMPLE: dict[str, Any] = {
    "BinaryAccuracy": lambda y, p, threshold=0.5: (p > threshold) == y,
    "CategoricalAccuracy": lambda y, p: y.argmax(-1) == p.argmax(-1),
    "SparseCategoricalAccuracy": lambda y, p: y.reshape(p.shape[:-1]) == p.argmax(-1),
    "TopKCategoricalAccuracy": lambda y, p, k=5: _in_top(y.argmax(-1), p, k),
    "SparseTopKCategoricalAccuracy": lambda y, p, k=5: _in_top(y.reshape(p.shape[:-1]), p, k),
    "BinaryCrossentropy": _binary_crossentropy,
    "CategoricalCrossentropy": _crossentropy,
    "SparseCategoricalCrossentropy": lambda y, p, from_logits=False: _crossentropy(
        _one_hot(y, p), p, from_logits=from_logits
    ),
    "MeanSquaredError": lambda y, p: (y - p) ** 2,
    "RootMeanSquaredError": lambda y, p: (y - p) ** 2,
    "MeanAbsoluteError": lambda y, p: abs(y - p),
    "MeanAbsolutePercentageError": lambda y, p: 100 * abs(y - p) / np.maximum(abs(y), EPSILON),
    "MeanSquaredLogarithmicError": lambda y, p: (
        (np.log1p(np.maximum(y, EPSILON)) - np.log1p(np.maximum(p, EPSILON))) ** 2
    ),
    "LogCoshError": lambda y, p: np.log(np.cosh(p - y)),
    "CosineSimilarity": lambda y, p: (_unit(y) * _unit(p)).sum(axis=-1),
    "PearsonCorrelation": _pearson,
    "ConcordanceCorrelation": _concordance,
    "Hinge": lambda y, p: np.maximum(1 - _signed(y) * p, 0),
    "SquaredHinge": lambda y, p: np.maximum(1 - _signed(y) * p, 0) ** 2,
    "CategoricalHinge": lambda y, p: np.maximum(1 + ((1 - y) * p).max(axis=-1) - (y * p).sum(axis=-1), 0),
    "KLDivergence": lambda y, p: (np.clip(y, EPSILON, 1) * np.log(np.clip(y, EPSILON, 1) / np.clip(p, EPSILON, 1))).sum(
        axis=-1
    ),
    "Poisson": lambda y, p: p - y * np.log(p + EPSILON),
}
"""Metrics that are the mean of a value of each example: Keras's class → (target, prediction, arguments) → values."""


def _counts(y: Array, p: Array, w: Array, thresholds: Array) -> dict[str, Array]:
    """The four counts at each threshold, over all values of the target."""
    w = np.broadcast_to(w.reshape(*w.shape, *[1] * (y.ndim - w.ndim)), y.shape).ravel()
    above = p.ravel()[None] > thresholds[:, None]
    positive = y.ravel()[None] > 0
    return {
        name: (chosen * w).sum(axis=1)
        for name, chosen in (
            ("tp", above & positive),
            ("fp", above & ~positive),
            ("tn", ~above & ~positive),
            ("fn", ~above & positive),
        )
    }


def _ratio(part: Array, rest: Array) -> Array:
    return np.divide(part, part + rest, out=np.zeros_like(part), where=part + rest > 0)


def _grid(count: int = THRESHOLDS) -> Array:
    return np.array([-EPSILON, *(np.arange(1, count - 1) / (count - 1)), 1 + EPSILON])


def _given(thresholds: Any) -> Array:
    return np.atleast_1d(np.array(0.5 if thresholds is None else thresholds, "float64"))


def _count(which: str) -> Any:
    def count(y: Array, p: Array, w: Array, thresholds: Any = None) -> Array:
        values = _counts(y, p, w, _given(thresholds))[which]
        return values if isinstance(thresholds, list) and len(thresholds) > 1 else values[0]

    return count


def _share(rest: str) -> Any:
    def share(
        y: Array, p: Array, w: Array, thresholds: Any = None, class_id: int | None = None, top_k: int | None = None
    ) -> Array:
        if top_k is not None:
            kept = p >= np.sort(p, axis=-1)[..., -top_k][..., None]
            p, thresholds = np.where(kept, p, -np.inf), -1e30
        if class_id is not None:
            y, p = y[..., class_id], p[..., class_id]
        counts = _counts(y, p, w, _given(thresholds))
        values = _ratio(counts["tp"], counts[rest])
        return values if isinstance(thresholds, list) and len(thresholds) > 1 else values[0]

    return share


def _auc(
    y: Array, p: Array, w: Array, *, curve: str = "ROC", multi_label: bool = False, from_logits: bool = False
) -> Any:
    p = _sigmoid(p) if from_logits else p
    if multi_label:
        return np.mean([_auc(y[:, i], p[:, i], w, curve=curve) for i in range(y.shape[1])])
    counts = _counts(y, p, w, _grid())
    rates = _ratio(counts["tp"], counts["fn"]), _ratio(counts["fp"], counts["tn"])
    assert curve == "ROC"
    return -np.trapezoid(rates[0], rates[1])


def _best(limited: tuple[str, str], best: tuple[str, str], argument: str) -> Any:
    def best_where(y: Array, p: Array, w: Array, **arguments: Any) -> Any:
        count = arguments.get("num_thresholds", THRESHOLDS)
        grid = np.array([0.0, *(np.arange(1, count - 1) / (count - 1)), 1.0])
        counts = _counts(y, p, w, grid)
        feasible = _ratio(counts[limited[0]], counts[limited[1]]) >= arguments[argument]
        return np.where(feasible, _ratio(counts[best[0]], counts[best[1]]), 0).max()

    return best_where


def _f_beta(
    y: Array,
    p: Array,
    w: Array,
    *,
    average: str | None = None,
    beta: float = 1.0,
    threshold: float | None = None,
) -> Any:
    chosen = p == p.max(axis=-1, keepdims=True) if threshold is None else p > threshold
    axis = None if average == "micro" else 0
    tp = (w[:, None] * (chosen & (y > 0))).sum(axis=axis)
    fp = (w[:, None] * (chosen & ~(y > 0))).sum(axis=axis)
    fn = (w[:, None] * (~chosen & (y > 0))).sum(axis=axis)
    scores = (1 + beta**2) * tp / np.maximum((1 + beta**2) * tp + beta**2 * fn + fp, 1e-12)
    if average == "weighted":
        support = (w[:, None] * y).sum(axis=0)
        return (scores * support).sum() / support.sum()
    return scores.mean() if average is not None else scores


def _iou(y: Array, p: Array, w: Array, classes: Any, count: int) -> Any:
    """The mean over the classes of intersection over union, without classes that never occur."""
    w = np.broadcast_to(w.reshape(*w.shape, *[1] * (y.ndim - w.ndim)), y.shape).ravel()
    y, p = y.ravel(), p.ravel()
    assert set(np.unique(p)) <= set(range(count))
    union = np.array([(w * ((y == c) | (p == c))).sum() for c in classes])
    shared = np.array([(w * ((y == c) & (p == c))).sum() for c in classes])
    return (shared[union > 0] / union[union > 0]).mean()


def _class_iou(
    y: Array,
    p: Array,
    w: Array,
    *,
    num_classes: int,
    target_class_ids: Any = None,
    sparse_y_true: bool = True,
    sparse_y_pred: bool = True,
    dtype: str = "",
) -> Any:
    y = y if sparse_y_true else y.argmax(axis=-1)
    p = np.trunc(p) if sparse_y_pred else p.argmax(axis=-1)
    return _iou(y, p, w, target_class_ids or range(num_classes), num_classes)


def _r2(y: Array, p: Array, w: Array, *, class_aggregation: str | None = "uniform_average") -> Any:
    mean = (w[:, None] * y).sum(axis=0) / w.sum()
    residual = (w[:, None] * (y - p) ** 2).sum(axis=0)
    total = (w[:, None] * (y - mean) ** 2).sum(axis=0)
    scores = 1 - residual / total
    if class_aggregation == "variance_weighted_average":
        return (scores * total).sum() / total.sum()
    return scores if class_aggregation is None else scores.mean()


_OVERALL: dict[str, Any] = {
    "TruePositives": _count("tp"),
    "FalsePositives": _count("fp"),
    "TrueNegatives": _count("tn"),
    "FalseNegatives": _count("fn"),
    "Precision": _share("fp"),
    "Recall": _share("fn"),
    "AUC": _auc,
    "PrecisionAtRecall": _best(("tp", "fn"), ("tp", "fp"), "recall"),
    "RecallAtPrecision": _best(("tp", "fp"), ("tp", "fn"), "precision"),
    "SensitivityAtSpecificity": _best(("tn", "fp"), ("tp", "fn"), "specificity"),
    "SpecificityAtSensitivity": _best(("tp", "fn"), ("tn", "fp"), "sensitivity"),
    "F1Score": _f_beta,
    "FBetaScore": _f_beta,
    "R2Score": _r2,
    "IoU": _class_iou,
    "MeanIoU": _class_iou,
    "OneHotIoU": lambda y, p, w, **more: _class_iou(y, p, w, sparse_y_true=False, **{"sparse_y_pred": False} | more),
    "OneHotMeanIoU": lambda y, p, w, **more: _class_iou(
        y, p, w, sparse_y_true=False, **{"sparse_y_pred": False} | more
    ),
    "BinaryIoU": lambda y, p, w, threshold=0.5, target_class_ids=(0, 1), dtype="": _iou(
        y, p >= threshold, w, target_class_ids, 2
    ),
}
"""Metrics of all examples together: Keras's class → (target, prediction, weights, arguments) → value."""
