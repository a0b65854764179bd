"""Splits by group."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kspec.data.splits.by_group import split_by_group
from tests.data.helpers import read


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=20, max_size=60), st.integers(0, 3))
def test_a_group_is_in_one_split_and_each_split_has_one(groups, seed):
    groups = np.array(groups)
    split = split_by_group(groups, {"validation": 0.2, "test": 0.2}, seed)
    assert len({(group, part) for group, part in zip(groups.tolist(), split.tolist(), strict=True)}) == len(set(groups))
    assert len(set(split)) == min(3, len(set(groups)))


def test_many_groups_have_the_wanted_sizes():
    groups = np.repeat(np.arange(200), 5)
    split = split_by_group(groups, {"validation": 0.1, "test": 0.25}, 1)
    assert np.bincount(split).tolist() == [650, 100, 250]
    assert (split != split_by_group(groups, {"validation": 0.1, "test": 0.25}, 2)).any()


def test_stratified_groups_keep_the_proportions():
    random = np.random.default_rng(5)
    groups = np.repeat(np.arange(100), 6)
    classes = np.repeat((random.random(100) < 0.2).astype(int), 6)
    split = split_by_group(groups, {"validation": 0.2, "test": 0.2}, 1, classes)
    share = classes.mean()
    for part in range(3):
        assert abs(classes[split == part].mean() - share) < 0.04


def test_a_class_of_one_group_is_for_training():
    groups = np.repeat(np.arange(12), 5)
    classes = np.where(groups == 7, 2, groups % 2)
    for seed in range(5):
        split = split_by_group(groups, {"validation": 0.3, "test": 0.3}, seed, classes)
        assert set(split[classes == 2]) == {0}


@pytest.mark.parametrize(
    ("patients", "message"),
    [
        (["p", "q"] * 6, "KS506 `patient` has 2 groups, too few for 3 splits"),
        (["p", "q", "r", ""] * 3, "KS503 `patient` decides the split but has no value in rows 4, 8, 12"),
    ],
)
def test_groups_that_do_not_suit(tmp_path, patients, message):
    (tmp_path / "t.csv").write_text("patient,a,y\n" + "".join(f"{p},1,{n % 2}\n" for n, p in enumerate(patients)))
    loaded = read(tmp_path, "{csv: t.csv, inputs: a, targets: y, split: {group: patient}}", "x: {shape: [1]}")
    assert message in loaded.only
    assert loaded.pointed == "patient"
