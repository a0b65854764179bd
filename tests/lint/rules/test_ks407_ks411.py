"""KS407 and KS411: units and losses that do not suit the target in the data."""

import numpy as np
import pytest

from tests.lint.rules.helpers import check, codes, fixed, spec

SCE, CCE = "sparse_categorical_crossentropy", "categorical_crossentropy"
N = 30


def table(*targets):
    """A table with the inputs a and b, and targets by column: `name=v v v`, repeated over the rows."""
    names = [declared.partition("=")[0] for declared in targets]
    values = [declared.partition("=")[2].split() for declared in targets]
    rows = [",".join([str(i % 7), str(i % 5), *(v[i % len(v)] for v in values)]) for i in range(N)]
    return "\n".join([",".join(["a", "b", *names]), *rows])


def net(units, activation, targets="y", loss=None, more="", source="csv: t.csv"):
    last = f"Dense: {{units: {units}, activation: {activation}}}" if activation else f"Dense: {{units: {units}}}"
    data = f"data: {{{source}, inputs: [a, b], targets: {targets}}}\n"
    if loss:
        data += f"compile: {{loss: {loss}}}\n"
    return spec(f"Dense: {{units: 8, activation: relu}}\n{last}\n    name: out", data + more, "{x: {shape: [2]}}")


@pytest.mark.parametrize("labels", ["red green blue", "0 1 2", "3 5 9"])
@pytest.mark.parametrize(("units", "loss"), [(2, SCE), (5, SCE), (2, CCE), (5, CCE), (2, None)])
def test_classes(labels, units, loss, tmp_path):
    text, t = net(units, "softmax", loss=loss), table(f"y={labels}")
    diagnostics = check(text, tmp_path, t=t)
    assert codes(diagnostics) == ["KS407"]
    assert diagnostics[0].is_error == (units < 3)
    assert "units: 3" in fixed("KS407", text, tmp_path, t=t)


@pytest.mark.parametrize("labels", ["0 2 3", "0.0 2.0 3.0"])
def test_numbers_with_a_gap_that_fit_the_units(labels, tmp_path):
    assert check(net(4, "softmax"), tmp_path, t=table(f"y={labels}")) == []


@pytest.mark.parametrize(("labels", "problem"), [
    ("1.0 2.0 3.0", "go up to 3"), ("-1.0 0.0 1.0", "start at -1"),
])  # fmt: skip
def test_floats_are_class_numbers(labels, problem, tmp_path):
    diagnostics = check(net(3, "softmax"), tmp_path, t=table(f"y={labels}"))
    assert codes(diagnostics) == ["KS407"]
    assert problem in diagnostics[0].message


def test_an_ignored_label_is_no_class(tmp_path):
    loss = "{SparseCategoricalCrossentropy: {ignore_class: -1}}"
    assert check(net(3, "softmax", loss=loss), tmp_path, t=table("y=-1 0 1 2")) == []
    assert codes(check(net(2, "softmax", loss=loss), tmp_path, t=table("y=-1 0 1 2"))) == ["KS407"]


@pytest.mark.parametrize("targets", ["y", "[y, z]"])
def test_binary_targets_beyond_0_and_1(targets, tmp_path):
    text = net(2 if "z" in targets else 1, "sigmoid", targets)
    assert codes(check(text, tmp_path, t=table("y=0.0 3.5", "z=0 1"))) == ["KS411"]


@pytest.mark.parametrize("units", ["3", "{classes_of: out}"])
def test_as_many_units_as_classes(units, tmp_path):
    assert check(net(units, "softmax"), tmp_path, t=table("y=red green blue")) == []


def test_three_classes_are_no_yes_or_no(tmp_path):
    diagnostics = check(net(1, "sigmoid"), tmp_path, t=table("y=red green blue"))
    assert codes(diagnostics) == ["KS407"]
    assert "3 units with softmax" in diagnostics[0].help


@pytest.mark.parametrize("labels", ["no yes", "0 1", "0.0 0.5 1.0", "false true"])
def test_yes_or_no(labels, tmp_path):
    assert check(net(1, "sigmoid"), tmp_path, t=table(f"y={labels}")) == []


def test_two_sigmoids_for_one_column(tmp_path):
    text, t = net(2, "sigmoid"), table("y=no yes")
    assert "units: 1" in fixed("KS407", text, tmp_path, t=t)


@pytest.mark.parametrize(("units", "targets", "expected"), [
    (2, "y", ["KS407"]), (1, "[y, z]", ["KS407"]), (3, "[y, z]", ["KS407"]), (2, "[y, z]", []), (1, "y", []),
])  # fmt: skip
def test_regression(units, targets, expected, tmp_path):
    t = table("y=1.5 -2.5 3", "z=3 4.5 1")
    assert codes(check(net(units, None, targets), tmp_path, t=t)) == expected
    if expected:
        fixed("KS407", net(units, None, targets), tmp_path, t=t)


def test_one_hot_columns(tmp_path):
    t = table("p=1 0 0", "q=0 1 0", "r=0 0 1")
    for loss in (SCE, CCE):
        assert check(net(3, "softmax", "[p, q, r]", loss), tmp_path, t=t) == []
        assert "units: 3" in fixed("KS407", net(2, "softmax", "[p, q, r]", loss), tmp_path, t=t)


def test_labels_of_positions(tmp_path):
    arrays = {"a": np.random.rand(N, 6, 2), "y": np.random.default_rng(0).integers(0, 5, (N, 6))}
    text = spec(
        "Dense: {units: 5, activation: softmax}",
        f"data: {{npz: t.npz, inputs: a, targets: y}}\ncompile: {{loss: {SCE}}}",
        "{x: {shape: [6, 2]}}",
    )
    assert check(text, tmp_path, t=arrays) == []
    assert "units: 5" in fixed("KS407", text.replace("units: 5", "units: 4"), tmp_path, t=arrays)


@pytest.mark.parametrize("labels", [["p", "q", "r"], [0, 1, 2]])
@pytest.mark.parametrize("loss", [SCE, CCE])
def test_labels_by_position_for_one_prediction_are_one_mistake(labels, loss, tmp_path):
    y = np.array(labels)[np.random.default_rng(0).integers(0, 3, (N, 5))]
    data = f"data: {{npz: t.npz, inputs: a, targets: y}}\ncompile: {{loss: {loss}}}"
    text = spec("Dense: {units: 3, activation: softmax}", data, "{x: {shape: [2]}}")
    found = check(text, tmp_path, t={"a": np.random.rand(N, 2), "y": y})
    assert codes([problem for problem in found if problem.is_error]) == (
        [] if labels[0] == "p" else ["KS411"]
    )  # the shape of texts is checked with the targets


def test_nothing_is_reported_without_the_data():
    assert check(net(2, "softmax")) == []


@pytest.mark.parametrize("loss", [SCE, CCE])
def test_several_can_be_true(loss, tmp_path):
    t = table("p=1 0 1", "q=0 1 1", "r=0 1 1")
    assert codes(check(net(3, "softmax", "[p, q, r]", loss), tmp_path, t=t)) == ["KS411"]


@pytest.mark.parametrize("loss", [None, SCE, CCE])
def test_rows_that_are_one_hot_only_on_average(loss, tmp_path):
    t = table("p=0 1", "q=0 1")
    diagnostics = check(net(2, "softmax", "[p, q]", loss), tmp_path, t=t)
    assert codes(diagnostics) == ["KS411"]
    assert f"{N} rows differ, such as 0, 0" in diagnostics[0].message
    assert ("filled in by kspec" in diagnostics[0].message) == (loss is None)


@pytest.mark.parametrize("loss", [None, CCE])
def test_positions_that_are_not_one_hot(loss, tmp_path):
    y = np.eye(4, dtype="float32")[np.random.default_rng(0).integers(0, 4, (N, 6))]
    y[3, 2] = [0, 1, 1, 0]
    text = spec(
        "Dense: {units: 4, activation: softmax}",
        "data: {npz: t.npz, inputs: a, targets: y}\n" + (f"compile: {{loss: {loss}}}" if loss else ""),
        "{x: {shape: [6, 2]}}",
    )
    a = np.random.rand(N, 6, 2)
    diagnostics = check(text, tmp_path, t={"a": a, "y": y})
    assert codes(diagnostics) == ["KS411"]
    assert "one row is 0, 1, 1, 0" in diagnostics[0].message


def test_numbers_are_no_classes(tmp_path):
    t = table("p=10 0 3", "q=0 17 4", "r=0 0 12")
    assert codes(check(net(3, "softmax", "[p, q, r]", CCE), tmp_path, t=t)) == ["KS411"]
    assert codes(check(net(3, "softmax", "y", SCE), tmp_path, t=table("y=0.5 1.25 2"))) == ["KS411"]


def test_soft_labels_are_right(tmp_path):
    t = table("p=0.8 0.1 0.2", "q=0.1 0.7 0.2", "r=0.1 0.2 0.6")
    assert check(net(3, "softmax", "[p, q, r]", CCE), tmp_path, t=t) == []


def test_whole_floats_are_classes(tmp_path):
    assert check(net(3, "softmax", "y", SCE), tmp_path, t=table("y=0.0 1.0 2.0")) == []


@pytest.mark.parametrize(("form", "loss", "right"), [("one_hot", SCE, CCE), ("integer", CCE, SCE)])
def test_forms_of_positions(form, loss, right, tmp_path):
    labels = np.random.default_rng(0).integers(0, 4, (N, 6))
    arrays = {"a": np.random.rand(N, 6, 2), "y": np.eye(4, dtype="float32")[labels] if form == "one_hot" else labels}
    text = spec(
        "Dense: {units: 4, activation: softmax}",
        f"data: {{npz: t.npz, inputs: a, targets: y}}\ncompile: {{loss: {loss}}}",
        "{x: {shape: [6, 2]}}",
    )
    assert f"loss: {right}" in fixed("KS411", text, tmp_path, t=arrays)
    assert check(text.replace(loss, right), tmp_path, t=arrays) == []


@pytest.mark.parametrize(("units", "expected"), [(2, [True]), (3, []), (4, [False])])
def test_a_text_label_that_the_loss_ignores_has_a_class_number(units, expected, tmp_path):
    loss = "{SparseCategoricalCrossentropy: {ignore_class: 0}}"
    found = check(net(units, "softmax", loss=loss), tmp_path, t=table("y=hi lo mid"))
    assert [(problem.code, problem.is_error) for problem in found] == [("KS407", is_error) for is_error in expected]


@pytest.mark.parametrize("ignored", [3, 7])
def test_a_label_of_text_that_does_not_occur_counts_no_class(ignored, tmp_path):
    loss = f"{{SparseCategoricalCrossentropy: {{ignore_class: {ignored}}}}}"
    assert check(net(3, "softmax", loss=loss), tmp_path, t=table("y=hi lo mid")) == []


@pytest.mark.parametrize("metric", ["F1Score", "{OneHotMeanIoU: {num_classes: 3}}"])
def test_a_metric_is_judged_by_the_form_of_the_target_once_that_is_known(metric, tmp_path):
    t = table("oh_a=1 0 0", "oh_b=0 1 0", "oh_c=0 0 1", "y=0 1 2")
    for targets, known in (('"oh_*"', []), ("y", ["KS413"])):
        text = net(3, "softmax", targets=targets, more=f"compile: {{metrics: [{metric}]}}\n")
        assert codes(check(text, tmp_path)) in ([], known)
        assert codes(check(text, tmp_path, t=t)) == known
