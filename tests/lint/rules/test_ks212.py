"""KS212: layers with weights, sub-models and outputs that depend on no input."""

import pytest

from tests.lint.rules.helpers import check

HEAD = "kspec: 1\ntask: regression\ninputs: {x: {shape: [3]}}\nlayers:\n"
CONSTANT = "  - op: ones\n    from: []\n    call: {shape: [1, 3]}\n    name: one\n"
TAIL = "  - Add:\n    from: [x, part]\n  - Dense: {units: 1}\n"


def errors(text):
    return [(each.code, each.span.line) for each in check(text) if each.is_error]


@pytest.mark.parametrize(
    "layers",
    [
        "  - Dense: {units: 3}\n    name: part\n",
        "  - op: tanh\n    name: t\n  - Dense: {units: 3}\n    name: part\n",
        "  - LayerNormalization: {}\n    name: part\n",
        "  - Dense: {units: 3}\n    name: part\n    trainable: false\n",
    ],
)
def test_a_layer_of_constants(layers):
    (found,) = errors(HEAD + CONSTANT + layers + TAIL)
    assert found == ("KS212", 9 + layers.count("op: tanh") * 2)


def test_a_table_of_positions():
    text = (
        "kspec: 1\ntask: regression\ninputs: {x: {shape: [4, 3]}}\nlayers:\n"
        "  - op: arange\n    from: []\n    call: {start: 0, stop: 4}\n"
        "  - Embedding: {input_dim: 4, output_dim: 3}\n    name: place\n"
        "  - op: add\n    from: [x, place]\n  - Flatten\n  - Dense: {units: 1}\n"
    )
    assert errors(text) == [("KS212", 8)]


def test_another_call_of_a_layer():
    layers = "  - Dense: {units: 3}\n    from: x\n    name: first\n  - reuse: first\n    from: one\n    name: part\n"
    text = HEAD + CONSTANT + layers + "  - Add:\n    from: [first, part]\n  - Dense: {units: 1}\n"
    assert errors(text) == [("KS212", 12)]


def test_a_sub_model_of_constants():
    text = (
        "kspec: 1\ntask: regression\nmodels:\n  inner: {inputs: {y: {shape: [3]}}, layers: [{Dense: {units: 3}}]}\n"
        "inputs: {x: {shape: [3]}}\nlayers:\n" + CONSTANT + "  - model: inner\n    name: part\n" + TAIL
    )
    assert errors(text) == [("KS212", 11)]


def test_constants_within_a_sub_model():
    inner = "{inputs: {y: {shape: [3]}}, layers: [{op: ones, from: [], call: {shape: [1, 3]}}, {Dense: {units: 3}, name: d},"
    inner += " {Add: , from: [y, d]}]}"
    text = f"kspec: 1\ntask: regression\nmodels:\n  inner: {inner}\n"
    text += "inputs: {x: {shape: [3]}}\nlayers:\n  - model: inner\n  - Dense: {units: 1}\n"
    assert errors(text) == [("KS212", 4)]


def test_an_output():
    text = HEAD + CONSTANT + "  - Dense: {units: 1}\n    from: x\n    name: y\noutputs: [y, one]\n"
    assert errors(text) == [("KS212", 5)]


def test_a_constant_beside_an_input():
    layers = "  - op: add\n    from: [x, one]\n    name: part\n  - Rescaling: {scale: 2.0}\n    from: one\n"
    assert (
        errors(HEAD + CONSTANT + layers + "    name: twice\n  - Add:\n    from: [part, twice]\n  - Dense: {units: 1}\n")
        == []
    )
