"""Metrics that do not count the examples without a target (`missing: {price: ignore}`), whose weight is 0."""

from __future__ import annotations

from typing import Any

from kspec.analysis.accuracy import ACCURACY, metric_head
from kspec.language.data import Data
from kspec.language.missing import IGNORE, missing_rule
from kspec.language.targets import target_columns

_ACCURACY = {
    "integer": "SparseCategoricalAccuracy",
    "one_hot": "CategoricalAccuracy",
    "binary": "BinaryAccuracy",
    "multi_label": "BinaryAccuracy",
}


def ignores_targets(data: Data | None, output: str) -> bool:
    """Whether examples may have no target of an output.

    Args:
        data: The `data` section.
        output: The output.
    """
    if data is None or data.missing is None:
        return False
    named = target_columns(data.targets, output) or output
    rules = [missing_rule(data.missing, name) for name in ([named] if isinstance(named, str) else named)]
    return any(rule is not None and rule.fill == IGNORE for rule in rules)


def known_accuracy(metric: Any, form: str) -> Any:
    """A metric, with `accuracy` as the class that Keras chooses for a form of target.

    Args:
        metric: As a spec would write it.
        form: The form in which the loss takes the target.

    >>> known_accuracy("accuracy", "integer")
    {'SparseCategoricalAccuracy': {'name': 'accuracy'}}
    """
    if metric_head(metric) != ACCURACY or form not in _ACCURACY:
        return metric
    return {_ACCURACY[form]: {"name": metric if isinstance(metric, str) else ACCURACY}}


def count_weighted(metric: Any) -> Any:
    """Makes a Keras metric count the examples, or positions, with a weight, each once.

    Args:
        metric: A Keras metric, compiled as one that takes weights; a name is returned unchanged.
    """
    from keras import ops

    if isinstance(metric, str):
        return metric
    update = metric.update_state

    def update_state(y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        weight = None if sample_weight is None else ops.cast(ops.not_equal(sample_weight, 0), "float32")
        return update(y_true, y_pred, weight)

    metric.update_state = update_state
    return metric
