"""KS421: two activations in a row."""

import pytest

from tests.lint.rules.helpers import check, codes, fixed, spec

SCE = "sparse_categorical_crossentropy"


@pytest.mark.parametrize(
    "second",
    [
        "ReLU",
        "Activation: {activation: relu}",
        "LeakyReLU",
        "Activation: {activation: tanh}",
        "PReLU",
        "op: sigmoid",
    ],
)
def test_is_reported_and_fixed(second):
    text = spec(f"Dense: {{units: 8, activation: relu}}\n{second}\nDense: {{units: 1}}")
    assert "activation: linear" in fixed("KS421", text)


def test_two_softmaxes():
    text = spec("Dense: {units: 3, activation: softmax}\nSoftmax", f"compile: {{loss: {SCE}}}")
    assert "activation: linear" in fixed("KS421", text)


def test_a_relu_before_the_answer():
    assert codes(check(spec("Dense: {units: 3, activation: relu}\nSoftmax", f"compile: {{loss: {SCE}}}"))) == ["KS421"]


def test_convolutions():
    text = spec(
        "Conv2D: {filters: 8, kernel_size: 3, activation: relu}\nReLU: {max_value: 6}\nFlatten\nDense: {units: 1}",
        "",
        "{x: {shape: [8, 8, 3]}}",
    )
    assert "activation: linear" in fixed("KS421", text)


def test_each_link_of_a_chain_is_reported():
    text = spec("Dense: {units: 8, activation: relu}\nReLU\nActivation: {activation: tanh}\nDense: {units: 1}")
    assert codes(check(text)) == ["KS421", "KS421"]


@pytest.mark.parametrize(
    "layers",
    [
        "Dense: {units: 8}\nReLU",
        "Dense: {units: 8, activation: linear}\nReLU",
        "Dense: {units: 8, activation: relu}\nDense: {units: 8, activation: relu}",
        "Dense: {units: 8, activation: relu}\nBatchNormalization\nReLU",
        "LSTM: {units: 8, activation: tanh}\nReLU",
        "Dense: {units: 1, activation: tanh}\nSoftmax: {axis: 1}\nGlobalAveragePooling1D",
        "Dense: {units: 5, activation: tanh}\nSoftmax\nGlobalAveragePooling1D",
    ],
)
def test_near_misses(layers):
    inputs = "{x: {shape: [6, 4]}}" if "LSTM" in layers or "Pooling" in layers else "{x: {shape: [4]}}"
    assert check(spec(f"{layers}\nDense: {{units: 1}}", "", inputs)) == []


def test_the_first_is_used_elsewhere():
    layers = "Dense: {units: 4, activation: relu}\n    name: a\nActivation: {activation: sigmoid}\n    name: gate\nMultiply:\n    from: [a, gate]\nDense: {units: 1}"
    diagnostics = check(spec(layers))
    assert codes(diagnostics) == ["KS421"]
    assert not diagnostics[0].edits
