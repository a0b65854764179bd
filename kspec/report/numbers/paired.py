"""The metrics of a task on the same resamples of the examples that two runs have predicted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from kspec.report.numbers.bootstrap import (
    LARGEST_RESAMPLED,
    PairedDifference,
    paired_difference,
    ranked_scores,
    resampled_counts,
    roc_areas,
    weighted_means,
)
from kspec.report.predictions import Predictions

Array = np.ndarray[Any, Any]
Evaluate = Callable[[Array], Array]
"""Gives a metric in each of some resamples, shape (r,), from how often each example was drawn, shape (r, n)."""


class PairedMetric(NamedTuple):
    """A metric of two runs on the examples that both predicted.

    Args:
        name: The metric.
        own: Its value for the run.
        other: Its value for the run that it is compared with.
        examples: How many examples both predicted.
        difference: How much more the run has.
    """

    name: str
    own: float
    other: float
    examples: int
    difference: PairedDifference


def paired_metrics(
    own: Predictions, other: Predictions, resamples: int, most: int = LARGEST_RESAMPLED, seed: int = 0
) -> list[PairedMetric]:
    """Compares the predictions of two runs for the same examples.

    Args:
        own: The predictions of a run.
        other: Those that it is compared with, of the same examples in the same order.
        resamples: How many resamples are drawn.
        most: How many examples are compared at most; of more, so many are chosen at random.
        seed: Which are drawn.
    """
    count = len(np.unique(own.rows)) if own.grid else len(own)
    if not count:
        return []
    chosen = np.arange(count)
    if count > most:
        chosen = np.sort(np.random.default_rng(seed).choice(count, most, replace=False))
        count = most
    both = [dict(_metrics(each, chosen)) for each in (own, other)]
    whole = np.ones((1, count), "int64")
    parts: dict[str, list[tuple[Array, Array]]] = {name: [] for name in both[0]}
    for counts in resampled_counts(count, resamples, seed):
        for name, drawn in parts.items():
            drawn.append((both[0][name](counts), both[1][name](counts)))
    found = []
    for name, drawn in parts.items():
        value, base = (float(each[name](whole)[0]) for each in both)
        first, second = (np.concatenate(column) for column in zip(*drawn, strict=True))
        difference = paired_difference(first, second, value - base, more_is_better=name in MORE_IS_BETTER)
        if difference is not None:
            found.append(PairedMetric(name, value, base, count, difference))
    return found


ACCURACY, AREA, LABELS = "accuracy", "area under the ROC curve", "share of labels that are right"
MEAN_ABSOLUTE, ROOT_MEAN_SQUARED = "mean absolute error", "root mean squared error"
MORE_IS_BETTER = (ACCURACY, AREA, LABELS)


def _metrics(own: Predictions, chosen: Array) -> Iterator[tuple[str, Evaluate]]:
    """By metric, how it is computed for some examples.

    Args:
        own: The predictions of a run.
        chosen: The places of the examples that count.
    """
    if own.kind == "regression":
        errors = own.values - own.actual
        yield MEAN_ABSOLUTE, _mean(own, np.abs(errors), chosen)
        squared = _mean(own, errors**2, chosen)
        yield ROOT_MEAN_SQUARED, lambda counts: np.sqrt(squared(counts))
        return
    yield LABELS if own.kind == "multilabel" else ACCURACY, _mean(own, own.predicted() == own.actual, chosen)
    if own.kind == "binary" and not own.grid:
        ranked = ranked_scores(own.values[chosen, 0], own.actual[chosen] == 1)
        yield AREA, lambda counts: roc_areas(ranked, counts)


def _mean(own: Predictions, values: Array, chosen: Array) -> Evaluate:
    """The mean of values over the drawn examples, each of which counts once, however many positions it has.

    Args:
        own: The predictions.
        values: Shape (n,) or (n, k).
        chosen: The places of the examples that count.
    """
    means = values.reshape(len(values), -1).mean(axis=1, dtype="float64")
    if own.grid:
        _, example = np.unique(own.rows, return_inverse=True)
        means = np.bincount(example, means) / np.bincount(example)
    column = means[chosen, None]
    return lambda counts: weighted_means(column, counts)[:, 0]
