"""Indicators: columns that tell where others had gaps."""

import json

import numpy as np
import pytest

import kspec
from kspec.data import load, load_for_prediction
from kspec.diagnostics import Report, SpecError
from tests.data.helpers import input_specs, make_spec, read

TABLE = "a,b,t,y\n" + "".join(f"{'' if n % 3 == 0 else n},{n},{'' if n % 4 == 0 else 'k'},{n}\n" for n in range(30))


@pytest.mark.parametrize(
    ("columns", "inputs", "expected"),
    [
        ("", "x: {shape: [3]}", {"x": ["a", "a_missing", "b"]}),
        ("inputs: [b, a], ", "x: {shape: [3]}", {"x": ["b", "a", "a_missing"]}),
        ("inputs: '[ab]', ", "x: {shape: [3]}", {"x": ["a", "a_missing", "b"]}),
        ("inputs: [a_missing, b, a], ", "x: {shape: [3]}", {"x": ["a_missing", "b", "a"]}),
        ("inputs: {x: [a, b], gap: a_missing}, ", "x: {shape: [2]}, gap: {shape: [1], dtype: int32}",
         {"x": ["a", "b"], "gap": ["a_missing"]}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("fill", ["median", "-5"])
def test_an_input_takes_the_indicator_after_its_column(tmp_path, columns, inputs, expected, fill):
    (tmp_path / "t.csv").write_text(TABLE)
    if not columns:
        (tmp_path / "t.csv").write_text("a,b,y\n" + "".join(f"{'' if n % 3 == 0 else n},{n},{n}\n" for n in range(30)))
    data = f"{{csv: t.csv, {columns}targets: y, missing: {{a: {{fill: {fill}, indicator: true}}}}}}"
    spec, report = make_spec(tmp_path, data, inputs), Report()
    dataset = load(spec, input_specs(spec), ["y"], report)
    assert dataset is not None, list(report)
    assert dataset.fitted["columns"]["inputs"] == expected
    train = dataset.splits["train"]
    numbers = train.rows - 1
    value = -5 if fill == "-5" else np.median(numbers[numbers % 3 != 0])
    known = {"a": np.where(numbers % 3 == 0, value, numbers), "b": numbers, "a_missing": numbers % 3 == 0}
    for name, names in expected.items():
        np.testing.assert_array_equal(train.inputs[name], np.stack([known[each] for each in names], axis=1))
    (tmp_path / "new.csv").write_text("b,a\n1,2\n3,\n")
    fitted = json.loads(json.dumps(dataset.fitted))
    new = load_for_prediction("new.csv", spec, input_specs(spec), ["y"], {}, fitted, report, place=("predict", "data"))
    known = {"a": [2, value], "b": [1, 3], "a_missing": [0, 1]}
    for name, names in expected.items():
        np.testing.assert_array_equal(new.inputs[name], np.stack([known[each] for each in names], axis=1))
    assert new.notes == []


def test_what_an_indicator_cannot_be(tmp_path):
    (tmp_path / "t.csv").write_text(TABLE)
    text = "{csv: t.csv, inputs: t, targets: y, missing: {t: {fill: k, indicator: true}}}"
    assert read(tmp_path, text, "t: {shape: [1], dtype: string}").only.startswith(
        "KS513 the indicator of `t` is a number, and the input `t` takes text"
    )
    (tmp_path / "t.csv").write_text(TABLE.replace("b", "a_missing"))
    clash = read(tmp_path, "{csv: t.csv, inputs: a, targets: y, missing: {a: {fill: 0, indicator: true}}}")
    assert clash.only.startswith("KS544 the indicator of `a` is called `a_missing`, and so is a column of the file")


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("{fil: 0}", "unknown key `fil` of the missing values of a column"),
        ("{indicator: true}", "missing key `fill` in `a`"),
        ("{fill: [1]}", "a fill value must be text or a number, not a list"),
        ("{fill: 0, indicator: maybe}", '`indicator` must be true or false, not "maybe"'),
        ("{fill: drop_row, indicator: true}", "`drop_row` leaves no gap to indicate"),
        ("{fill: 0, else: 1}", "`else` is for gaps that `forward` or `backward` leaves, and `0` leaves none"),
        ("{fill: forward, else: backward}", "`else` must be a value, or one of mean, median, most_frequent, not"),
    ],
)
def test_rules_that_mean_nothing_are_errors(tmp_path, rule, message):
    with pytest.raises(SpecError, match=message):
        make_spec(tmp_path, f"{{csv: t.csv, missing: {{a: {rule}}}}}")


def test_the_shape_of_a_window_counts_indicators_before_the_data_is_read(tmp_path):
    (tmp_path / "spec.yaml").write_text(
        "kspec: 1\ndata:\n  csv: t.csv\n  window: {length: 3, horizon: 1}\n"
        "  inputs: {x: {columns: [a, b], window: past}}\n  targets: y\n"
        "  missing: {a: {fill: forward, else: 0, indicator: true}}\ninputs: {x: {shape: [3, 2]}}\n"
        "layers: [Flatten, {Dense: {units: 1}}]\n"
    )
    (tmp_path / "t.csv").write_text("a,b,y\n1,2,3\n")
    problems = [f"{d.code} {d.message} | {d.help}" for d in kspec.check(tmp_path / "spec.yaml")]
    assert problems == ["KS570 `x` has shape [3, 2], and takes 3 rows of 3 columns | set `shape: [3, 3]`"]
