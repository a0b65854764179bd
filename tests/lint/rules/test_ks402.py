"""KS402: a softmax on one unit."""

import pytest

from tests.lint.rules.helpers import BCE, CCE, SCE, check, codes, dense, fixed, spec


@pytest.mark.parametrize("loss", [None, BCE, CCE, SCE, "mse"])
def test_is_reported(loss):
    assert codes(check(dense(1, "softmax", loss))) == ["KS402"]


@pytest.mark.parametrize("loss", [BCE, SCE])
def test_the_fix(loss):
    after = fixed("KS402", dense(1, "softmax", loss))
    assert "activation: sigmoid" in after
    assert BCE in after


def test_in_the_middle():
    text = "Dense: {units: 1, activation: softmax}\n    name: weights\nMultiply:\n    from: [x, weights]\nDense: {units: 1}"
    diagnostics = check(spec(text, inputs="{x: {shape: [6, 4]}}"))
    assert codes(diagnostics) == ["KS402"]
    assert "axis: 1" in diagnostics[0].help


@pytest.mark.parametrize("last", ["Activation: {activation: softmax}", "Softmax", "Softmax: {axis: -1}", "op: softmax"])
def test_as_a_node(last):
    assert codes(check(spec(f"Dense: {{units: 1}}\n{last}"))) == (["KS402"] if "op" not in last else ["KS402", "KS410"])


@pytest.mark.parametrize("last", ["Softmax: {axis: 1}", "Softmax: {axis: -2}"])
def test_over_positions_is_intended(last):
    text = f"Dense: {{units: 1}}\n{last}\n    name: w\nMultiply:\n    from: [x, w]\nGlobalAveragePooling1D\nDense: {{units: 1}}"
    assert check(spec(text, inputs="{x: {shape: [6, 4]}}")) == []


def test_two_units_are_valid():
    assert check(dense(2, "softmax", SCE)) == []


def test_no_edit_of_a_variable():
    diagnostics = check(dense(1, "$last", BCE) + "vars: {last: softmax}\n")
    assert codes(diagnostics) == ["KS402"]
    assert not diagnostics[0].edits


def test_outputs_without_a_target_are_not_checked():
    text = "Dense: {units: 1, activation: softmax}\n    name: a\nDense: {units: 1, activation: relu}\n    from: x\n    name: b"
    more = "outputs: [a, b]\ncompile: {loss: mse}\ndata: {csv: t.csv, targets: {a: t}}"
    assert codes(check(spec(text, more))) == ["KS402"]


@pytest.mark.parametrize("activation", ["rleu", "[relu]", "3", "{rleu: {}}"])
def test_an_invalid_activation_is_only_reported_as_such(activation):
    diagnostics = codes(check(dense(1, activation, BCE)))
    assert diagnostics
    assert not {"KS402", "KS403", "KS404", "KS405"} & set(diagnostics)
