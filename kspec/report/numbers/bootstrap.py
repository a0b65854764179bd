"""Whether one run is better than another on the examples that both predicted: a paired bootstrap."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]

RESAMPLES = 1_000
FEWEST_RESAMPLES = 200
LARGEST_RESAMPLED = 20_000
"""Of more examples, so many are chosen at random: intervals are then wider than those of all examples."""
FEWEST_RESAMPLED = 2_000
"""Of very many runs, so many examples are compared at least."""
_CHUNK = 2_000_000
"""Numbers that are held at once."""


class PairedDifference(NamedTuple):
    """How much more of a metric a run has than another, on the same examples.

    Args:
        value: The difference.
        interval: Where it lies in 95% of the resamples.
        wins: On how many resamples the run is better; one that is as good counts half.
        resamples: How many there are.
    """

    value: float
    interval: tuple[float, float]
    wins: float
    resamples: int


def resampled_counts(examples: int, resamples: int, seed: int = 0) -> Iterator[Array]:
    """How often each example is drawn in each resample, in parts of shape (r, n).

    Args:
        examples: n, the number of examples.
        resamples: The number of resamples.
        seed: Which are drawn.
    """
    generator = np.random.default_rng(seed)
    size = max(1, _CHUNK // max(1, examples))
    for start in range(0, resamples, size):
        count = min(size, resamples - start)
        drawn = generator.integers(0, examples, (count, examples)) + np.arange(count)[:, None] * examples
        yield np.bincount(drawn.ravel(), minlength=count * examples).reshape(count, examples)


def weighted_means(values: Array, counts: Array) -> Array:
    """The mean of each column in each resample, shape (r, k).

    Args:
        values: Shape (n, k).
        counts: How often each example was drawn, shape (r, n).
    """
    means: Array = (counts.astype("float64") @ values) / counts.sum(axis=1, keepdims=True)
    return means


class RankedScores(NamedTuple):
    """Scores in an order in which the areas of many resamples follow quickly.

    Args:
        order: The examples from the highest score down, shape (n,).
        last: The place of the last example of each distinct score, shape (t,).
        positive: Which examples are positive, in that order, shape (n,).
    """

    order: Array
    last: Array
    positive: Array


def ranked_scores(scores: Array, actual: Array) -> RankedScores:
    """Ranks scores.

    Args:
        scores: Shape (n,).
        actual: Which examples are positive, boolean, shape (n,).
    """
    order = np.argsort(-scores, kind="stable")
    last = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)
    return RankedScores(order, last, actual[order].astype("float64"))


def roc_areas(ranked: RankedScores, counts: Array) -> Array:
    """The area under the ROC curve of each resample, shape (r,); NaN where it has one class alone.

    Args:
        ranked: The scores.
        counts: How often each example was drawn, shape (r, n).
    """
    drawn = counts[:, ranked.order].astype("float64")
    positives = drawn * ranked.positive
    true = np.cumsum(positives, axis=1)[:, ranked.last]
    false = np.cumsum(drawn - positives, axis=1)[:, ranked.last]
    widths = np.diff(false, axis=1, prepend=0.0)
    heights = true - np.diff(true, axis=1, prepend=0.0) / 2
    whole = true[:, -1] * false[:, -1]
    areas: Array = np.full(len(counts), np.nan)
    np.divide((widths * heights).sum(axis=1), whole, out=areas, where=whole > 0)
    return areas


def paired_difference(own: Array, other: Array, value: float, *, more_is_better: bool) -> PairedDifference | None:
    """What the metrics of two runs on the same resamples tell of them; None if no resample has both.

    Args:
        own: The metric of the run in each resample, shape (r,).
        other: That of the other run.
        value: The difference on the examples themselves.
        more_is_better: Whether more of the metric is better.
    """
    differences = (own - other)[np.isfinite(own) & np.isfinite(other)]
    if not len(differences):
        return None
    low, high = np.quantile(differences, [0.025, 0.975])
    better = differences if more_is_better else -differences
    wins = float(np.sum(better > 0) + np.sum(better == 0) / 2)
    return PairedDifference(value, (float(low), float(high)), wins, len(differences))


def resamples_for(examples: int, runs: int) -> int:
    """How many resamples are drawn, so that many runs do not take long.

    Args:
        examples: How many examples are compared.
        runs: How many runs.
    """
    return int(np.clip(_MOST_CELLS // max(1, examples * runs), FEWEST_RESAMPLES, RESAMPLES))


def examples_for(runs: int) -> int:
    """How many examples are compared at most, so that many runs do not take long.

    Args:
        runs: How many runs.
    """
    return int(np.clip(_MOST_CELLS // (FEWEST_RESAMPLES * max(1, runs)), FEWEST_RESAMPLED, LARGEST_RESAMPLED))


_MOST_CELLS = 40_000_000
