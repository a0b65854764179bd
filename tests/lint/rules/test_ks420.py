"""KS420: dropouts and normalizations after an output's activation."""

import pytest

from tests.lint.rules.helpers import check, codes, spec

SCE = "sparse_categorical_crossentropy"


@pytest.mark.parametrize(
    "after", ["Dropout: {rate: 0.2}", "BatchNormalization", "GaussianNoise: {stddev: 0.1}", "LayerNormalization"]
)
@pytest.mark.parametrize("last", ["Dense: {units: 3, activation: softmax}", "Dense: {units: 3}\nSoftmax"])
def test_after_probabilities(after, last):
    diagnostics = check(spec(f"{last}\n{after}\nFlatten", f"compile: {{loss: {SCE}}}"))
    assert codes(diagnostics) == ["KS420"]
    before = "softmax" if "\n" in last else "dense"
    assert f"`{after.split(':')[0]}` comes after the output activation of `{before}`" in diagnostics[0].message
    assert not diagnostics[0].edits  # only the author knows which of the two remedies is right


def test_dropout_after_a_number():
    assert codes(check(spec("Dense: {units: 1}\nDropout: {rate: 0.2}", "compile: {loss: mse}"))) == ["KS420"]


@pytest.mark.parametrize("more", ["", "data: {csv: t.csv, targets: t}", "task: multiclass_classification"])
def test_dropout_without_a_loss(more):
    assert codes(check(spec("Dense: {units: 3, activation: softmax}\nDropout: {rate: 0.2}", more))) == ["KS420"]


@pytest.mark.parametrize(
    ("layers", "loss"),
    [
        ("Dropout: {rate: 0.2}\nDense: {units: 3, activation: softmax}", SCE),
        ("Dense: {units: 3}\nBatchNormalization\nSoftmax", SCE),
        ("Dense: {units: 8}\nBatchNormalization\nUnitNormalization", "circle"),
        ("Dense: {units: 8}\nBatchNormalization", "circle"),
        ("Dense: {units: 8}\nLayerNormalization", "mse"),
        ("Dense: {units: 8, activation: relu}\nDropout: {rate: 0.2}\nDense: {units: 1}", "mse"),
        ("Dense: {units: 3, activation: softmax}\nReshape: {target_shape: [3]}", SCE),
    ],
)
def test_near_misses(layers, loss):
    assert check(spec(layers, f"compile: {{loss: {loss}}}")) == []


def test_a_gate_in_the_middle():
    layers = "Dense: {units: 4, activation: sigmoid}\nDropout: {rate: 0.2}\n    name: gate\nMultiply:\n    from: [x, gate]\nDense: {units: 1}"
    assert check(spec(layers, "compile: {loss: mse}")) == []
