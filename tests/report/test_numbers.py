"""The numbers of a report equal scikit-learn's on the same predictions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kspec.report.numbers.binary import areas, calibration, curves, thinned
from kspec.report.numbers.classes import class_scores, confusion, top_k
from kspec.report.numbers.forecast import Forecasts
from kspec.report.numbers.lists import list_scores
from kspec.report.numbers.masks import intersection_over_union, mean_by_example
from kspec.report.numbers.regression import LEVELS, errors

metrics = pytest.importorskip("sklearn.metrics")
EXACT = {"rtol": 1e-9, "atol": 1e-12}


@pytest.fixture(params=["smooth", "ties", "few", "constant"])
def scored(request: pytest.FixtureRequest) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    generator = np.random.default_rng(3)
    count = 4 if request.param == "few" else 500
    actual = generator.random(count) < 0.4
    actual[:2] = True, False
    scores = np.clip(actual * 0.3 + generator.random(count) * 0.7, 0, 1)
    if request.param == "ties":
        scores = scores.round(1)
    return (np.full(count, 0.25) if request.param == "constant" else scores), actual


def test_curves_and_areas_equal_scikit_learn(scored: tuple[Any, Any]) -> None:
    scores, actual = scored
    found = curves(scores, actual)
    false, true, _ = metrics.roc_curve(actual, scores, drop_intermediate=False)
    np.testing.assert_allclose(found.roc(), (false, true), **EXACT)
    precision, recall, _ = metrics.precision_recall_curve(actual, scores)
    own_precision, own_recall = found.precision_recall()
    np.testing.assert_allclose(own_precision[::-1], precision[:-1], **EXACT)
    np.testing.assert_allclose(own_recall[::-1], recall[:-1], **EXACT)
    np.testing.assert_allclose(found.roc_area(), metrics.roc_auc_score(actual, scores), **EXACT)
    np.testing.assert_allclose(found.average_precision(), metrics.average_precision_score(actual, scores), **EXACT)


def test_weighted_curves_equal_scikit_learn(scored: tuple[Any, Any]) -> None:
    scores, actual = scored
    weights = np.random.default_rng(1).integers(0, 4, len(scores))
    weights[:2] = 1
    found = curves(scores, actual, weights)
    expected = metrics.roc_auc_score(actual, scores, sample_weight=weights)
    np.testing.assert_allclose(found.roc_area(), expected, **EXACT)
    expected = metrics.average_precision_score(actual, scores, sample_weight=weights)
    np.testing.assert_allclose(found.average_precision(), expected, **EXACT)


def test_intervals_hold_their_value_and_are_the_same_each_time(scored: tuple[Any, Any]) -> None:
    first, again = areas(*scored), areas(*scored)
    assert first == again
    for area in first:
        assert area.interval is not None
        assert area.interval[0] <= area.value <= area.interval[1]


def test_without_both_classes_there_is_no_area() -> None:
    found = curves(np.array([0.2, 0.7]), np.array([False, False]))
    assert np.isnan(found.roc_area())
    assert np.isnan(found.average_precision())


def test_calibration_equals_scikit_learn(scored: tuple[Any, Any]) -> None:
    from sklearn.calibration import calibration_curve

    scores, actual = scored
    observed, predicted = calibration_curve(actual, scores, n_bins=10, strategy="uniform")
    found = calibration(scores, actual)
    np.testing.assert_allclose(found.observed, observed, **EXACT)
    np.testing.assert_allclose(found.predicted, predicted, **EXACT)
    assert found.counts.sum() == len(scores)


def test_scores_of_classes_equal_scikit_learn() -> None:
    generator = np.random.default_rng(5)
    actual, predicted = generator.integers(0, 4, 300), generator.integers(0, 5, 300)  # class 4 never occurs
    matrix = confusion(actual, predicted, 5)
    np.testing.assert_array_equal(matrix, metrics.confusion_matrix(actual, predicted, labels=range(5)))
    expected = metrics.precision_recall_fscore_support(actual, predicted, labels=range(5), zero_division=0)
    for own, other in zip(class_scores(matrix), expected, strict=True):
        np.testing.assert_allclose(own, other, **EXACT)


def test_top_k_equals_scikit_learn() -> None:
    generator = np.random.default_rng(5)
    scores, actual = generator.random((200, 6)), generator.integers(0, 6, 200)
    for k, share in enumerate(top_k(scores, actual, 4), 1):
        assert share == pytest.approx(metrics.top_k_accuracy_score(actual, scores, k=k, labels=range(6)), abs=1e-12)


def test_errors_equal_scikit_learn() -> None:
    generator = np.random.default_rng(2)
    actual = generator.normal(1e6, 3, 400)
    predicted = actual + generator.normal(0.5, 1, 400)
    found = errors(actual, predicted)
    assert found.mean_absolute == pytest.approx(metrics.mean_absolute_error(actual, predicted), rel=1e-9)
    assert found.root_mean_squared == pytest.approx(metrics.root_mean_squared_error(actual, predicted), rel=1e-9)
    assert found.r_squared == pytest.approx(metrics.r2_score(actual, predicted), rel=1e-9)
    np.testing.assert_allclose(found.quantiles, np.quantile(np.abs(predicted - actual), LEVELS), **EXACT)


@pytest.mark.parametrize("length", [1, 2, 7, 10, 11, 1000])
def test_a_thinned_curve_keeps_its_ends(length: int) -> None:
    kept = thinned(length, 10)
    assert kept[0] == 0
    assert kept[-1] == length - 1
    assert len(kept) == min(length, 10)
    assert (np.diff(kept) > 0).all()


def test_the_naive_forecast_is_the_last_value_before_the_first_step() -> None:
    truth = np.arange(20.0) ** 2
    starts = np.repeat(np.arange(3, 15), 3)  # forecasts of three rows each, of two series
    steps = np.tile([1, 2, 3], 12)
    times = starts + steps - 1
    series = np.repeat(["a", "b"], 36)
    actual = np.concatenate([truth[times], -truth[times]])
    own = Forecasts(series, np.tile(times, 2), np.tile(steps, 2), actual + 1, actual)
    expected = np.tile(np.where(starts > 3, truth[starts - 1], np.nan), 2) * np.repeat([1, -1], 36)
    order = np.random.default_rng(0).permutation(72)
    mixed = Forecasts(*(column[order] for column in own))
    np.testing.assert_array_equal(mixed.naive(), expected[order])
    numbers, errors_ = mixed.error_by_step(mixed.predicted)
    np.testing.assert_array_equal(numbers, [1, 2, 3])
    np.testing.assert_allclose(errors_, 1.0)


def test_scores_of_lists() -> None:
    actual, predicted = [["a", "b"], ["c"], ["a"]], [["a", "c"], ["c"], []]
    assert list_scores(actual, predicted, by_position=True) == (1 / 3, 2 / 4, 2 / 4)
    assert np.isnan(list_scores(actual, predicted, by_position=False).items)


def test_intersection_over_union_equals_scikit_learn() -> None:
    generator = np.random.default_rng(4)
    actual, predicted = generator.integers(0, 3, (5, 8, 8)), generator.integers(0, 3, (5, 8, 8))
    found = intersection_over_union(confusion(actual.ravel(), predicted.ravel(), 3))
    np.testing.assert_allclose(found, metrics.jaccard_score(actual.ravel(), predicted.ravel(), average=None), **EXACT)
    means = mean_by_example(actual, predicted, 3)
    expected = [
        metrics.jaccard_score(a.ravel(), p.ravel(), average="macro") for a, p in zip(actual, predicted, strict=True)
    ]
    np.testing.assert_allclose(means, expected, **EXACT)
