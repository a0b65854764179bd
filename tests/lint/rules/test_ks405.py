"""KS405: a crossentropy of values that are not probabilities."""

import pytest

from tests.lint.rules.helpers import BCE, CCE, SCE, check, dense, fixed, spec


@pytest.mark.parametrize(("units", "loss"), [(1, BCE), (3, CCE), (3, SCE), (3, BCE), (1, "bce")])
def test_linear(units, loss):
    assert "from_logits: true" in fixed("KS405", dense(units, None, loss))


@pytest.mark.parametrize("loss", ["{BinaryCrossentropy: {}}", "{BinaryCrossentropy: {label_smoothing: 0.1}}",
                                  "{BinaryCrossentropy: {from_logits: false}}"])  # fmt: skip
def test_linear_with_arguments(loss):
    fixed("KS405", dense(1, None, loss))


def test_linear_in_lines():
    text = dense(1) + "compile:\n  loss:\n    BinaryCrossentropy:\n      label_smoothing: 0.1\n"
    assert "      from_logits: true\n      label_smoothing: 0.1" in fixed("KS405", text)


@pytest.mark.parametrize(
    ("activation", "units", "loss", "right"), [("relu", 1, BCE, "sigmoid"), ("tanh", 3, SCE, "softmax")]
)
def test_other_activations(activation, units, loss, right):
    assert f"activation: {right}" in fixed("KS405", dense(units, activation, loss))


@pytest.mark.parametrize(
    "last", ["Activation: {activation: sigmoid}", "op: sigmoid", "Activation: {activation: hard_sigmoid}"]
)
def test_an_activation_of_its_own(last):
    assert check(spec(f"Dense: {{units: 1}}\n{last}", f"compile: {{loss: {BCE}}}")) == []


def test_unknown_activations_are_not_reported():
    text = "Dense: {units: 3}\n    name: a\nAverage:\n    from: [a, a]"
    assert check(spec(text, f"compile: {{loss: {CCE}}}")) == []


def test_a_default_loss_is_not_reported():
    assert check(dense(3, None, None, "multiclass_classification")) == []
