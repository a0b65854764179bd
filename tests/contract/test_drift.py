"""The population stability index against NumPy and SciPy, and how often chance alone is called drift."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special, stats

from kspec.contract.drift import column_drift, drift_of
from kspec.contract.new_rows import NewColumn, objects_column
from kspec.contract.parts import Bins, ColumnContract, Seen
from kspec.data.profile.training_columns import number_facts


def contract_of(values: np.ndarray, missing: int = 0) -> ColumnContract:
    facts = number_facts(values)
    bins = Bins(**facts.pop("bins"))
    return ColumnContract(
        name="x",
        kind="number",
        dtype="float32",
        seen=Seen(rows=len(values) + missing, missing=missing, bins=bins, **facts),
    )


@pytest.mark.parametrize("discrete", [False, True])
def test_index_of_numbers(discrete: bool) -> None:
    draw = np.random.default_rng(0)
    old, new = draw.normal(size=4000), draw.normal(0.5, 1.3, 900)
    if discrete:
        old, new = np.floor(old), np.floor(new)
    gaps = np.arange(900) % 10 == 0
    drift = column_drift(contract_of(old, missing=100), NewColumn(new, gaps))
    assert drift is not None
    edges = np.unique(np.quantile(old, np.arange(1, 10) / 10))
    parts = [
        np.append(np.histogram(v, [-np.inf, *edges, np.inf])[0], g) for v, g in ((old, 100), (new[~gaps], gaps.sum()))
    ]
    if not discrete:  # NumPy's last bin is closed, which no number of a continuous distribution meets
        expected, actual = ((counts + 0.5) / (counts.sum() + 0.5 * len(counts)) for counts in parts)
        index = special.rel_entr(actual, expected).sum() + special.rel_entr(expected, actual).sum()
        assert drift.psi == pytest.approx(index, rel=1e-9)
        assert drift.actual == pytest.approx(actual, rel=1e-12)
    assert sum(drift.expected) == pytest.approx(1)
    assert drift.has_drifted


def test_index_of_categories_with_new_ones() -> None:
    seen = Seen(rows=100, categories={"a": 60, "b": 40})
    column = ColumnContract(name="c", kind="text", dtype="string", seen=seen)
    drift = column_drift(column, objects_column(["a"] * 20 + ["z"] * 20))
    assert drift is not None
    assert drift.bins == ["a", "b", "(others)"]
    old, new = (np.array(counts) + 0.5 for counts in ([60, 40, 0], [20, 0, 20]))
    old, new = old / old.sum(), new / new.sum()
    assert drift.psi == pytest.approx(((new - old) * np.log(new / old)).sum(), rel=1e-12)


def test_few_rows_have_a_higher_threshold() -> None:
    few = drift_of("x", ["1", "2", "3"], [100.0] * 3, [20.0] * 3)
    assert few is not None
    assert few.threshold == pytest.approx(stats.chi2.ppf(0.999, 2) * (1 / 300 + 1 / 60), rel=0.03)
    assert drift_of("x", ["1", "2"], [100.0] * 2, [5.0] * 2) is None


def test_chance_alone_is_hardly_ever_drift() -> None:
    draw = np.random.default_rng(1)
    found = 0
    for _ in range(2000):
        drift = column_drift(contract_of(draw.normal(size=400)), NewColumn(draw.normal(size=60), np.zeros(60, bool)))
        found += drift is not None and drift.has_drifted
    assert found <= 12
