"""Splits in an order."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kspec.data.splits.by_time import split_by_time
from tests.data.helpers import read

DAYS = np.arange("2024-01-01", "2024-04-10", dtype="datetime64[D]")


def write(folder, order=slice(None)):
    rows = [f"{day},{number},{number % 2}\n" for number, day in enumerate(DAYS)]
    (folder / "t.csv").write_text("date,a,y\n" + "".join(np.array(rows)[order]))


def rows_of(folder, split):
    loaded = read(folder, f"{{csv: t.csv, inputs: a, targets: y, split: {split}}}", "x: {shape: [1]}")
    assert loaded.problems == []
    return {name: part.inputs["x"].ravel().astype(int).tolist() for name, part in loaded.data.splits.items()}, loaded


@pytest.mark.parametrize("seed", [None, 1])
def test_training_has_the_earliest_rows(tmp_path, seed):
    write(tmp_path, slice(None) if seed is None else np.random.default_rng(seed).permutation(len(DAYS)))
    rows, loaded = rows_of(tmp_path, "{time: date, validation: 0.15, test: 0.15}")
    assert {name: sorted(own) for name, own in rows.items()} == {
        "train": [*range(70)],
        "validation": [*range(70, 85)],
        "test": [*range(85, 100)],
    }
    expected = "70 train (to 2024-03-10), 15 validation (to 2024-03-25), 15 test (to 2024-04-09)"
    assert expected in loaded.data.describe()
    assert "date" not in loaded.data.unused


def test_dates_and_a_gap(tmp_path):
    write(tmp_path)
    rows, loaded = rows_of(tmp_path, "{time: date, validation: 2024-02-01, test: 2024-03-01, gap: 7 days}")
    assert rows == {"train": [*range(24)], "validation": [*range(31, 53)], "test": [*range(60, 100)]}
    assert "14 left out by the gap" in loaded.data.describe()
    rows, _ = rows_of(tmp_path, "{time: date, test: 2024-03-01}")
    assert rows == {"train": [*range(60)], "test": [*range(60, 100)]}
    rows, _ = rows_of(tmp_path, "{time: a, validation: 50.5, test: 70, gap: 3}")
    assert rows == {"train": [*range(48)], "validation": [*range(51, 67)], "test": [*range(70, 100)]}


def test_the_order_of_the_rows(tmp_path):
    write(tmp_path)
    rows, _ = rows_of(tmp_path, "{order: true, validation: 0.1, test: 0.2, gap: 5}")
    assert rows == {"train": [*range(65)], "validation": [*range(70, 75)], "test": [*range(80, 100)]}


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.integers(0, 12), min_size=1, max_size=40),
    st.sampled_from([0.0, 0.1, 0.3, 0.45]),
    st.sampled_from([0.0, 0.1, 0.3, 0.45]),
    st.sampled_from([None, 0, 2]),
)
def test_no_future_in_training_and_no_time_in_two_splits(times, validation, test, gap):
    times = np.array(times)
    split = split_by_time(times, {"validation": validation, "test": test}, gap)
    parts = [times[split == number] for number in range(3)]
    present = [part for part in parts if len(part)]
    for earlier, later in pairwise(present):
        assert later.min() - earlier.max() > (gap or 0)
    assert (split >= 0).all() or gap
    wanted = [int(len(times) * share + 0.5) for share in (validation, test)]
    assert all(len(part) == 0 for part, share in zip(parts[1:], wanted, strict=True) if share == 0)
    if len(set(times)) == len(times) > sum(wanted) and not gap:
        assert [len(part) for part in parts[1:]] == wanted


@pytest.mark.parametrize(
    ("split", "message", "at"),
    [
        ("{time: date, test: 2024}", "KS514 `date` contains dates, so `2024` is no time of it", "2024"),
        ("{time: a, test: 2024-03-01}", "KS514 `a` contains numbers, so `2024-03-01` is no time of it", "2024-03-01"),
        ("{time: date, gap: 3}", "a gap of `3` has no meaning", "3"),
        ("{time: a, gap: 3 days}", "a gap of `3 days` has no meaning", "3 days"),
        ("{time: dat}", "KS502 unknown column `dat` | did you mean `date`?", "dat"),
        ("{time: date, validation: 2024-03-01, test: 2024-02-01}", "KS514 the validation split begins", "2024-03-01"),
        ("{time: date, test: 2030-01-01}", "KS506 the test split is empty", "2030-01-01"),
        ("{time: date, test: 2020-01-01}", "KS506 no rows are left for training", "2020-01-01"),
    ],
)
def test_settings_that_do_not_suit_the_table(tmp_path, split, message, at):
    write(tmp_path)
    loaded = read(tmp_path, f"{{csv: t.csv, inputs: a, targets: y, split: {split}}}", "x: {shape: [1]}")
    assert message in loaded.only
    assert at in loaded.pointed


def test_rows_without_a_time(tmp_path):
    (tmp_path / "t.csv").write_text("date,a,y\n" + "".join(f"{d},1,{n % 2}\n" for n, d in enumerate(["", *DAYS])))
    loaded = read(tmp_path, "{csv: t.csv, inputs: a, targets: y, split: {time: date}}", "x: {shape: [1]}")
    assert "KS503 `date` has no time in row 1" in loaded.only
    data = "{csv: t.csv, inputs: a, targets: y, split: {time: date}, missing: {date: drop_row}}"
    assert read(tmp_path, data, "x: {shape: [1]}").data.dropped == 1
