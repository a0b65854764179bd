"""The paired bootstrap equals scikit-learn's metrics, resample by resample."""

from __future__ import annotations

import numpy as np
import pytest

from kspec.report.numbers.bootstrap import (
    examples_for,
    paired_difference,
    ranked_scores,
    resampled_counts,
    resamples_for,
    roc_areas,
    weighted_means,
)  # fmt: skip

metrics = pytest.importorskip("sklearn.metrics")
EXACT = {"rtol": 1e-9, "atol": 1e-12}


def test_resamples_have_as_many_examples_as_there_are_and_are_the_same_each_time() -> None:
    first, again = (np.concatenate(list(resampled_counts(50_000, 90))) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert first.shape == (90, 50_000)
    assert (first.sum(axis=1) == 50_000).all()
    assert first.mean(axis=0).std() < 0.15  # each example is as likely


def test_means_equal_weighted_metrics_of_scikit_learn() -> None:
    generator = np.random.default_rng(4)
    actual, predicted = generator.integers(0, 3, 200), generator.integers(0, 3, (2, 200))
    numbers, guesses = generator.normal(0, 1, 200), generator.normal(0, 1, 200)
    [counts] = resampled_counts(200, 30)
    right = np.stack([*(predicted == actual), np.abs(guesses - numbers)], axis=1)
    found = weighted_means(right, counts)
    for weights, means in zip(counts, found, strict=True):
        expected = [
            *(metrics.accuracy_score(actual, each, sample_weight=weights) for each in predicted),
            metrics.mean_absolute_error(numbers, guesses, sample_weight=weights),
        ]
        np.testing.assert_allclose(means, expected, **EXACT)


@pytest.mark.parametrize("digits", [16, 1, 0])
def test_areas_equal_those_of_scikit_learn(digits: int) -> None:
    generator = np.random.default_rng(5)
    actual = generator.random(150) < 0.3
    scores = (actual * 0.3 + generator.random(150) * 0.7).round(digits)
    [counts] = resampled_counts(150, 30)
    found = roc_areas(ranked_scores(scores, actual), counts)
    expected = [metrics.roc_auc_score(actual, scores, sample_weight=weights) for weights in counts]
    np.testing.assert_allclose(found, expected, **EXACT)


def test_a_resample_of_one_class_has_no_area() -> None:
    found = roc_areas(ranked_scores(np.array([0.1, 0.9]), np.array([False, True])), np.array([[2, 0], [1, 1]]))
    np.testing.assert_array_equal(found, [np.nan, 1.0])


def test_a_difference_counts_wins_and_halves_of_draws() -> None:
    own, other = np.array([0.9, 0.8, 0.7, np.nan]), np.array([0.8, 0.8, 0.9, 0.1])
    found = paired_difference(own, other, 0.05, more_is_better=True)
    assert found is not None
    assert (found.value, found.wins, found.resamples) == (0.05, 1.5, 3)
    np.testing.assert_allclose(found.interval, np.quantile([0.1, 0.0, -0.2], [0.025, 0.975]), **EXACT)
    less = paired_difference(own, other, 0.05, more_is_better=False)
    assert less is not None
    assert less.wins == 1.5
    assert paired_difference(own[3:], other[3:], 0.0, more_is_better=True) is None


def test_many_runs_are_resampled_less_often() -> None:
    assert resamples_for(100, 2) == 1000
    assert resamples_for(20_000, 100) == 200
    assert (examples_for(2), examples_for(20), examples_for(500)) == (20_000, 10_000, 2_000)
