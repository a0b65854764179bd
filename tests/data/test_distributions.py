"""Quantiles and histograms of columns equal NumPy's."""

import numpy as np
import pytest

from kspec.analysis.data_profile import BINS, QUANTILES
from kspec.data.profile.profiling import profile_column
from kspec.data.table import Column

CHANCE = np.random.default_rng(5)


def profile(values, kind="float", missing=None):
    values = np.asarray(values)
    missing = np.zeros(len(values), bool) if missing is None else np.asarray(missing)
    return profile_column(Column("c", kind, values, missing))


@pytest.mark.parametrize(
    "values",
    [
        CHANCE.normal(size=1000),
        CHANCE.integers(0, 5, 100),
        CHANCE.lognormal(sigma=3, size=333).astype(np.float32),
        [7.0],
        [1, 2],
        [-3, -3, -3],
        [-1.7e308, 0.0, 1.7e308],
    ],
)
def test_they_equal_numpy(values):
    found = profile(values)
    expected = np.asarray(values, float)
    assert found.quantiles == tuple(np.quantile(expected, QUANTILES))
    assert sum(found.histogram) == len(expected)
    assert found.median == pytest.approx(np.median(expected))
    if expected.min() < expected.max() < 1e300:
        # NumPy computes the edges, kspec the share of the way, which may differ by a rounding
        edges = np.histogram(expected, BINS)[0]
        assert np.abs(np.cumsum(edges) - np.cumsum(found.histogram)).max() <= 1


def test_missing_and_infinite_numbers_are_left_out():
    found = profile([1.0, 2.0, 3.0, np.inf, 99.0], missing=[False, False, False, False, True])
    assert found.median == 2.0
    assert (sum(found.histogram), found.rows, found.missing) == (3, 5, 1)


@pytest.mark.parametrize(
    ("values", "kind"), [(["a", "b"], "text"), ([True, False], "boolean"), ([[1.0], [2.0]], "array")]
)
def test_other_columns_have_none(values, kind):
    assert profile(np.array(values, object if kind == "text" else None), kind).quantiles == ()


def test_they_survive_json():
    from kspec.analysis.data_profile import DataProfile

    whole = DataProfile("csv", 3, (profile([1.0, 2.0, 4.0]),), copies={"a": "b"}, drift={"a": ("test", 0.5)})
    assert DataProfile.from_json(whole.to_json()) == whole
