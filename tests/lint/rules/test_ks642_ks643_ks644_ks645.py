"""KS642 to KS645: what several workers cannot train."""

import pytest

from tests.lint.rules.helpers import check, codes

START = "kspec: 1\ndata: {synthetic: {examples: 80}}\n"
NETWORK = "inputs: {x: {shape: [5, 4]}}\nlayers:\n%s  - Flatten\n  - Dense: {units: 1}\n    name: y\n"


def found(layers="", fit="workers: 2", start=START, network=NETWORK):
    return codes(check(f"{start}{network % layers}fit: {{{fit}}}\n"))


@pytest.mark.parametrize(
    ("fit", "expected"),
    [
        ("workers: 2", []),
        ("workers: 33", ["KS642"]),
        ("workers: 4, batch_size: 4", []),
        ("workers: 4, batch_size: 3", ["KS642"]),
        ("workers: 1, batch_size: 1, engine: keras", []),
        ("workers: 2, engine: fused", []),
        ("workers: 2, engine: keras", ["KS643"]),
        ("workers: 2, engine: fused_xla", ["KS643"]),
        ("workers: 2, engine: [fused, {fused_xla: 9}]", ["KS643"]),
        ("workers: 2, repeats: 3", ["KS643"]),
        ("workers: 0", ["KS103"]),
        ("workers: -1", ["KS103"]),
        ("workers: two", ["KS103"]),
    ],
)
def test_settings(fit, expected):
    assert found(fit=fit) == expected


def test_many_models():
    assert found(start="kspec: 1\ndata: {synthetic: {examples: 80}, split: {folds: 4}}\n") == ["KS643"]
    assert found(start="kspec: 1\ndata: {synthetic: {examples: 80}, split: {folds: 4, fold: 1}}\n") == []
    sweep = "sweep: {search: {fit.epochs: {int: [1, 3]}}, goal: {minimize: val_loss}, trials: 2}\n"
    assert found(start=START + sweep) == ["KS643"]


def test_there_must_be_data():
    assert found(start="kspec: 1\n") == ["KS643"]


def test_states():
    network = NETWORK.replace("[5, 4]", "[5, 4], batch_size: 8")
    layers = "  - Bidirectional: {layer: {LSTM: {units: 3, stateful: true, return_sequences: true}}}\n"
    start = "kspec: 1\ndata: {synthetic: {examples: 80}, split: {validation: 0.2}}\n"
    assert found(layers, "workers: 2, shuffle: false, batch_size: 8", start, network) == ["KS643", "KS643"]


@pytest.mark.parametrize(
    "layers",
    [
        "  - op: cumsum\n    call: {axis: 0}\n",
        "  - op: flip\n    call: {axis: -3}\n",
        "  - op: subtract\n    from: [x, m]\n",
        "  - op: einsum\n    from: [a, b]\n    call: {subscripts: 'bi,cj->bc'}\n",
    ],
)
def test_combined_examples(layers):
    before = "  - op: mean\n    call: {axis: 0, keepdims: true}\n    name: m\n" if "m]" in layers else ""
    if "einsum" in layers:
        before = "  - Flatten: {}\n    name: a\n  - Flatten: {}\n    name: b\n    from: x\n"
    reported = found(before + layers)
    assert "KS644" in reported
    assert "KS644" not in found(before + layers, "epochs: 1")


@pytest.mark.parametrize(
    "layers", ["  - op: cumsum\n    call: {axis: 1}\n", "  - op: abs\n", "  - BatchNormalization\n"]
)
def test_ops_by_example(layers):
    assert found(layers) == []


def test_texts_padded_to_their_batch():
    text = "kspec: 1\ndata: {synthetic: {examples: 80}}\ninputs: {x: {shape: [1], dtype: string}}\nlayers:\n"
    text += "  - TextVectorization: {max_tokens: 9%s}\n  - Embedding: {input_dim: 9, output_dim: 2}\n"
    text += "  - GlobalAveragePooling1D\n  - Dense: {units: 1}\n    name: y\nfit: {workers: 2}\n"
    assert "KS644" in codes(check(text % ""))
    assert "KS644" not in codes(check(text % ", output_sequence_length: 5"))


def test_layers_of_ones_own():
    text = START + "extensions: [mine]\n" + NETWORK % "  - mine.Gate: {units: 4}\n"
    assert codes(check(text + "fit: {workers: 2}\n")) == ["KS645"]
    assert codes(check(text + "fit: {epochs: 2}\n")) == []
