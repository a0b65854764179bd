"""Metrics that do not count the examples whose label the loss ignores (`ignore_class`)."""

from __future__ import annotations

from typing import Any

from kspec.analysis.accuracy import ACCURACY, metric_head

SPARSE_METRICS = frozenset(
    {"SparseCategoricalAccuracy", "SparseTopKCategoricalAccuracy", "SparseCategoricalCrossentropy"}
)
"""Metrics of class numbers; Keras's count an ignored label as a wrong prediction."""


def counted_metric(metric: Any) -> Any:
    """The metric that counts only some examples in place of one as written; None if it counts all.

    >>> counted_metric("accuracy")
    {'SparseCategoricalAccuracy': {'name': 'accuracy'}}
    """
    head = metric_head(metric)
    if head == ACCURACY:
        return {"SparseCategoricalAccuracy": {"name": metric if isinstance(metric, str) else ACCURACY}}
    return metric if head in SPARSE_METRICS else None


def count_others(metric: Any, ignored: int) -> Any:
    """Makes a Keras metric count only the examples, or positions, with another label.

    Args:
        metric: A Keras metric of class numbers.
        ignored: The label.
    """
    from keras import ops

    update = metric.update_state

    def update_state(y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        counted = ops.not_equal(y_true, ops.cast(ignored, y_true.dtype))
        weight = ops.cast(counted, "float32")
        if sample_weight is not None:
            weight = weight * ops.reshape(ops.cast(sample_weight, "float32"), ops.shape(weight))
        return update(ops.where(counted, y_true, ops.zeros_like(y_true)), y_pred, weight)

    metric.update_state = update_state
    return metric
