"""KS420 and KS421: what comes after an answer, and activations in a row."""

import pytest

from tests.lint.rules.helpers import codes, cured, look, spec

SCE = "sparse_categorical_crossentropy"


class TestNoiseAfterAnswer:
    @pytest.mark.parametrize(
        "after", ["Dropout: {rate: 0.2}", "BatchNormalization", "GaussianNoise: {stddev: 0.1}", "LayerNormalization"]
    )
    @pytest.mark.parametrize("last", ["Dense: {units: 3, activation: softmax}", "Dense: {units: 3}\nSoftmax"])
    def test_after_probabilities(self, after, last):
        found = look(spec(f"{last}\n{after}\nFlatten", f"compile: {{loss: {SCE}}}"))
        assert codes(found) == ["KS420"]
        before = "softmax" if "\n" in last else "dense"
        assert f"`{after.split(':')[0]}` comes after the output activation of `{before}`" in found[0].message
        assert not found[0].edits  # only the author knows which of the two remedies is right

    def test_dropout_after_a_number(self):
        assert codes(look(spec("Dense: {units: 1}\nDropout: {rate: 0.2}", "compile: {loss: mse}"))) == ["KS420"]

    @pytest.mark.parametrize("more", ["", "data: {csv: t.csv, targets: t}", "task: multiclass_classification"])
    def test_dropout_without_a_loss(self, more):
        assert codes(look(spec("Dense: {units: 3, activation: softmax}\nDropout: {rate: 0.2}", more))) == ["KS420"]

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
    def test_near_misses(self, layers, loss):
        assert look(spec(layers, f"compile: {{loss: {loss}}}")) == []

    def test_a_gate_in_the_middle(self):
        layers = "Dense: {units: 4, activation: sigmoid}\nDropout: {rate: 0.2}\n    name: gate\nMultiply:\n    from: [x, gate]\nDense: {units: 1}"
        assert look(spec(layers, "compile: {loss: mse}")) == []


class TestActivationTwice:
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
    def test_is_found_and_cured(self, second):
        text = spec(f"Dense: {{units: 8, activation: relu}}\n{second}\nDense: {{units: 1}}")
        assert "activation: linear" in cured("KS421", text)

    def test_two_softmaxes(self):
        text = spec("Dense: {units: 3, activation: softmax}\nSoftmax", f"compile: {{loss: {SCE}}}")
        assert "activation: linear" in cured("KS421", text)

    def test_a_relu_before_the_answer(self):
        assert codes(look(spec("Dense: {units: 3, activation: relu}\nSoftmax", f"compile: {{loss: {SCE}}}"))) == [
            "KS421"
        ]

    def test_convolutions(self):
        text = spec(
            "Conv2D: {filters: 8, kernel_size: 3, activation: relu}\nReLU: {max_value: 6}\nFlatten\nDense: {units: 1}",
            "",
            "{x: {shape: [8, 8, 3]}}",
        )
        assert "activation: linear" in cured("KS421", text)

    def test_a_chain_is_said_link_by_link(self):
        text = spec("Dense: {units: 8, activation: relu}\nReLU\nActivation: {activation: tanh}\nDense: {units: 1}")
        assert codes(look(text)) == ["KS421", "KS421"]

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
    def test_near_misses(self, layers):
        inputs = "{x: {shape: [6, 4]}}" if "LSTM" in layers or "Pooling" in layers else "{x: {shape: [4]}}"
        assert look(spec(f"{layers}\nDense: {{units: 1}}", "", inputs)) == []

    def test_the_first_is_used_elsewhere(self):
        layers = "Dense: {units: 4, activation: relu}\n    name: a\nActivation: {activation: sigmoid}\n    name: gate\nMultiply:\n    from: [a, gate]\nDense: {units: 1}"
        found = look(spec(layers))
        assert codes(found) == ["KS421"]
        assert not found[0].edits
