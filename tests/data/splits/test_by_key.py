"""Splits by a key: its hash, or lists."""

import hashlib

import numpy as np
import pytest

from kspec.data.splits.by_key import key_text, split_by_hash
from kspec.data.table import Column
from tests.data.helpers import read


def by_hand(key, test=0.2, validation=0.2):
    number = int(hashlib.sha256(key.encode()).hexdigest()[:16], 16) // 2**11 / 2**53
    return 2 if number < test else 1 if number < test + validation else 0


def column(values, kind):
    values = np.array(values, dtype=object if kind == "text" else None)
    return Column("id", kind, values, np.zeros(len(values), bool))


def test_the_formula_holds_for_every_type_of_column():
    numbers = list(range(500))
    expected = [by_hand(str(number)) for number in numbers]
    assert split_by_hash(column(numbers, "integer"), 0.2, 0.2).tolist() == expected
    assert split_by_hash(column([float(n) for n in numbers], "float"), 0.2, 0.2).tolist() == expected
    assert split_by_hash(column([f"{n:05d}" for n in numbers], "text"), 0.2, 0.2).tolist() == expected
    assert np.abs(np.bincount(expected) / 500 - [0.6, 0.2, 0.2]).max() < 0.06


def test_rows_stay_when_others_are_added(tmp_path):
    lines = [f"{n * 3},{n % 2}" for n in range(80)]
    found = []
    for more in ([], ["A7,1"]):
        (tmp_path / "t.csv").write_text("\n".join(["id,y", *more, *lines]) + "\n")
        data = read(tmp_path, "{csv: t.csv, inputs: y, targets: y, split: {hash: id}}", "x: {shape: [1]}").data
        found.append({name: set(split.rows - 1 - len(more)) - {-1} for name, split in data.splits.items()})
    assert found[0] == found[1]


def test_keys_in_their_shortest_form():
    texts = ["007", "+7.", "-0", "-0.0", "1e3", "0.50", "1_0", "12345678901234567890", "TRUE", " a b "]
    keys = ["7", "7", "0", "0", "1000", "0.5", "1_0", "12345678901234567890", "true", "a b"]
    assert [key_text(text) for text in texts] == keys


LISTS = "{lists: {train: train.txt, validation: val.txt}, key: id}"


def listed(folder, train, validation, split=LISTS):
    (folder / "t.csv").write_text("id,a,y\n" + "".join(f"k{n},{n},{n % 2}\n" for n in range(10)))
    (folder / "train.txt").write_text(train, "utf-8-sig")
    (folder / "val.txt").write_text(validation)
    return read(folder, f"{{csv: t.csv, inputs: a, targets: y, split: {split}}}", "x: {shape: [1]}")


def test_lists(tmp_path):
    loaded = listed(tmp_path, "k0\nk1\n\nk5\r\n", " k3\nk9\n")
    assert loaded.problems == []
    assert {name: part.rows.tolist() for name, part in loaded.data.splits.items()} == {
        "train": [1, 2, 6],
        "validation": [4, 10],
    }
    assert "5 left out in no list" in loaded.data.describe()


@pytest.mark.parametrize(
    ("train", "validation", "message", "at"),
    [
        ("k0\nk1", "k1\nk3", "KS514 `k1` is also in the list of `train`", "val.txt"),
        ("k0\nk1", "k3\nk77", "KS514 `id` lacks 1 of the 2 keys of `val.txt`: `k77`", "val.txt"),
        ("0\n1", "k2", "KS514 no key of `train.txt` is in `id`; it has `0`, `1`", "train.txt"),
        ("k0", "", "KS501 `val.txt` is empty", "val.txt"),
    ],
)
def test_lists_that_do_not_suit(tmp_path, train, validation, message, at):
    loaded = listed(tmp_path, train, validation)
    assert message in loaded.only
    assert loaded.pointed == at
