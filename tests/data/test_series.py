"""KS561: a series in time whose rows are split by chance."""

import datetime

import numpy as np
import pytest

from tests.data.helpers import read

DAY = datetime.date(2024, 1, 1)


def series_of(folder, column, values, split="{validation: 0.2, test: 0.2}"):
    lines = [f"{value},{n},{n % 2}" for n, value in enumerate(values)]
    (folder / "t.csv").write_text("\n".join([f"{column},a,y", *lines]) + "\n")
    loaded = read(folder, f"{{csv: t.csv, inputs: a, targets: y, split: {split}}}", "x: {shape: [1]}")
    return loaded.data.profile.series


DAYS = [DAY + datetime.timedelta(days=n) for n in range(40)]


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("when", DAYS),
        ("when", DAYS[::-1]),
        ("when", [day for day in DAYS if day.weekday() < 5]),
        ("month", [f"{1949 + n // 12}-{n % 12 + 1:02d}" for n in range(40)]),
        ("YEAR", range(1700, 1740)),
        ("t", [f"2024-01-01 {n // 2:02d}:{n % 2 * 30:02d}" for n in range(40)]),
    ],
)
def test_series(tmp_path, column, values):
    assert series_of(tmp_path, column, values) == column


@pytest.mark.parametrize(
    ("column", "values", "split"),
    [
        ("id", range(40), "{test: 0.2}"),
        (
            "born",
            [DAY + datetime.timedelta(days=int(n)) for n in np.random.default_rng(1).permutation(9000)[:40]],
            "{}",
        ),
        ("when", DAYS[:20] * 2, "{test: 0.2}"),
        ("when", DAYS[:12], "{test: 0.2}"),
        ("when", DAYS, "{time: when}"),
        ("when", DAYS, "{order: true}"),
        ("when", DAYS, "{validation: 0, test: 0}"),
        ("year", [1999 + n % 7 for n in range(40)], "{test: 0.2}"),
        ("word", [f"w{n}" for n in range(40)], "{test: 0.2}"),
    ],
)
def test_tables_that_are_no_series_or_not_shuffled(tmp_path, column, values, split):
    assert series_of(tmp_path, column, values, split) == ""
