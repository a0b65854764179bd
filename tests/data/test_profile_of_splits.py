"""The profile of the splits: rows, classes, and examples that they share."""

import json

import numpy as np

from kspec.analysis.data_profile import DataProfile
from kspec.data import InputSpec, load
from kspec.diagnostics import Report
from tests.conftest import spec_of


def profile_of(folder, monkeypatch, data, inputs, **files):
    monkeypatch.chdir(folder)
    for name, content in files.items():
        if isinstance(content, str):
            (folder / f"{name}.csv").write_text(content)
        else:
            np.savez(folder / f"{name}.npz", **content)
    report = Report()
    spec = spec_of(
        f"kspec: 1\ndata: {data}\ninputs: {{}}\nlayers: [{{Dense: {{units: 1}}}}]\n".replace(
            "inputs: {}", f"inputs: {inputs}"
        )
    )
    given = {name: InputSpec(tuple(i.shape), i.dtype) for name, i in spec.document.inputs.items()}
    dataset = load(spec, given, ["y"], report)
    assert dataset is not None, [d.message for d in report]
    return dataset.profile


def test_classes_and_shared_examples(tmp_path, monkeypatch):
    rows = ["1,2,no,train", "1,2,no,test", "1,2,yes,test", "3,4,yes,train", "3,4,yes,validation", "5,6,no,validation"]
    data = "{csv: t.csv, targets: y, split: {by: part}}"
    profile = profile_of(tmp_path, monkeypatch, data, "{x: {shape: [2]}}", t="a,b,y,part\n" + "\n".join(rows))
    assert profile.parts == {"train": 2, "validation": 2, "test": 2}
    assert profile.classes == {
        "y": {"train": {"no": 1, "yes": 1}, "validation": {"no": 1, "yes": 1}, "test": {"no": 1, "yes": 1}}
    }
    assert profile.repeated == {"validation": 1, "test": 1}
    assert DataProfile.from_json(json.loads(json.dumps(profile.to_json()))) == profile


def test_spread_of_numbers(tmp_path, monkeypatch):
    arrays = {"x": np.array([[1.0, 3.0]] * 6), "y": np.array([0.5, 1.5] * 3), "z": np.array([2.0, 4.0] * 3)}
    profile = profile_of(
        tmp_path, monkeypatch, "{npz: t.npz, inputs: x, targets: y, weights: z}", "{x: {shape: [2]}}", t=arrays
    )
    x, y, z = (profile.column(name) for name in "xyz")
    assert (x.deviation, x.whole, x.minimum, x.maximum) == (1.0, True, 1.0, 3.0)
    assert (y.deviation, y.whole) == (0.5, False)
    assert (z.deviation, z.whole) == (1.0, True)
    assert profile.classes == {}


def test_a_profile_of_an_earlier_run_can_be_read():
    old = {"source": "csv", "rows": 3, "columns": [], "parts": {"train": 3}}
    assert DataProfile.from_json(old).repeated == {}


def test_rows_that_are_not_one_hot(tmp_path, monkeypatch):
    arrays = {"a": np.zeros((5, 2)), "y": np.float32([[1, 0], [0, 1], [1, 1], [0.25, 0.75], [2, -1]])}
    profile = profile_of(tmp_path, monkeypatch, "{npz: t.npz, inputs: a, targets: y}", "{x: {shape: [2]}}", t=arrays)
    assert profile.not_one_hot == {"y": (2, "1, 1")}
    assert DataProfile.from_json(json.loads(json.dumps(profile.to_json()))) == profile
