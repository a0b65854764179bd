"""Columns that predictions keep, as the file has them."""

import numpy as np

from kspec.data import load, load_for_prediction
from kspec.data.targets.encoding import target_encodings
from kspec.diagnostics import Report
from kspec.runs.prediction_files import output_arrays
from kspec.runs.prediction_table import prediction_table
from tests.data.helpers import input_specs, make_spec, output_settings


def test_predictions_keep_columns_as_the_file_has_them(tmp_path):
    lines = [f"{number:03},name {number},{number}.50,{number}" for number in range(1, 21)]
    (tmp_path / "t.csv").write_text("\n".join(["id,name,x,y", *lines]))
    options = {"overrides": ["predict.keep=[name, id, x, y]"]}
    data = "{csv: t.csv, inputs: x, targets: y, missing: {x: drop_row}}"
    spec, report = make_spec(tmp_path, data, "x: {shape: [1]}", **options), Report()
    dataset = load(spec, input_specs(spec), ["y"], report)
    assert dataset is not None, list(report)
    assert dataset.unused == []
    for split in dataset.splits.values():
        assert split.kept["id"].tolist() == [f"{row:03}" for row in split.rows]
        assert split.kept["x"].tolist() == [f"{row}.50" for row in split.rows]

    (tmp_path / "new.csv").write_text('x,id,name,y\n1.0,007,"a, b",3\n,008,,4\n2e0,0x9,c,\n')
    settings = {"y": output_settings("regression", 1, "mean_squared_error")}
    encodings = target_encodings(settings, {"y": (None, 1)}, {}, {"y": ["y"]})
    test = dataset.splits["test"]
    _, first, *_ = prediction_table(test, {"y": np.zeros((len(test), 1))}, encodings, {})
    assert first[:4] == [test.rows[0], f"name {test.rows[0]}", f"{test.rows[0]:03}", f"{test.rows[0]}.50"]

    arguments = ("new.csv", spec, input_specs(spec), ["y"], encodings, dataset.fitted, report)
    split = load_for_prediction(*arguments, place=("predict", "data"))
    table = list(prediction_table(split, {"y": np.array([[1.0], [2.0]])}, encodings, {}))
    assert table == [
        ["row", "name", "id", "x", "y_kept", "y", "y_actual"],
        [1, "a, b", "007", "1.0", "3", 1.0, 3],
        [2, "", "008", "", "4", "", ""],
        [3, "c", "0x9", "2e0", "", 2.0, ""],
    ]
    arrays = output_arrays(split, {"y": np.ones((2, 1, 1))}, encodings)
    assert arrays["id"].tolist() == ["007", "008", "0x9"]
    assert arrays["row"].tolist() == [1, 2, 3]

    (tmp_path / "new.csv").write_text("x\n1\n")
    assert load_for_prediction(*arguments, place=("predict", "data")) is None
    assert report.diagnostics[-1].message == "`keep` names the column `y`, which the data does not have"
