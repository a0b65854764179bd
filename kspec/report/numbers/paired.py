"""The metrics of a task on the same resamples of the examples that two runs have predicted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from kspec.report.numbers.bootstrap import (
    LARGEST_RESAMPLED,
    PairedDifference,
    RankedScores,
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


class ResampledMetric(NamedTuple):
    """A metric of a run.

    Args:
        value: On the examples themselves.
        drawn: On each resample of them, shape (r,).
    """

    value: float
    drawn: Array


def resampled_metrics(
    own: Predictions, resamples: int, most: int = LARGEST_RESAMPLED, seed: int = 0
) -> dict[str, ResampledMetric]:
    """The metrics of a run on resamples of its examples, which are the same for every run with as many examples.

    Args:
        own: The predictions of a run.
        resamples: How many resamples are drawn.
        most: How many examples count at most; of more, so many are chosen at random.
        seed: Which are drawn.
    """
    chosen = _chosen(own, most, seed)
    metrics = dict(_metrics(own, chosen)) if len(chosen) else {}
    parts: dict[str, list[Array]] = {name: [] for name in metrics}
    for counts in resampled_counts(len(chosen), resamples, seed) if metrics else ():
        for name, evaluate in metrics.items():
            parts[name].append(evaluate(counts))
    whole = np.ones((1, len(chosen)), "int64")
    return {
        name: ResampledMetric(float(evaluate(whole)[0]), np.concatenate(parts[name]))
        for name, evaluate in metrics.items()
    }


def _chosen(own: Predictions, most: int, seed: int) -> Array:
    """The places of the examples that count."""
    count = len(np.unique(own.rows)) if own.grid else len(own)
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, most, replace=False))


def differences_of(
    own: Mapping[str, ResampledMetric], other: Mapping[str, ResampledMetric], examples: int
) -> list[PairedMetric]:
    """By how much a run is better than another on the same resamples.

    Args:
        own: The metrics of the run.
        other: Those of the run that it is compared with, of the same examples in the same order.
        examples: How many examples there are.
    """
    found = []
    for name, mine in own.items():
        theirs, is_more = other[name], name in MORE_IS_BETTER
        value = mine.value - theirs.value
        difference = paired_difference(mine.drawn, theirs.drawn, value, more_is_better=is_more)
        if difference is not None:
            found.append(PairedMetric(name, mine.value, theirs.value, examples, difference))
    return found


def mirrored(each: PairedMetric) -> PairedMetric:
    """The same comparison in the other direction."""
    value, (low, high), wins, resamples = each.difference
    difference = PairedDifference(0 - value, (0 - high, 0 - low), resamples - wins, resamples)
    return PairedMetric(each.name, each.other, each.own, each.examples, difference)


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
    one, two = (resampled_metrics(each, resamples, most, seed) for each in (own, other))
    return differences_of(one, two, len(_chosen(own, most, seed)))


ACCURACY, AREA, LABELS = "accuracy", "area under the ROC curve", "share of labels that are right"
MEAN_ABSOLUTE, ROOT_MEAN_SQUARED = "mean absolute error", "root mean squared error"
MEAN_AREA = "mean area under the ROC curve"
"""Of each class against the others, as scikit-learn's macro average, `ovr`."""
MORE_IS_BETTER = (ACCURACY, AREA, MEAN_AREA, LABELS)
MOST_CLASSES = 20
"""Of more classes, areas take too long."""


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
    if own.kind == "multiclass" and not own.grid and len(own.names) <= MOST_CLASSES:
        known = [at for at in range(len(own.names)) if 0 < np.sum(own.actual[chosen] == at) < len(chosen)]
        each = [ranked_scores(own.values[chosen, at], own.actual[chosen] == at) for at in known]
        if each:
            yield MEAN_AREA, lambda counts: _mean_areas(each, counts)


def _mean_areas(ranked: Sequence[RankedScores], counts: Array) -> Array:
    """The mean of the areas of all classes that a resample has, each against the others, shape (r,)."""
    areas = np.stack([roc_areas(each, counts) for each in ranked])
    known = np.isfinite(areas)
    found: Array = np.full(len(counts), np.nan)
    np.divide(np.where(known, areas, 0).sum(axis=0), known.sum(axis=0), out=found, where=known.any(axis=0))
    return found


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
