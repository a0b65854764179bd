"""KS429, KS430 and KS431: hinge losses, the accuracy of labels, and thresholds."""

import pytest

from tests.lint.rules.helpers import BCE, check, codes, dense, fixed, spec

BCE_LOGITS = "{BinaryCrossentropy: {from_logits: true}}"


@pytest.mark.parametrize("activation", ["sigmoid", "relu", "softplus"])
@pytest.mark.parametrize("loss", ["hinge", "squared_hinge"])
def test_hinge_of_an_output_that_is_never_negative(activation, loss):
    assert "activation: tanh" in fixed("KS429", dense(1, activation, loss))


@pytest.mark.parametrize("activation", ["tanh", None, "leaky_relu"])
def test_hinge_of_scores(activation):
    assert check(dense(1, activation, "hinge")) == []


@pytest.mark.parametrize(("activation", "loss", "right"), [("sigmoid", BCE, "[binary_accuracy]"), (None, BCE_LOGITS, "[{BinaryAccuracy: {threshold: 0}}]"), ("tanh", "hinge", "[{BinaryAccuracy: {threshold: 0}}]")])  # fmt: skip
def test_accuracy_of_several_labels(activation, loss, right):
    text = dense(3, activation, loss).replace(f"loss: {loss}", f"loss: {loss}, metrics: [accuracy]")
    assert right in fixed("KS430", text)


def test_accuracy_of_sigmoids_with_a_loss_of_numbers():
    text = dense(3, "sigmoid", "mse").replace("mse", "mse, metrics: [accuracy]")
    assert "[binary_accuracy]" in fixed("KS430", text)
    assert check(dense(1, "sigmoid", "mse").replace("mse", "mse, metrics: [accuracy]")) == []


def test_accuracy_of_one_label():
    assert check(dense(1, "sigmoid", BCE).replace(BCE, f"{BCE}, metrics: [accuracy]")) == []


@pytest.mark.parametrize(("units", "activation"), [(3, "softmax"), (1, None)])
@pytest.mark.parametrize("threshold", ["0.3", "{y: 0.3}"])
def test_threshold_of_an_output_without_one(units, activation, threshold):
    assert codes(check(dense(units, activation) + f"predict: {{threshold: {threshold}}}\n")) == ["KS431"]


def test_one_threshold_for_all_outputs_that_have_one():
    text = "Dense: {units: 1, activation: sigmoid}\n    name: a\nDense: {units: 1}\n    from: x\n    name: b"
    assert check(spec(text, "outputs: [a, b]\npredict: {threshold: 0.3}")) == []
    assert codes(check(spec(text, "outputs: [a, b]\npredict: {threshold: 3}"))) == ["KS103"]
