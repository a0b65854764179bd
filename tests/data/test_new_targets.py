"""Targets of other data that training did not have: labels, rows that are not one-hot, shapes."""

import numpy as np
import pytest

from tests.data.test_inference_data import Trained

SOFTMAX = ("multiclass_classification", 3, "sparse_categorical_crossentropy")
ONE_HOT = ("multiclass_classification", 3, "categorical_crossentropy")
MULTI_LABEL = ("multilabel_classification", 3, "binary_crossentropy")


def new(folder, header, *rows):
    (folder / "new.csv").write_text("\n".join([header, *rows]))
    return "new.csv"


@pytest.mark.parametrize(("first", "second"), [("0", "1"), ("0.0", "1.0")])
def test_another_label_among_numbers(tmp_path, first, second):
    (tmp_path / "t.csv").write_text("a,b,y\n" + f"1,2,{first}\n1,2,{second}\n" * 5)
    trained = Trained(tmp_path, "{csv: t.csv, inputs: [a, b], targets: y}")
    for values, unknown, rows in (
        (("yes", "no"), "labels `yes`, `no`", [1, 2]),
        (("1", "no", "0"), "label `no`", [2]),
        (("2", "1", "", "7"), "labels `2`, `7`", [1, 4]),
        (("1", "inf"), "label `inf`", [2]),
    ):
        where = f"row{'s' if len(rows) > 1 else ''} {', '.join(map(str, rows))}"
        file = new(tmp_path, "a,b,y", *(f"1,2,{value}" for value in values))
        assert trained.read(file, need_targets=True) is None
        assert trained.problems == [
            f"KS517 unknown {unknown} of `y` in {where} | the model was trained on: {first}, {second}"
        ]
        split = trained.read(file)
        assert len(split) == len(values)
        assert f"in {where} (unknown {unknown} of `y`)" in split.notes[-1]
        if "1" in values:
            absent = [value not in ("0", "1") for value in values]
            assert split.absent["y"].tolist() == absent
            labels = trained.encodings["y"].labels.indices(split.targets["y"])
            assert labels[~split.absent["y"]].tolist() == [int(value) for value in values if value in ("0", "1")]
        else:
            assert split.targets == {}


def test_yes_no_columns_name_the_column_and_each_value(tmp_path):
    (tmp_path / "t.csv").write_text("a,b,l,m,n\n" + "1,2,1,0,1\n1,2,0,1,0\n" * 5)
    data = "{csv: t.csv, inputs: [a, b], targets: [l, m, n]}"
    trained = Trained(tmp_path, data, head=MULTI_LABEL, shape=(None, 3), columns=["l", "m", "n"])
    file = new(tmp_path, "a,b,l,m,n", "1,2,1,0,2", "1,2,maybe,0,0.5", "1,2,1,0,1")
    assert trained.read(file, need_targets=True) is None
    assert [problem.split(" | ")[0] for problem in trained.problems] == [
        "KS517 unknown label `maybe` of `l` in row 2",
        "KS517 unknown labels `2`, `0.5` of `n` in rows 1, 2",
    ]
    assert trained.read(file).absent["y"].tolist() == [True, True, False]


def test_rows_that_are_not_one_hot(tmp_path):
    (tmp_path / "t.csv").write_text("a,b,p,q,r\n" + "1,2,1,0,0\n1,2,0,1,0\n1,2,0,0,1\n" * 5)
    data = "{csv: t.csv, inputs: [a, b], targets: [p, q, r]}"
    trained = Trained(tmp_path, data, head=ONE_HOT, shape=(None, 3), columns=["p", "q", "r"])
    file = new(tmp_path, "a,b,p,q,r", "1,2,0,1,0", "1,2,1,1,0", "1,2,0,0,0", "1,2,,1,1")
    assert trained.read(file, need_targets=True) is None
    assert trained.problems[0].startswith("KS411 the target of `y` is not one-hot in rows 2, 3, such as 1, 1, 0 |")
    split = trained.read(file)
    assert split.absent["y"].tolist() == [False, True, True, True]
    assert split.notes[-1] == "left out actual values of `y` in rows 2, 3 (not one-hot, such as 1, 1, 0)"
    assert trained.read(new(tmp_path, "a,b,p,q,r", "1,2,0.5,0.5,0"), need_targets=True) is not None  # as training does
    assert trained.read(new(tmp_path, "a,b,p,q,r", "1,2,yes,0,0"), need_targets=True) is None
    assert "KS517 unknown label `yes` of `p` in row 1 | the model was trained on: 0, 1" in trained.problems


@pytest.fixture(scope="module")
def positions(tmp_path_factory):
    """A model with labels at five positions."""
    folder = tmp_path_factory.mktemp("positions")
    np.savez(folder / "t.npz", t=np.ones((9, 5)), y=np.arange(45).reshape(9, 5) % 3)
    data = "{npz: t.npz, inputs: t, targets: y}"
    return folder, Trained(folder, data, "t: {shape: [5]}", head=SOFTMAX, shape=(None, 5, 3))


def test_labels_by_position(positions):
    folder, trained = positions
    known = np.array([[0, 1, 2, 0, 1], [2, 2, 2, 2, 2]])
    gap = known.astype(float)
    gap[0, 3] = np.nan
    other = known.copy()
    other[1, 1] = 7
    for target, problem, reason in (
        (known, "", ""),
        (known[..., None], "", ""),
        (other, "KS517 unknown label `7` of `y` in row 2", "row 2 (unknown label `7` of `y`)"),
        (known.astype(str), 'KS508 `y` has text: "0" in rows 1, 2', 'rows 1, 2 (`y` has text: "0")'),
        (np.array([0, 1]), "KS505 the target of `y` has one value for each example, and the model was trained on "
         "the shape (5,)", "rows 1, 2 (it has one value for each example"),
        (np.eye(3)[known], "KS505 the target of `y` has the shape (5, 3)", "rows 1, 2 (it has the shape (5, 3)"),
        (gap, "KS511 `y` has a non-finite number in row 1", "row 1 (`y` has a non-finite number)"),
    ):  # fmt: skip
        np.savez(folder / "new.npz", t=np.ones((2, 5)), y=target)
        found = trained.read("new.npz", need_targets=True)
        assert (found is None) == bool(problem), problem
        assert "".join(trained.problems).startswith(problem)
        split = trained.read("new.npz")
        assert len(split) == 2, reason
        assert "".join(split.notes).find(reason) >= 0
        if reason.startswith("row "):
            row = int(reason[4]) - 1
            absent = np.isnan(gap) if target is gap else [row == 0, row == 1]
            np.testing.assert_array_equal(split.absent["y"], absent)  # the other positions keep their values
            assert split.targets["y"][1 - row].tolist() == known[1 - row].tolist()
        elif reason:
            assert split.targets == {}


def test_an_infinite_number_of_a_target_that_is_an_input_too(tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n" + "1,0.5\n2,1.5\n" * 5)
    trained = Trained(
        tmp_path,
        "{csv: t.csv, inputs: {x: [a, b]}, targets: b}",
        head=("regression", 1, "mean_squared_error"),
    )
    split = trained.read(new(tmp_path, "a,b", "1,0.25", "1,inf", "1,"))
    assert split.left_out == [2]  # as of any input; a gap takes what is usual
    assert np.isfinite(split.inputs["x"]).all()
    assert split.absent["y"].tolist() == [False, True]


def test_text_among_the_numbers_of_a_regression(tmp_path):
    (tmp_path / "t.csv").write_text("a,b,y\n" + "1,2,0.5\n1,2,1.5\n" * 5)
    data = "{csv: t.csv, inputs: [a, b], targets: y}"
    trained = Trained(tmp_path, data, head=("regression", 1, "mean_squared_error"))
    file = new(tmp_path, "a,b,y", "1,2,0.25", "1,2,tall", "1,2,inf")
    split = trained.read(file)
    assert (split.absent["y"].tolist(), split.targets["y"][0]) == ([False, True, True], 0.25)
    assert split.notes == [
        'left out the actual value of `y` in row 2 (`y` has text: "tall")',
        "left out the actual value of `y` in row 3 (`y` is infinite)",
    ]
    assert trained.read(file, need_targets=True).rows.tolist() == [1]
    assert trained.read(new(tmp_path, "a,b,y", "1,2,tall")).targets == {}
    assert trained.read("new.csv", need_targets=True) is None
    assert trained.problems[0].startswith('KS508 `y` has text: "tall" in row 1')
