"""Other data for a trained model."""

import json

import numpy as np
import pytest

from kspec.data import Labels, OutputSpec, load, load_for_prediction
from kspec.data.targets.encoding import target_encodings
from kspec.diagnostics import Report
from tests.data.helpers import input_specs, make_spec, output_settings, table
from tests.data.test_sources import picture

BINARY = ("binary_classification", 1, "binary_crossentropy")


class Trained:
    """A training data set, and a function that reads other data for its model."""

    def __init__(self, folder, data, inputs="x: {shape: [2]}", head=BINARY, shape=(None, 1), columns=()):
        self.spec = make_spec(folder, data, inputs)
        report = Report()
        self.inputs = input_specs(self.spec)
        known = {"y": OutputSpec(task=head[0], rank=len(shape))}
        dataset = load(self.spec, self.inputs, ["y"], report, output_specs=known)
        assert dataset is not None, report.diagnostics
        self.fitted = json.loads(json.dumps(dataset.fitted))
        labels = json.loads(json.dumps({name: labels.to_json() for name, labels in dataset.labels.items()}))
        self.labels = {name: Labels.from_json(value) for name, value in labels.items()}
        settings = {"y": output_settings(*head)}
        self.encodings = target_encodings(settings, {"y": shape}, self.labels, {"y": columns})

    def read(self, source, place=("predict", "data"), **options):
        self.report = Report()
        split = load_for_prediction(
            source, self.spec, self.inputs, ["y"], self.encodings, self.fitted, self.report, place=place, **options
        )
        self.problems = [f"{d.code} {d.message} | {d.help}" for d in self.report]
        return split


@pytest.fixture
def trained(tmp_path):
    table(tmp_path)
    return Trained(tmp_path, "{csv: t.csv, inputs: [a, b], targets: y, weights: w, missing: {a: mean}}")


def test_the_same_columns_in_another_order(tmp_path, trained):
    (tmp_path / "new.csv").write_text("more,b,w,a,y\n9,1,2,3,yes\n9,4,5,6,no\n")
    split = trained.read("new.csv", need_targets=True)
    assert split.inputs["x"].tolist() == [[3, 1], [6, 4]]
    assert split.targets["y"].tolist() == ["yes", "no"]
    assert split.weights["y"].tolist() == [2, 5]
    assert split.rows.tolist() == [1, 2]


def test_prediction_needs_no_targets(tmp_path, trained):
    (tmp_path / "new.csv").write_text("a,b\n3,1\n")
    assert trained.read("new.csv").targets == {}
    assert trained.read("new.csv", need_targets=True) is None
    assert trained.problems[0].startswith("KS502 the data lacks column `y`")


def test_prediction_ignores_incomplete_and_unknown_targets(tmp_path, trained):
    for value in ("", "maybe"):
        (tmp_path / "new.csv").write_text(f"a,b,y\n3,1,yes\n3,1,{value}\n3,1,no\n")
        split = trained.read("new.csv")
        assert (len(split), split.absent["y"].tolist()) == (3, [False, True, False])
        assert split.targets["y"][[0, 2]].tolist() == ["yes", "no"]
    (tmp_path / "new.csv").write_text("a,b,y\n3,1,\n3,1,maybe\n")
    assert trained.read("new.csv").targets == {}
    assert trained.read("new.csv", need_targets=True) is None
    assert "KS517 unknown label `maybe` of `y` in row 2" in trained.problems[0]


def test_missing_values_are_imputed_as_in_training(tmp_path, trained):
    (tmp_path / "new.csv").write_text("a,b\n,1\n3,1\n")
    assert trained.fitted["fill"]["a"] == pytest.approx(trained.read("new.csv").inputs["x"][0, 0])


@pytest.mark.parametrize("columns", ["{b: drop_row}", "{a: mean, b: drop_row}"])
def test_a_row_without_a_value_that_the_model_needs_is_left_out_and_named(tmp_path, columns):
    table(tmp_path)
    trained = Trained(tmp_path, f"{{csv: t.csv, inputs: [a, b], targets: y, weights: w, missing: {columns}}}")
    (tmp_path / "new.csv").write_text("a,b\n1,\n3,1\n")
    split = trained.read("new.csv")
    assert (split.rows.tolist(), split.left_out) == ([2], [1])
    assert split.notes == ["left out row 1 (no value in `b`)"]
    (tmp_path / "new.csv").write_text("a,b,y\n1,,yes\n3,1,\n4,2,no\n")
    split = trained.read("new.csv", need_targets=True)
    assert (split.rows.tolist(), split.left_out) == ([3], [1, 2])
    assert split.notes == [
        "left out row 1 (no value in `b`), row 2 (no value in `y`)",
        "without sample weights: the data lacks `w`",
    ]
    (tmp_path / "new.csv").write_text("a,b,y\n1,,yes\n")
    assert trained.read("new.csv") is None
    assert trained.problems[0].startswith("KS503 every row lacks a value that the model needs: `b` | fill the gaps")
    (tmp_path / "new.csv").write_text("a,b,y\n1,2,\n")
    assert trained.read("new.csv", need_targets=True) is None
    assert trained.problems == [
        "KS503 every row lacks a value that an evaluation needs: `y` | "
        "fill the gaps in the file: an evaluation needs targets"
    ]


@pytest.mark.parametrize("need_targets", [False, True])
def test_a_gap_in_a_column_that_had_none_takes_what_is_usual_in_training(tmp_path, need_targets):
    lines = [f"{n},{n % 3},{('a', 'b', 'b')[n % 3]},00{n % 2 * n % 5},text {n},{n % 2}" for n in range(50)]
    (tmp_path / "t.csv").write_text("\n".join(["n,k,t,code,prose,y", *lines]))
    inputs = "n: {shape: [2]}, k: {shape: [1], dtype: int32}, t: {shape: [2], dtype: string}, "
    inputs += "prose: {shape: [1], dtype: string}"
    columns = "{n: [n, k], k: k, t: [t, code], prose: prose}"
    trained = Trained(tmp_path, f"{{csv: t.csv, inputs: {columns}, targets: y}}", inputs)
    dataset = load(trained.spec, trained.inputs, ["y"], Report())
    train = dataset.splits["train"].inputs
    categories, counts = np.unique(train["k"], return_counts=True)
    expected = {
        "n": [np.median(train["n"][:, 0]), categories[counts.argmax()]],
        "k": [categories[counts.argmax()]],
        "t": ["b", "000"],
        "prose": ["text 3"],
    }
    (tmp_path / "new.csv").write_text("n,k,t,code,prose,y\n1,1,a,007,text 1,0\n,,,,text 3,1\n3,,b,001,,1\n")
    split = trained.read("new.csv", need_targets=need_targets)
    assert {name: values[1].tolist() for name, values in split.inputs.items()} == expected
    assert split.inputs["t"][0].tolist() == ["a", "007"]
    assert (split.rows.tolist(), split.left_out) == ([1, 2], [3])
    assert split.notes == ["left out row 3 (no value in `prose`)"]
    assert [problem.split(" |")[0] for problem in trained.problems] == [
        f"KS558 `n` has 1 missing value, and training had none: row 2 takes the median of training, {expected['n'][0]:g}",
        "KS558 `k` has 2 missing values, and training had none: rows 2, 3 take the most frequent value of training, "
        f"{expected['k'][0]:g}",
        "KS558 `t` has 1 missing value, and training had none: row 2 takes the most frequent value of training, `b`",
        "KS558 `code` has 1 missing value, and training had none: row 2 takes the most frequent value of training, "
        "`000`",
    ]


def test_a_row_with_a_value_that_an_input_cannot_take_is_left_out_and_named(tmp_path, trained):
    (tmp_path / "new.csv").write_text("a,b\n1,x\n 2 ,3\n,inf\n5,-1e2\n")
    split = trained.read("new.csv")
    assert (split.rows.tolist(), split.left_out) == ([2, 4], [1, 3])
    assert split.inputs["x"].tolist() == [[2, 3], [5, -100]]
    assert split.notes == ['left out row 1 (`b` has text: "x"), row 3 (`b` has an infinite value)']
    (tmp_path / "new.csv").write_text("a,b\nx,\n2,y\n")
    assert trained.read("new.csv") is None
    assert trained.problems == [
        'KS508 `x` takes numbers, but `b` has text: "y" in row 2 | '
        "correct the data: the model takes what it was trained on"
    ]


def test_a_fraction_for_an_integer_is_left_out(tmp_path):
    (tmp_path / "t.csv").write_text("a,y\n" + "1,0\n2,1\n" * 5)
    trained = Trained(tmp_path, "{csv: t.csv, targets: y}", "x: {shape: [1], dtype: uint8}")
    (tmp_path / "new.csv").write_text("a\n1\n1.5\n300\n4\n")
    split = trained.read("new.csv")
    assert (split.rows.tolist(), split.inputs["x"].tolist()) == ([1, 4], [[1], [4]])
    assert split.notes == ["left out rows 2, 3 (`a` takes uint8, and has 1.5)"]


def test_predictions_need_no_weights(tmp_path, trained):
    (tmp_path / "new.csv").write_text("a,b,w,y\n3,1,-1,yes\n3,1,,no\n")
    split = trained.read("new.csv")
    assert (len(split), split.weights, split.notes) == (2, {}, [])


def test_what_is_not_used_is_named(tmp_path, trained):
    (tmp_path / "new.csv").write_text("note,a,b,y\nx,3,1,yes\nx,3,1,\n")
    assert trained.read("new.csv").notes == [
        "left out the actual value of `y` in row 2 (no value in `y`)", "not used: note",
    ]  # fmt: skip
    (tmp_path / "new.csv").write_text("a,b,y\n3,1,yes\n3,1,maybe\n")
    assert trained.read("new.csv").notes == ["left out the actual value of `y` in row 2 (unknown label `maybe` of `y`)"]


def test_labels_that_look_like_numbers_in_the_other_file(tmp_path):
    (tmp_path / "t.csv").write_text("a,b,y\n" + "1,2,1\n1,2,2\n1,2,x\n" * 5)
    trained = Trained(tmp_path, "{csv: t.csv, targets: y}")
    (tmp_path / "new.csv").write_text("a,b,y\n3,1,1\n3,1,2\n")
    split = trained.read("new.csv", need_targets=True)
    assert trained.labels["y"].indices(split.targets["y"]).tolist() == [0, 1]


def test_problems_are_reported_at_the_setting_that_names_the_data(tmp_path, trained, monkeypatch):
    assert trained.read("../new.csv") is None
    assert trained.problems[0].startswith("KS701")
    assert trained.read("nope.csv", place=None) is None
    assert trained.report.diagnostics[0].span.source.name == "--data"
    away = tmp_path / "away"
    away.mkdir()
    monkeypatch.chdir(away)
    assert trained.read("../t.csv", place=None) is not None
    assert trained.read({"csv": "t.csv"}) is not None
    assert trained.read({"cvs": "t.csv"}) is None


def test_csv_options_apply_to_other_data(tmp_path):
    (tmp_path / "t.csv").write_text("a;b;y\n" + "1;2;0\n1;2;1\n" * 5)
    trained = Trained(tmp_path, "{csv: {path: t.csv, delimiter: ';'}, targets: y}")
    (tmp_path / "new.csv").write_text("a;b\n7;8\n")
    assert trained.read("new.csv").inputs["x"].tolist() == [[7, 8]]


@pytest.mark.parametrize("options", ["header: false", "names: [c0, c1, c2]"])
def test_other_data_without_a_header_may_lack_the_target_wherever_it_stands(tmp_path, options):
    (tmp_path / "t.csv").write_text("0,1,2\n1,3,?\n" * 5)
    data = f"{{csv: {{path: t.csv, {options}, missing: '?'}}, targets: c0, missing: {{c2: 9}}}}"
    trained = Trained(tmp_path, data)
    (tmp_path / "new.csv").write_text("7,8\n7,?\n")
    assert trained.read("new.csv").inputs["x"].tolist() == [[7, 8], [7, 9]]
    assert trained.read({"csv": "new.csv"}).inputs["x"].tolist() == [[7, 8], [7, 9]]
    (tmp_path / "full.csv").write_text("1,7,8\n")
    assert trained.read("full.csv").inputs["x"].tolist() == [[7, 8]]
    (tmp_path / "more.csv").write_text("1,7,8,9\n")
    assert trained.read("more.csv") is None
    assert "has 4 columns, but the training data had 3" in next(reversed(list(trained.report))).message


def test_image_files_and_folders(tmp_path):
    for label in ("cat", "dog"):
        for number in range(5):
            picture(tmp_path / "pets" / label / f"{number}.png", number)
            picture(tmp_path / "flat" / f"{label}{number}.png", number)
    trained = Trained(tmp_path, "{images: pets}", "x: {shape: [4, 6, 3]}")
    split = trained.read("flat")
    assert split.inputs["x"].shape == (10, 4, 6, 3)
    assert (split.names[0], split.targets) == ("flat/cat0.png", {})
    assert len(trained.read("pets", need_targets=True).targets["y"]) == 10
    assert trained.read("flat", need_targets=True) is None
    np.testing.assert_array_equal(trained.read("flat/cat1.png").inputs["x"], split.inputs["x"][1:2])


def test_problems_of_command_line_data_are_reported_at_the_argument(tmp_path, trained, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "new.csv").write_text("a,b\n1,x\n")
    for file, help in (("new.csv", ""), ("nwe.csv", "looked in the current folder")):
        assert trained.read(file, place=None) is None
        (problem,) = trained.report
        assert (problem.span.source.name, problem.span.source.text) == ("--data", file)
        assert problem.help.endswith(help)


def test_a_fill_of_text_for_a_column_that_looks_like_numbers_in_the_other_file(tmp_path):
    (tmp_path / "t.csv").write_text("b,y\nwest,no\n,yes\n" + "8,no\n" * 6)
    data = "{csv: t.csv, inputs: b, targets: y, missing: {b: unknown}}"
    trained = Trained(tmp_path, data, "x: {shape: [1], dtype: string}")
    (tmp_path / "new.csv").write_text("b,c\n007,1\n,1\n8,1\n")
    assert trained.read("new.csv").inputs["x"].ravel().tolist() == ["007", "unknown", "8"]
