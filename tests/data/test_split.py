"""Splits of rows."""

import numpy as np
import pytest

from kspec.data.splits.by_chance import largest_remainder, split_by_chance
from kspec.data.storage import mapped_arrays
from tests.data.helpers import read, table


def test_a_plain_script_draws_the_same_splits(tmp_path):
    table(tmp_path)
    splits = read(
        tmp_path, "{csv: t.csv, inputs: [a, b], targets: y, split: {validation: 0.1, test: 0.25}}"
    ).data.splits
    order = np.random.default_rng([3, 0]).permutation(50)
    assert splits["test"].rows.tolist() == sorted(order[:13] + 1)
    assert splits["validation"].rows.tolist() == sorted(order[13:18] + 1)
    assert splits["train"].rows.tolist() == sorted(order[18:] + 1)


@pytest.mark.parametrize("count", [1, 2, 3, 7, 50, 569])
@pytest.mark.parametrize("stratified", [False, True])
def test_splits_are_disjoint_and_have_the_requested_sizes(count, stratified):
    classes = np.arange(count) % 3 if stratified else None
    split_of = split_by_chance(count, {"test": 0.25, "validation": 0.1}, 5, classes)
    spare = count - len(set(classes)) if stratified else count  # a row of each class is for training
    sizes = np.bincount(split_of, minlength=3)
    assert sizes[2] == min(int(count * 0.25 + 0.5), spare)
    assert sizes[1] == min(int(count * 0.1 + 0.5), spare)


@pytest.mark.parametrize("piece", [1, 7, 100_000])
def test_classes_are_drawn_in_the_order_of_the_permutation(piece, monkeypatch):
    monkeypatch.setattr(mapped_arrays, "PIECE_BYTES", 8 * piece)
    classes = np.random.default_rng(0).integers(0, 4, 569)
    split_of = split_by_chance(569, {"test": 0.25, "validation": 0.1}, 5, classes)
    order, sizes = np.random.default_rng([5, 0]).permutation(569), np.bincount(classes)
    tests, validation = largest_remainder(142, sizes), largest_remainder(57, sizes)
    for number in range(4):
        own = order[classes[order] == number]
        assert set(own[: tests[number]]) == set(np.flatnonzero((split_of == 2) & (classes == number)))
        held = own[tests[number] : tests[number] + validation[number]]
        assert set(held) == set(np.flatnonzero((split_of == 1) & (classes == number)))


def test_stratified_splits_keep_the_proportions():
    classes = np.array([0] * 700 + [1] * 250 + [2] * 50)
    split_of = split_by_chance(1000, {"test": 0.2, "validation": 0.1}, 1, classes)
    for number in range(3):
        share = np.bincount(classes[split_of == number]) / (split_of == number).sum()
        np.testing.assert_allclose(share, [0.7, 0.25, 0.05])


def test_rare_classes_go_to_training_first(tmp_path):
    classes = np.array([0] * 10 + [1] * 2 + [2])
    split_of = split_by_chance(13, {"test": 0.4, "validation": 0.4}, 1, classes)
    assert set(classes[split_of == 0]) == {0, 1, 2}
    assert 1 in classes[split_of > 0]
    (tmp_path / "t.csv").write_text("a,y\n" + "".join(f"{i},{'q' if i in (3, 7) else 'p'}\n" for i in range(12)))
    text = "{csv: t.csv, targets: y, split: {validation: 0.2, test: 0.2, stratify: true}}"
    loaded = read(tmp_path, text, "x: {shape: [1]}")
    assert loaded.problems == []
    assert "q" in loaded.data.splits["train"].targets["y"]


def test_stratify_by_one_hot_columns_and_by_two_targets(tmp_path):
    rows = [(i, *np.eye(3, dtype=int)[i % 3 if i > 5 else 2], i % 2) for i in range(60)]
    (tmp_path / "t.csv").write_text("a,r,g,b,z\n" + "".join(",".join(map(str, row)) + "\n" for row in rows))
    split = "split: {validation: 0.2, test: 0.2, stratify: true}"
    one_hot = read(tmp_path, f"{{csv: t.csv, inputs: a, targets: [r, g, b], {split}}}", "x: {shape: [1]}").data
    counts = {name: part.targets["y"].sum(axis=0).tolist() for name, part in one_hot.splits.items()}
    assert counts["test"] == counts["validation"] == [3, 4, 5]
    outputs = {"outputs": ("y", "z")}
    both = read(tmp_path, f"{{csv: t.csv, inputs: a, targets: {{y: r, z: z}}, {split}}}", "x: {shape: [1]}", **outputs)
    for part in both.data.splits.values():
        pairs = 2 * part.targets["y"] + part.targets["z"]
        assert np.abs(np.bincount(pairs) - len(part) / 60 * np.array([21, 21, 9, 9])).max() < 1


def test_ties_of_the_largest_remainder_go_to_the_first():
    assert largest_remainder(2, np.array([1, 1, 1])).tolist() == [1, 1, 0]
    assert largest_remainder(10, np.array([5, 5, 0])).tolist() == [5, 5, 0]
    assert largest_remainder(3, np.array([10, 20, 1])).tolist() == [1, 2, 0]


def test_stratify_by_target_and_by_column(tmp_path):
    table(tmp_path)
    for stratify, column in (("true", "y"), ("part", "part")):
        setting = f"split: {{validation: 0.2, test: 0.2, stratify: {stratify}}}"
        splits = read(tmp_path, f"{{csv: t.csv, inputs: [a, b], targets: y, {setting}}}").data.splits
        lines = [line.split(",") for line in (tmp_path / "t.csv").read_text().splitlines()]
        place = lines[0].index(column)
        whole = [row[place] for row in lines[1:]]
        for split in splits.values():
            own = [whole[row - 1] for row in split.rows]
            for label in set(whole):
                assert abs(own.count(label) - whole.count(label) * len(split) / 50) < 1


def test_split_columns_accept_several_words(tmp_path):
    words = ["train", "Training", "TRAIN", "val", "Valid", "dev", "validation", "test", "Testing"]
    lines = "".join(f"{n},1,{n % 2},{word}\n" for n, word in enumerate(words))
    (tmp_path / "t.csv").write_text("a,b,y,part\n" + lines)
    data = read(tmp_path, "{csv: t.csv, targets: y, split: {by: part}}").data
    rows = {name: split.rows.tolist() for name, split in data.splits.items()}
    assert rows == {"train": [1, 2, 3], "validation": [4, 5, 6, 7], "test": [8, 9]}
    assert "part" not in data.unused


@pytest.mark.parametrize(
    ("part", "expected"),
    [("trian", "KS514 `part` contains `trian`"), ("", "KS514 `part` assigns no split to row 2"), ("7", "`7`")],
)
def test_invalid_split_columns_are_errors(tmp_path, part, expected):
    (tmp_path / "t.csv").write_text(f"a,b,y,part\n1,2,0,train\n1,2,1,{part}\n1,2,1,test\n")
    result = read(tmp_path, "{csv: t.csv, targets: y, split: {by: part}}")
    assert expected in result.only
    assert result.pointed == "part"


def test_a_split_without_training_rows_is_an_error(tmp_path):
    (tmp_path / "t.csv").write_text("a,b,y,part\n1,2,0,test\n1,2,1,test\n")
    assert "KS506 no rows are left for training" in read(tmp_path, "{csv: t.csv, targets: y, split: {by: part}}").only


def test_empty_splits_are_warnings(tmp_path):
    (tmp_path / "t.csv").write_text("a,b,y\n1,2,0\n3,4,1\n")
    result = read(tmp_path, "{csv: t.csv, targets: y, split: {validation: 0.1, test: 0}}")
    assert "KS506 the validation split is empty: 0.1 of 2 rows is less than one row" in result.only
    assert result.pointed == "0.1"
    assert list(result.data.splits) == ["train"]


def test_a_stratify_column_with_missing_values_is_an_error(tmp_path):
    (tmp_path / "t.csv").write_text("a,b,y,s\n" + "1,2,0,u\n3,4,1,\n" * 5)
    assert "KS503" in read(tmp_path, "{csv: t.csv, inputs: [a, b], targets: y, split: {stratify: s}}").only


def test_labels_by_position_beside_a_class_do_not_stratify(tmp_path):
    random = np.random.default_rng(1)
    arrays = {"x": random.random((60, 2)), "tags": random.integers(0, 9, (60, 6)), "c": np.repeat([0, 1, 2], 20)}
    np.savez(tmp_path / "t.npz", **arrays)
    split = "split: {validation: 0.2, test: 0.2, stratify: true}"
    both = read(tmp_path, f"{{npz: t.npz, targets: {{t: tags, c: c}}, {split}}}", "x: {shape: [2]}", outputs=("t", "c"))
    assert both.problems == []
    assert np.bincount(both.data.splits["test"].targets["c"]).tolist() == [4, 4, 4]
    alone = read(tmp_path, f"{{npz: t.npz, targets: {{t: tags}}, {split}}}", "x: {shape: [2]}", outputs=("t",))
    (problem,) = alone.problems
    assert "the split is not stratified" in problem
