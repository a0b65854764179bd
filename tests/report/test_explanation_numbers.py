"""Importance and dependence equal scikit-learn's; what slices are made of."""

from __future__ import annotations

import importlib
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from kspec.report.numbers.columns import input_columns
from kspec.report.numbers.dependence import dependence, grid_of
from kspec.report.numbers.importance import orders, permuted_scores, worse_by
from kspec.report.numbers.slices import difference, parts_of, residual_ranges

sklearn = pytest.importorskip("sklearn")


def _forest() -> tuple[Any, Any, Any]:
    from sklearn.ensemble import RandomForestRegressor

    generator = np.random.default_rng(0)
    x = generator.normal(size=(120, 3))
    y = 2 * x[:, 0] + np.sin(3 * x[:, 1]) + generator.normal(0, 0.1, 120)
    return RandomForestRegressor(n_estimators=10, random_state=0).fit(x, y), x, y


def test_partial_dependence_equals_scikit_learn() -> None:
    from sklearn.inspection import partial_dependence

    model, x, _ = _forest()
    columns = input_columns({"x": x}, {"x": ["a", "b", "c"]}, {})
    for at, column in enumerate(columns):
        known = partial_dependence(model, x, [at], kind="both", method="brute", grid_resolution=20)
        grid = known["grid_values"][0]
        own = dependence(lambda inputs: model.predict(inputs["x"])[:, None], {"x": x}, column, grid)
        np.testing.assert_allclose(own.mean()[:, 0], known["average"][0], rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(own.each[:, :, 0].T, known["individual"][0], rtol=1e-9, atol=1e-9)


def test_importance_equals_scikit_learn_with_the_same_permutations(monkeypatch: pytest.MonkeyPatch) -> None:
    from sklearn.inspection import permutation_importance

    model, x, y = _forest()
    columns = input_columns({"x": x}, {"x": ["a", "b", "c"]}, {})
    drawn = [orders(len(x), at, 4, seed=5) for at in range(3)]
    left = [order for column in drawn for order in _one_after_another(column)]

    class Given:
        """Shuffles as `orders` does."""

        def shuffle(self, indices: Any) -> None:
            indices[:] = left.pop(0)

        def randint(self, *_: Any, **__: Any) -> int:
            return 0

    module = importlib.import_module("sklearn.inspection._permutation_importance")
    monkeypatch.setattr(module, "check_random_state", lambda _: Given())
    known = permutation_importance(model, x, y, scoring="neg_mean_squared_error", n_repeats=4, random_state=0)

    def score(inputs: Any) -> dict[str, float]:
        return {"loss": float(np.mean((model.predict(inputs["x"]) - y) ** 2))}

    before = score({"x": x})["loss"]
    for at, column in enumerate(columns):
        own = [permuted_scores(score, {"x": x}, column, order)["loss"] for order in drawn[at]]
        np.testing.assert_allclose([worse_by(each, before, "min") for each in own], known.importances[at], rtol=1e-9)


def _one_after_another(orders: list[Any]) -> list[Any]:
    """Orders to apply to a column that has been permuted by the ones before, as scikit-learn does."""
    return [orders[0], *(np.argsort(before)[after] for before, after in pairwise(orders))]


def test_grids() -> None:
    assert grid_of(np.array([3, 1, 3, 2])) == [1, 2, 3]
    assert grid_of(np.array(["b", "a", "b"])) == ["b", "a"]
    wide = grid_of(np.arange(1000))
    assert len(wide) == 20
    assert all(isinstance(value, int) for value in wide)
    assert wide[0] == 50


def test_the_difference_between_parts_is_fishers_f() -> None:
    from scipy.stats import f_oneway

    generator = np.random.default_rng(1)
    values, quantity = generator.integers(0, 3, 90), generator.normal(size=90)
    quantity[values == 2] += 1
    parts = parts_of(values)
    expected = f_oneway(*(quantity[values == value] for value in range(3))).statistic
    assert difference(quantity, parts) == pytest.approx(expected)


def test_parts_and_their_residuals() -> None:
    values = np.arange(100.0)
    parts = parts_of(values, 4)
    assert np.bincount(parts.of).tolist() == [25, 25, 25, 25]
    ranges = residual_ranges(values - 50, parts)
    assert [each.examples for each in ranges] == [25] * 4
    assert ranges[0].median == pytest.approx(np.median(values[:25] - 50))
    rare = parts_of(np.array(["a"] * 12 + ["b"] * 3))
    assert rare.names == ["a"]
    assert (rare.of[12:] == -1).all()
