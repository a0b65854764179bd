"""The source npz: named arrays, and the parts of a file."""

import numpy as np
import pytest

from kspec import SpecError
from kspec.language.files import relocate
from tests.data.helpers import make_spec, read

PARTS = "{npz: {path: t.npz, train: {x: x_train, y: y_train}, test: {x: x_test, y: y_test}}, split: {validation: 0.25}}"


@pytest.fixture
def folder(tmp_path):
    random = np.random.default_rng(0)
    arrays = {"x_train": random.random((8, 2)), "y_train": np.arange(8) % 3, "x_test": random.random((5, 2))}
    np.savez(tmp_path / "t.npz", **arrays, y_test=np.arange(5) % 2, pickled=np.array([1, "a", None], dtype=object))
    return tmp_path


def test_a_file_holds_the_arrays_of_each_split(folder):
    data = read(folder, PARTS).data
    with np.load(folder / "t.npz", allow_pickle=False) as arrays:
        np.testing.assert_array_equal(data.splits["test"].inputs["x"], arrays["x_test"].astype("float32"))
        np.testing.assert_array_equal(data.splits["test"].targets["y"], arrays["y_test"])
        drawn = sorted([*data.splits["train"].inputs["x"][:, 0], *data.splits["validation"].inputs["x"][:, 0]])
        np.testing.assert_array_equal(drawn, np.sort(arrays["x_train"][:, 0].astype("float32")))
    assert {name: len(split) for name, split in data.splits.items()} == {"train": 6, "validation": 2, "test": 5}


def test_arrays_that_the_spec_does_not_name_are_not_looked_at(folder):
    data = read(folder, "{npz: t.npz, inputs: x_train, targets: y_train}").data
    assert sum(len(split) for split in data.splits.values()) == 8
    assert data.unused == ["x_test", "y_test", "pickled"]
    result = read(folder, "{npz: t.npz, inputs: x_train, targets: y_trian}")
    assert result.only.startswith(
        "KS502 unknown column `y_trian` | did you mean `y_train`? | available columns: x_train"
    )
    assert "contains Python objects" in read(folder, "{npz: t.npz, inputs: pickled, targets: y_train}").only


def test_arrays_that_are_not_there_are_named(folder):
    result = read(folder, PARTS.replace("digit: y_train", "").replace("y: y_train", "y: y_trian"))
    assert result.only.startswith(
        "KS502 `t.npz` has no array `y_trian` | did you mean `y_train`? | available arrays: x"
    )
    assert result.pointed == "y_trian"
    assert read(folder, PARTS.replace("t.npz", "s.npz")).pointed == "s.npz"


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("{path: t.npz}", "the arrays of the training split are missing"),
        ("{path: t.npz, train: x}", 'the arrays of a split must be a mapping, not "x"'),
        ("{path: t.npz, train: {x: 3}}", "the name of an array must be text, not 3"),
        ("{path: t.npz, train: {x: a}, tset: {x: b}}", "unknown key `tset` in `npz`"),
        ("{path: t.npz, train: {x: a}, test: {y: b}}", "the splits have different columns: x and y"),
        ("{path: [t.npz], train: {x: a}}", "the path of a file must be text, not a list"),
    ],
)
def test_settings_that_name_no_parts_are_errors(folder, setting, message):
    with pytest.raises(SpecError) as caught:
        make_spec(folder, f"{{npz: {setting}}}")
    assert message in str(caught.value)


def test_paths_are_relative_to_another_folder(folder):
    spec = make_spec(folder, PARTS)
    values = {"data": {"npz": {"path": "t.npz", "train": {"path": "a"}, "test": {"path": "b"}}}}
    relocate(values, spec, folder / "run")
    assert values["data"]["npz"] == {"path": "../t.npz", "train": {"path": "a"}, "test": {"path": "b"}}
    values = {"data": {"npy": {"train": {"x": "x.npy"}}}}
    relocate(values, spec, folder / "run")
    assert values["data"]["npy"] == {"train": {"x": "../x.npy"}}
