"""Which rows go where."""

import numpy as np
import pytest

from kspec.data.split import by_fractions, largest_remainder
from tests.data.helpers import read, table


def test_a_plain_script_draws_the_same_parts(tmp_path):
    table(tmp_path)
    parts = read(tmp_path, "{csv: t.csv, inputs: [a, b], targets: y, split: {validation: 0.1, test: 0.25}}").data.splits
    order = np.random.default_rng([3, 0]).permutation(50)
    assert parts["test"].rows.tolist() == sorted(order[:13] + 1)
    assert parts["validation"].rows.tolist() == sorted(order[13:18] + 1)
    assert parts["train"].rows.tolist() == sorted(order[18:] + 1)


@pytest.mark.parametrize("count", [1, 2, 3, 7, 50, 569])
@pytest.mark.parametrize("stratified", [False, True])
def test_parts_share_nothing_and_have_the_counts_asked_for(count, stratified):
    classes = np.arange(count) % 3 if stratified else None
    parts = by_fractions(count, {"test": 0.25, "validation": 0.1}, 5, classes)
    assert len(parts["test"]) == int(count * 0.25 + 0.5)
    assert len(parts["validation"]) == int(count * 0.1 + 0.5)
    assert not set(parts["test"]) & set(parts["validation"])


def test_stratified_parts_keep_the_proportions():
    classes = np.array([0] * 700 + [1] * 250 + [2] * 50)
    for rows in by_fractions(1000, {"test": 0.2, "validation": 0.1}, 1, classes).values():
        share = np.bincount(classes[rows]) / len(rows)
        np.testing.assert_allclose(share, [0.7, 0.25, 0.05])


def test_largest_remainder_goes_to_the_first_of_equals():
    assert largest_remainder(2, np.array([1, 1, 1])).tolist() == [1, 1, 0]
    assert largest_remainder(10, np.array([5, 5, 0])).tolist() == [5, 5, 0]
    assert largest_remainder(3, np.array([10, 20, 1])).tolist() == [1, 2, 0]


def test_stratify_by_target_and_by_column(tmp_path):
    table(tmp_path)
    for stratify, column in (("true", "y"), ("part", "part")):
        split = f"split: {{validation: 0.2, test: 0.2, stratify: {stratify}}}"
        parts = read(tmp_path, f"{{csv: t.csv, inputs: [a, b], targets: y, {split}}}").data.splits
        said = [line.split(",") for line in (tmp_path / "t.csv").read_text().splitlines()]
        place = said[0].index(column)
        whole = [row[place] for row in said[1:]]
        for part in parts.values():
            own = [whole[row - 1] for row in part.rows]
            for label in set(whole):
                assert abs(own.count(label) - whole.count(label) * len(part) / 50) < 1


def test_by_a_column_in_many_words(tmp_path):
    words = ["train", "Training", "TRAIN", "val", "Valid", "dev", "validation", "test", "Testing"]
    lines = "".join(f"{n},1,{n % 2},{word}\n" for n, word in enumerate(words))
    (tmp_path / "t.csv").write_text("a,b,y,part\n" + lines)
    data = read(tmp_path, "{csv: t.csv, targets: y, split: {by: part}}").data
    rows = {name: part.rows.tolist() for name, part in data.splits.items()}
    assert rows == {"train": [1, 2, 3], "validation": [4, 5, 6, 7], "test": [8, 9]}
    assert "part" not in data.unused


@pytest.mark.parametrize(
    ("part", "said"),
    [("trian", "KS514 `part` contains `trian`"), ("", "KS514 `part` assigns no split to row 2"), ("7", "`7`")],
)
def test_a_column_that_does_not_say(tmp_path, part, said):
    (tmp_path / "t.csv").write_text(f"a,b,y,part\n1,2,0,train\n1,2,1,{part}\n1,2,1,test\n")
    found = read(tmp_path, "{csv: t.csv, targets: y, split: {by: part}}")
    assert said in found.only
    assert found.pointed == "part"


def test_no_training_rows(tmp_path):
    (tmp_path / "t.csv").write_text("a,b,y,part\n1,2,0,test\n1,2,1,test\n")
    assert "KS506 no rows are left for training" in read(tmp_path, "{csv: t.csv, targets: y, split: {by: part}}").only


def test_empty_parts_are_warned_of(tmp_path):
    (tmp_path / "t.csv").write_text("a,b,y\n1,2,0\n3,4,1\n")
    found = read(tmp_path, "{csv: t.csv, targets: y, split: {validation: 0.1, test: 0}}")
    assert "KS506 the validation split is empty: 0.1 of 2 rows is less than one row" in found.only
    assert found.pointed == "0.1"
    assert list(found.data.splits) == ["train"]


def test_a_stratify_column_with_gaps(tmp_path):
    (tmp_path / "t.csv").write_text("a,b,y,s\n" + "1,2,0,u\n3,4,1,\n" * 5)
    assert "KS503" in read(tmp_path, "{csv: t.csv, inputs: [a, b], targets: y, split: {stratify: s}}").only
