"""Column mapping, missing values, types, weights."""

import numpy as np
import pytest

import kspec
from tests.data.helpers import read, table


def write(folder, text):
    (folder / "t.csv").write_text(text)


ONE = "x: {shape: [2]}"


def test_a_single_input_takes_all_other_columns(tmp_path):
    table(tmp_path)
    data = read(tmp_path, "{csv: t.csv, targets: y, weights: w, split: {by: part}}").data
    assert data.fitted["columns"] == {"inputs": {"x": ["a", "b"]}, "targets": {"y": ["y"]}, "weights": {"y": "w"}}
    assert {name: len(split) for name, split in data.splits.items()} == {"train": 30, "validation": 10, "test": 10}
    np.testing.assert_array_equal(data.splits["test"].weights["y"], (data.splits["test"].rows - 1) % 4)


def test_inputs_take_the_columns_of_their_name(tmp_path):
    table(tmp_path)
    data = read(tmp_path, "{csv: t.csv}", "b: {shape: [1]}, a: {shape: [], dtype: int32}").data
    assert data.splits["train"].inputs["a"].shape == (30,)
    assert data.splits["train"].inputs["a"].dtype == np.int32
    assert data.splits["train"].inputs["b"].shape == (30, 1)
    assert list(data.splits["train"].targets) == ["y"]


def test_globs_and_lists_keep_their_order_and_exclude_targets(tmp_path):
    write(tmp_path, "m_1,y,m_2,other\n" + "1,0,2,9\n" * 10)
    data = read(tmp_path, "{csv: t.csv, inputs: [other, 'm_*'], targets: y}", "x: {shape: [3]}").data
    assert data.splits["train"].inputs["x"][0].tolist() == [9, 1, 2]
    data = read(tmp_path, "{csv: t.csv, inputs: '*', targets: y}", "x: {shape: [3]}").data
    assert data.fitted["columns"]["inputs"]["x"] == ["m_1", "m_2", "other"]


@pytest.mark.parametrize(
    ("shape", "wanted"),
    [("[4]", (4,)), ("[2, 2]", (2, 2)), ("[4, 1]", (4, 1)), ("[null, 2]", (2, 2)), ("[null]", (4,))],
)
def test_columns_are_reshaped(tmp_path, shape, wanted):
    write(tmp_path, "a,b,c,d,y\n" + "1,2,3,4,0\n" * 10)
    data = read(tmp_path, "{csv: t.csv, targets: y}", f"x: {{shape: {shape}}}").data
    assert data.splits["train"].inputs["x"].shape == (6, *wanted)
    assert data.splits["train"].inputs["x"][0].ravel().tolist() == [1, 2, 3, 4]


def test_columns_that_do_not_fit_an_integer_input_give_one_message(tmp_path):
    write(tmp_path, "a,b,c,y\n" + "1.5,2.5,3.5,0\n" * 10)
    result = read(tmp_path, "{csv: t.csv, inputs: [a, b, c], targets: y}", "x: {shape: [3], dtype: int32}")
    assert "`x` takes int32, but `a` has 1.5 in row 1; 2 other columns do not fit either" in result.only


def test_several_target_columns_are_a_matrix(tmp_path):
    table(tmp_path)
    data = read(tmp_path, "{csv: t.csv, inputs: [a, b], targets: [w, a]}").data
    assert data.splits["train"].targets["y"].shape == (30, 2)
    assert data.labels == {}


PROBLEMS = [
    ("inputs: [a, bb], targets: y", ONE, "KS502 unknown column `bb`", "bb"),
    ("inputs: [a, b], targets: yy", ONE, "available columns: a, b, y, w, part", "yy"),
    ("inputs: [a, b], targets: y, weights: q", ONE, "KS502 unknown column `q`", "q"),
    ("inputs: [a, b], targets: y, split: {by: prt}", ONE, "did you mean `part`?", "prt"),
    ("inputs: [a, b], targets: y, split: {stratify: q}", ONE, "KS502", "q"),
    ("inputs: [a, b], targets: y, missing: {q: 1}", ONE, "KS502", "q"),
    ("inputs: 'q_*', targets: y", ONE, "KS502 no column matches `q_*`", "'q_*'"),
    ("inputs: {z: [a, b]}, targets: y", "x1: {shape: [2]}, a: {shape: [1]}", "KS509", "z"),
    ("inputs: {x: [a, b]}, targets: {q: y}", ONE, "KS509 unknown output `q`", "q"),
    ("inputs: a, targets: y", "p: {shape: [1]}, q: {shape: [1]}", "KS509 the model has 2 inputs", "a"),
    ("inputs: {p: a}, targets: y", "p: {shape: [1]}, q: {shape: [1]}", "KS509 no column is mapped to the input `q`", "q"),
    ("inputs: [a, b, w], targets: y", ONE, "KS505 `x` has shape [2], 2 values per example, but 3 columns feed it",
     "[a, b, w]"),
    ("inputs: [a, part], targets: y", ONE, 'KS508 `x` takes numbers, but `part` has text: "train" in row 1',
     "[a, part]"),
    ("inputs: [a, b], targets: y", "x: {shape: [2], dtype: int32}",
     "KS508 `x` takes int32, but `b` has 0.125 in row 2", "[a, b]"),
    ("inputs: a, targets: y", "x: {shape: [1], dtype: bool}", "KS508 `x` takes bool, but `a` has 2 in row 3", "a"),
    ("inputs: [a, b], targets: [y, w]", ONE, "KS508 a target of 2 columns must be numeric", "[y, w]"),
    ("inputs: [a, b], targets: y, weights: part", ONE, "KS512 column `part` contains no numbers", "part"),
    ("inputs: [a, b], targets: y, split: {by: b}", ONE, "KS514 `b` contains `0.0`", "b"),
    ("inputs: [a, b], targets: y, split: {stratify: b}", ONE, "KS514 `b` has 50 distinct values", "b"),
    ("inputs: [a, b], targets: [w, b], split: {stratify: true}", ONE, "KS514 `b` has 50 distinct values", "true"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "inputs", "expected", "pointed"), PROBLEMS)
def test_mapping_errors(tmp_path, data, inputs, expected, pointed):
    table(tmp_path)
    result = read(tmp_path, f"{{csv: t.csv, {data}}}", inputs)
    assert result.at(expected) == pointed
    assert result.dataset is None


def test_data_without_a_target_is_an_error(tmp_path):
    table(tmp_path)
    result = read(tmp_path, "{csv: t.csv, inputs: [a, b]}", outputs=("answer",))
    assert "KS509 no output has a target" in result.only
    result = read(tmp_path, "{csv: t.csv, inputs: [a, b], targets: w}", outputs=("p", "q"))
    assert "KS509 the model has 2 outputs" in result.only


def test_a_target_among_the_inputs_is_a_warning(tmp_path):
    table(tmp_path)
    result = read(tmp_path, "{csv: t.csv, inputs: [a, w], targets: w}")
    assert result.data
    assert result.only.startswith("KS515 column `w` is a target and also feeds")
    assert not read(tmp_path, "{csv: t.csv, inputs: [a, b], targets: [a, b]}").problems


GAPS = "a,b,t,y\n1,,red,yes\n,4,,no\n,NA,blue,yes\n3,4,blue,\n" + "5,6,green,no\n6,7,red,yes\n" * 10


def test_missing_values_are_reported_with_their_rows(tmp_path):
    write(tmp_path, GAPS)
    result = read(tmp_path, "{csv: t.csv, inputs: [a, b], targets: y}")
    assert [problem.split(" |")[0] for problem in result.problems] == [
        "KS503 `a` has 2 missing values: rows 2, 3",
        "KS503 `b` has 2 missing values: rows 1, 3",
        "KS503 `y` has 1 missing value: row 4",
    ]


def test_dropping_rows_keeps_the_numbers_of_the_others(tmp_path):
    write(tmp_path, GAPS)
    result = read(
        tmp_path, "{csv: t.csv, inputs: [a, b], targets: y, missing: drop_row, split: {validation: 0, test: 0}}"
    )
    assert result.data.splits["train"].rows.tolist() == list(range(5, 25))
    assert result.data.dropped == 4
    assert "4 dropped for missing values" in result.data.describe()


def test_fill_values_come_from_the_training_split(tmp_path):
    rows = [f"{'' if n % 4 == 0 else n},{'' if n % 5 == 0 else 'ab'[n % 2]},{n % 2}" for n in range(40)]
    write(tmp_path, "a,t,y\n" + "\n".join(rows) + "\n")
    for policy, function in (("mean", np.mean), ("median", np.median)):
        data = read(
            tmp_path,
            f"{{csv: t.csv, targets: y, missing: {{a: {policy}, t: most_frequent}}}}",
            "a: {shape: [1]}, t: {shape: [1], dtype: string}",
        ).data
        train = data.splits["train"]
        known = [row - 1 for row in train.rows if (row - 1) % 4]
        assert data.fitted["fill"]["a"] == pytest.approx(function(known))
        assert data.fitted["fill"]["t"] in ("a", "b")
        for split in data.splits.values():
            gaps = (split.rows - 1) % 4 == 0
            np.testing.assert_allclose(split.inputs["a"][gaps], data.fitted["fill"]["a"], rtol=1e-6)
            assert set(split.inputs["t"].ravel()) == {"a", "b"}


def test_missing_takes_fill_values_and_globs(tmp_path):
    write(tmp_path, GAPS)
    data = read(tmp_path, "{csv: t.csv, inputs: [a, b], targets: y, missing: {'[ab]': -1, y: drop_row}}").data
    assert data.fitted["fill"] == {"a": -1, "b": -1}
    whole = np.concatenate([split.inputs["x"] for split in data.splits.values()])
    assert (whole == -1).sum() == 4


@pytest.mark.parametrize(
    ("missing", "expected", "pointed"),
    [
        ("{a: meen, b: 0, y: drop_row}", "did you mean `mean`?", "meen"),
        ("{a: 0, b: 0, y: mean}", "KS513 `y` is a target", "mean"),
        ("median", "KS513 `y` is a target", "median"),
        ("{a: 0, b: 0, y: drop_row, t: mean}", "KS513 `t` contains text, which has no mean", "mean"),
    ],
)
def test_unsuitable_policies_are_errors(tmp_path, missing, expected, pointed):
    write(tmp_path, GAPS)
    inputs = "x: {shape: [2]}, t: {shape: [1], dtype: string}"
    result = read(tmp_path, f"{{csv: t.csv, inputs: {{x: [a, b]}}, targets: y, missing: {missing}}}", inputs)
    assert result.at(expected) == pointed


def test_infinite_values_are_errors(tmp_path):
    write(tmp_path, "a,b,y\n" + "1,2,0\n" * 5 + "1,inf,1\n-inf,2,1\n")
    result = read(tmp_path, "{csv: t.csv, targets: y}")
    assert [problem.split(" |")[0] for problem in result.problems] == [
        "KS511 `a` has an infinite value in row 7",
        "KS511 `b` has an infinite value in row 6",
    ]


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ("1,1,-1,1,1", "KS512 `w` has a negative weight in row 3"),
        ("1,1,,1,1", "KS512 `w` has a missing value in row 3"),
        ("0,0,0,0,0", "KS512 every weight in `w` is 0"),
        ("1,1,inf,1,1", "KS512 `w` has a non-finite number in row 3"),
    ],
)
def test_invalid_weights_are_errors(tmp_path, weights, expected):
    write(tmp_path, "a,b,y,w\n" + "".join(f"1,2,{n % 2},{w}\n" for n, w in enumerate(weights.split(","))))
    result = read(tmp_path, "{csv: t.csv, targets: y, weights: w, split: {validation: 0, test: 0}}")
    assert expected in result.only
    assert result.pointed == "w"


def test_decimal_commas_get_their_own_help(tmp_path):
    write(tmp_path, "a;b;y\n1,5;2,5;0\n")
    result = read(tmp_path, "{csv: {path: t.csv, delimiter: ';'}, targets: y}")
    assert any(
        'its numbers have a decimal comma: write `csv: {path: ..., decimal: ","}`' in problem
        for problem in result.problems
    )


def test_classes_that_training_lacks_and_single_classes_are_reported(tmp_path):
    lines = [f"{n},1,{'new' if n == 9 else 'ab'[n % 2]},{'test' if n > 6 else 'train'}" for n in range(10)]
    write(tmp_path, "a,b,y,part\n" + "\n".join(lines) + "\n")
    result = read(tmp_path, "{csv: t.csv, targets: y, split: {by: part}}")
    assert result.data.labels["y"].names == ["a", "b", "new"]
    assert "KS507 `new` of `y` in the test split never occurs in training" in result.only
    write(tmp_path, "a,b,y\n" + "1,2,same\n" * 10)
    assert "KS518" in read(tmp_path, "{csv: t.csv, targets: y}").only
    write(tmp_path, "a,b,y,part\n" + "1,2,p,train\n1,2,q,train\n" * 3 + "1,2,r,test\n")
    result = read(tmp_path, "{csv: t.csv, targets: y, split: {by: part}}")
    assert "splits share no class of `y`" in result.only
    assert result.dataset is None


def test_regression_targets_have_no_missing_classes(tmp_path):
    write(tmp_path, "a,b,y\n" + "".join(f"1,2,{n * n}\n" for n in range(100)))
    assert not read(tmp_path, "{csv: t.csv, targets: y}").problems


def test_a_column_without_training_values_has_no_mean(tmp_path):
    write(tmp_path, "a,b,y\n" + ",2,0\n,4,1\n" * 5)
    result = read(tmp_path, "{csv: t.csv, targets: y, missing: {a: mean}}")
    assert "KS513 `a` has no value in any training row, so its mean is undefined" in result.only
    assert result.pointed == "mean"


def test_a_glob_in_missing_may_match_a_complete_target(tmp_path):
    table(tmp_path)
    assert read(tmp_path, "{csv: t.csv, inputs: [a, b], targets: y, missing: {'*': 0}}").data


def test_columns_are_not_mapped_to_outputs_that_could_not_be_resolved(tmp_path):
    table(tmp_path)
    result = read(tmp_path, "{csv: t.csv, inputs: [a, b], targets: w}", outputs=())
    assert result.dataset is None
    assert result.problems == []


def test_one_text_among_the_weights(tmp_path):
    (tmp_path / "t.csv").write_text("a,b,y,w\n" + "1,2,0,1\n1,2,1,x\n1,2,1,2\n" * 3)
    found = read(tmp_path, "{csv: t.csv, inputs: [a, b], targets: y, weights: w}").only
    assert found == 'KS512 `w` has text: "x" in rows 2, 5, 8 |  | weights must be numbers, 0 or greater'


@pytest.mark.parametrize(("array", "dtype", "problem"), [
    ([["0", "1"], ["2", "?"]], "float32", 'KS508 `x` takes numbers, but `x` has text: "?" in row 2'),
    ([["0", "1"], ["2", "3"]], "float32", 'KS508 `x` takes numbers, but `x` has text: "0" in row 1'),
    ([[0, 1], [2, 1.5]], "int32", "KS508 `x` takes int32, but `x` has 1.5 in row 2"),
    ([[0, 1], [2, np.nan]], "float32",
     "KS511 `x` has a non-finite number in row 2 |  | correct the data: a model cannot learn from NaN or infinity"),
])  # fmt: skip
def test_a_value_in_an_array_that_an_input_cannot_take(tmp_path, array, dtype, problem):
    np.savez(tmp_path / "t.npz", x=np.array(array + array[:1] * 8), y=np.arange(10))
    found = read(tmp_path, "{npz: t.npz, inputs: x, targets: y}", f"x: {{shape: [2], dtype: {dtype}}}")
    assert found.only.startswith(problem)


def test_a_number_that_predicts_itself_is_a_warning(tmp_path):
    table(tmp_path)
    result = read(tmp_path, "{csv: t.csv, inputs: w, targets: w}")
    assert result.problems[0].startswith("KS515 column `w` is a target and also feeds")


def test_rows_that_follow_each_other_need_a_window(tmp_path):
    (tmp_path / "t.csv").write_text("year,sales\n" + "".join(f"{2000 + n},{n % 5}\n" for n in range(12)))
    spec = tmp_path / "spec.yaml"
    layers = "layers: [{LSTM: {units: 2}}, {Dense: {units: 1}}]"
    spec.write_text(
        f"kspec: 1\ndata: {{csv: t.csv, inputs: sales, targets: sales}}\ninputs: {{x: {{shape: [3, 1]}}}}\n{layers}\n"
    )
    (problem,) = [each for each in kspec.check(spec, data=True) if each.code == "KS505"]
    assert "for 3 rows that follow each other, write `window: {length: 3}`" in str(problem.help)
