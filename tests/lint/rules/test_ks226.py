"""KS226: a layer that must adapt, in a sub-model."""

import pytest

from tests.lint.rules.helpers import check, codes


def with_layer(layer, inputs="{shape: [4]}"):
    return (
        f"kspec: 1\ninputs: {{x: {inputs}}}\nmodels:\n  inner:\n    inputs: {{v: {inputs}}}\n    layers:\n      - {layer}\n"
        "layers:\n  - model: inner\n  - Dense: {units: 1}\n"
    )


@pytest.mark.parametrize("layer", ["Normalization", "Discretization: {num_bins: 3}"])
def test_is_reported(layer):
    assert codes(check(with_layer(layer))) == ["KS226"]


@pytest.mark.parametrize(
    "layer",
    ["Normalization: {mean: 0.0, variance: 1.0}", "Discretization: {bin_boundaries: [1.0, 2.0]}", "BatchNormalization"],
)
def test_layers_that_need_no_data(layer):
    assert check(with_layer(layer)) == []


def test_in_the_spec_s_own_network():
    assert check("kspec: 1\ninputs: {x: {shape: [4]}}\nlayers:\n  - Normalization\n  - Dense: {units: 1}\n") == []
