"""How well scores separate two classes: ROC and precision-recall curves, their areas, calibration, thresholds."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]

BINS = 10
"""Bins of equal width of a calibration curve."""
RESAMPLES = 400
LARGEST_RESAMPLED = 50_000
"""Of more examples, no interval is computed: it would be narrower than what a page shows."""


class Curves(NamedTuple):
    """What follows at each threshold, from the highest score down.

    Args:
        thresholds: The distinct scores, descending, shape (t,): an example counts as positive from there on.
        true_positives: How many positives are at or above each, shape (t,).
        false_positives: How many negatives are, shape (t,).
    """

    thresholds: Array
    true_positives: Array
    false_positives: Array

    @property
    def positives(self) -> float:
        """How many examples are positive."""
        return float(self.true_positives[-1])

    @property
    def negatives(self) -> float:
        """How many are negative."""
        return float(self.false_positives[-1])

    def roc(self) -> tuple[Array, Array]:
        """False and true positive rates, each from 0 to 1, shape (t + 1,)."""
        start = [0.0]
        return (
            np.concatenate([start, self.false_positives / max(self.negatives, 1)]),
            np.concatenate([start, self.true_positives / max(self.positives, 1)]),
        )

    def precision_recall(self) -> tuple[Array, Array]:
        """Precision and recall at each threshold, shape (t,); recall rises."""
        named = self.true_positives + self.false_positives  # 0 where a resample has none of the highest scores
        precision = np.divide(self.true_positives, named, out=np.ones(len(named)), where=named > 0)
        return precision, self.true_positives / max(self.positives, 1)

    def roc_area(self) -> float:
        """The area under the ROC curve, by trapezoids; NaN without both classes."""
        if not self.positives or not self.negatives:
            return float("nan")
        false, true = self.roc()
        return float(np.trapezoid(true, false))

    def average_precision(self) -> float:
        """The mean of the precision over the steps of the recall; NaN without positives."""
        if not self.positives:
            return float("nan")
        precision, recall = self.precision_recall()
        return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def curves(scores: Array, actual: Array, weights: Array | None = None) -> Curves:
    """The curves of scores.

    Args:
        scores: Shape (n,), n at least 1.
        actual: Which examples are positive, boolean, shape (n,).
        weights: How often each example counts, shape (n,); None for once.
    """
    if weights is None:  # sorting values takes a fifth of what sorting indices does
        ordered, positives = np.sort(scores)[::-1], np.sort(scores[actual])
        last = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)
        true = (len(positives) - np.searchsorted(positives, ordered[last])).astype("float64")
        return Curves(ordered[last], true, last + 1 - true)
    order = np.argsort(-scores, kind="stable")
    ordered, positive = scores[order], actual[order].astype("float64")
    counted = weights[order].astype("float64")
    last = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)
    true = np.cumsum(positive * counted)[last]
    return Curves(ordered[last], true, np.cumsum(counted)[last] - true)


class Area(NamedTuple):
    """An area under a curve.

    Args:
        value: The area.
        interval: Where it lies in 95% of the resamples; None if it was not computed.
    """

    value: float
    interval: tuple[float, float] | None = None


def areas(scores: Array, actual: Array, known: Curves | None = None, seed: int = 0) -> tuple[Area, Area]:
    """The area under the ROC curve and the average precision, with intervals by the percentile bootstrap.

    Args:
        scores: Shape (n,).
        actual: Which examples are positive, boolean, shape (n,).
        known: Their curves; None to compute them.
        seed: Of the resamples.
    """
    known = curves(scores, actual) if known is None else known
    both = known.roc_area(), known.average_precision()
    if len(scores) > LARGEST_RESAMPLED or not known.positives or not known.negatives:
        return Area(both[0]), Area(both[1])
    generator, drawn = np.random.default_rng(seed), []
    share = np.full(len(scores), 1 / len(scores))
    for _ in range(RESAMPLES):
        sample = curves(scores, actual, generator.multinomial(len(scores), share))
        if sample.positives and sample.negatives:
            drawn.append((sample.roc_area(), sample.average_precision()))
    low, high = np.quantile(np.array(drawn), [0.025, 0.975], axis=0)
    roc, precision = (Area(value, (float(low[at]), float(high[at]))) for at, value in enumerate(both))
    return roc, precision


class Calibration(NamedTuple):
    """How often predictions of a probability come true; bins without examples are left out.

    Args:
        predicted: The mean prediction of each bin, shape (b,).
        observed: The share of positives, shape (b,).
        counts: The number of examples, shape (b,).
    """

    predicted: Array
    observed: Array
    counts: Array

    def expected_error(self) -> float:
        """The mean distance between both, weighted by examples."""
        return float(np.average(np.abs(self.predicted - self.observed), weights=self.counts))


def calibration(probabilities: Array, actual: Array) -> Calibration:
    """The calibration of probabilities in bins of equal width.

    Args:
        probabilities: From 0 to 1, shape (n,).
        actual: Which examples are positive, boolean, shape (n,).
    """
    inner = np.linspace(0.0, 1.0, BINS + 1)[1:-1]
    bins = np.searchsorted(inner, probabilities)
    counts = np.bincount(bins, minlength=BINS)
    known = counts > 0
    sums = np.bincount(bins, probabilities, BINS)[known], np.bincount(bins, actual.astype("float64"), BINS)[known]
    return Calibration(sums[0] / counts[known], sums[1] / counts[known], counts[known])


def thinned(length: int, most: int) -> Array:
    """The indices of at most so many points of a curve, evenly spaced, with its ends.

    Args:
        length: How many points it has.
        most: How many are shown.
    """
    if length <= most:
        return np.arange(length)
    return np.unique(np.linspace(0, length - 1, most).round().astype("int64"))
