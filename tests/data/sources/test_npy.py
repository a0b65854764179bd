"""The source npy: arrays in files of their own."""

import numpy as np
import pytest

from kspec import SpecError
from kspec.data import load_for_prediction
from kspec.diagnostics import Report
from tests.data.helpers import input_specs, make_spec, read

ALL_TRAIN = "split: {validation: 0, test: 0}"


@pytest.fixture
def folder(tmp_path):
    random = np.random.default_rng(0)
    np.save(tmp_path / "x.npy", random.random((12, 2)))
    np.save(tmp_path / "y.npy", np.array(["p", "q"] * 6))
    np.save(tmp_path / "t.npy", np.arange("2024-01", "2025-01", dtype="datetime64[M]"))
    np.save(tmp_path / "objects.npy", np.array([1, None], dtype=object))
    return tmp_path


def test_each_column_has_a_file(folder):
    data = read(folder, f"{{npy: {{x: x.npy, y: y.npy}}, {ALL_TRAIN}}}").data
    np.testing.assert_array_equal(data.splits["train"].inputs["x"], np.load(folder / "x.npy").astype("float32"))
    assert data.splits["train"].targets["y"].tolist() == ["p", "q"] * 6
    assert list(data.fingerprint) == ["x.npy", "y.npy"]


def test_each_split_has_a_file_for_each_column(folder):
    data = read(folder, "{npy: {train: {x: x.npy, y: y.npy}, test: {x: x.npy, y: y.npy}}}").data
    assert {name: len(split) for name, split in data.splits.items()} == {"train": 12, "test": 12}


def test_an_array_alone_is_a_table_or_a_column(folder):
    data = read(folder, f"{{npy: x.npy, inputs: c0, targets: c1, {ALL_TRAIN}}}", "x: {shape: [1]}").data
    np.testing.assert_array_equal(data.splits["train"].targets["y"], np.load(folder / "x.npy")[:, 1])
    np.save(folder / "image.npy", np.ones((6, 4, 4), "uint8"))
    data = read(folder, f"{{npy: image.npy, inputs: image, targets: image, {ALL_TRAIN}}}", "x: {shape: [4, 4]}").data
    assert data.splits["train"].inputs["x"].shape == (6, 4, 4)


def test_dates_are_times(folder):
    data = read(folder, "{npy: {x: x.npy, y: y.npy, t: t.npy}, inputs: x, split: {time: t, test: 2024-10-01}}").data
    assert {name: len(split) for name, split in data.splits.items()} == {"train": 9, "test": 3}


def test_new_data_is_an_array_for_the_only_input(folder):
    setting = "{npy: {x: x.npy, y: y.npy}}"
    fitted = read(folder, setting).data.fitted
    spec, report = make_spec(folder, setting), Report()
    new = folder / "new.npy"
    np.save(new, np.arange(6.0).reshape(3, 2))
    split = load_for_prediction(str(new), spec, input_specs(spec), ["y"], {}, fitted, report)
    assert split is not None
    np.testing.assert_array_equal(split.inputs["x"], np.arange(6).reshape(3, 2))


@pytest.mark.parametrize(
    ("setting", "problem", "pointed"),
    [
        ("{x: x.npy, y: objects.npy}", "KS504 `objects.npy` contains Python objects", "objects.npy"),
        ("{x: x.npy, y: z.npy}", "KS501 file `z.npy` not found", "z.npy"),
        ("{x: x.npy, y: text.npy}", "KS504 `text.npy` is not an array of numbers", "text.npy"),
        ("{x: x.npy, y: short.npy}", "KS505 the arrays of `x.npy and short.npy` have different numbers", ""),
    ],
)
def test_files_that_are_no_columns_are_errors(folder, setting, problem, pointed):
    (folder / "text.npy").write_text("hello")
    np.save(folder / "short.npy", np.zeros(3))
    result = read(folder, f"{{npy: {setting}}}")
    assert result.only.startswith(problem)
    assert not pointed or result.pointed == pointed


@pytest.mark.parametrize(
    "setting", ["{x: 3}", "{train: {x: x.npy}, test: y.npy}", "{train: {x: a}, test: {y: a}}", "3"]
)
def test_settings_that_name_no_files_are_errors(folder, setting):
    with pytest.raises(SpecError):
        make_spec(folder, f"{{npy: {setting}}}")
