"""Activation layers, and layers that act only in training, against Keras."""

import pytest

from tests.analysis.shapes.differential import Case, compare, grid, inferred, shape_error, unknown_rank

INPUTS = [[(8,)], [(3, 8)], [(4, None, 8)], [()], [((8,), "int32")], [((8,), "float16")]]
DTYPES = [..., "float16", "mixed_bfloat16"]

ACTIVATIONS = [
    *grid("Activation", INPUTS, activation=["relu", "softmax", "sigmoid", "gelu"], dtype=DTYPES),
    *grid("ReLU", INPUTS, max_value=[..., 6.0], dtype=DTYPES),
    *grid("LeakyReLU", INPUTS, negative_slope=[..., 0.1]),
    *grid("ELU", INPUTS, alpha=[..., 0.5]),
    *grid("Softmax", INPUTS[:3], axis=[..., 1, [-1]]),
    *grid("Softmax", [[(3, 8)]], axis=[[1, 2], -2, [-1, -2]]),
    Case("Softmax", {}, {"inputs": (3, 8), "mask": ((3, 8), "bool")}, code=""),
]
SLOPES = [
    *grid("PReLU", INPUTS, dtype=DTYPES),
    *grid("PReLU", [[(3, 8)], [(4, 5, 6)], [(None, 5, 6)]], shared_axes=[..., 1, [1], [1, 2], [2], [1, 2, 3], 4]),
]
TRAINING = [
    *grid("Dropout", INPUTS, rate=[0.0, 0.5], dtype=DTYPES),
    *grid(
        "Dropout", [[(3, 8)]], rate=[0.5], noise_shape=[[None, 1, 8], [None, 3, 1], [None, None, None], [None, 0, 8]]
    ),
    *grid("Dropout", [[(3, 8)]], rate=[0.5], noise_shape=[[8], [1], [1, 8], [2, 1, 8]]),
    *grid("AlphaDropout", INPUTS, rate=[0.5], dtype=DTYPES),
    *grid("GaussianDropout", INPUTS, rate=[0.5], dtype=DTYPES),
    *grid("GaussianNoise", INPUTS, stddev=[0.5, 0.0, 1.5], dtype=DTYPES),
    *grid("ActivityRegularization", INPUTS, l1=[0.1], dtype=DTYPES),
    *grid("SpatialDropout1D", [[(3, 8)], [(None, 8)], [(8,)], [(3, 8, 8)]], rate=[0.2], dtype=DTYPES),
    *grid("SpatialDropout2D", [[(3, 8, 2)], [(None, 8, 2)], [(8, 3)]], rate=[0.2], data_format=[..., "channels_first"]),
    *grid("SpatialDropout3D", [[(3, 8, 2, 2)], [(3, 8, 2)]], rate=[0.2], data_format=[..., "channels_first"]),
]
STATED = [
    Case("PReLU", {}, [(None, 3)], code="KS301"),
    Case("PReLU", {"shared_axes": [3]}, [(4, 3)], code="KS301"),
    Case("Dropout", {"rate": 0.5, "noise_shape": [0, 1]}, [(8,)], code="KS302"),
    Case("GaussianNoise", {"stddev": 1.5}, [(8,)], code="KS302"),
    Case("SpatialDropout2D", {"rate": 0.5}, [(8, 8)], code="KS301"),
]
ON_DATA = [
    Case("Softmax", {"axis": 2}, [(8,)], code="KS301", late=True),
    Case("Softmax", {"axis": [-3, 1]}, [(8,)], code="KS301", late=True),
    Case("ReLU", {}, [((8,), "string")], code="KS301", late=True),
    Case("Activation", {"activation": "relu"}, [((8,), "string")], code="KS301", late=True),
    Case("Dropout", {"rate": 0.5, "noise_shape": [None, 4]}, [(8,)], {"training": True}, code="KS301", late=True),
    Case("AlphaDropout", {"rate": 0.5, "noise_shape": [None, 4]}, [(8,)], {"training": True}, code="KS301", late=True),
    Case("Dropout", {"rate": 0.5}, [((8,), "string")], {"training": True}, code="KS301", late=True),
]


@pytest.mark.parametrize("case", [*ACTIVATIONS, *SLOPES, *TRAINING, *STATED, *ON_DATA], ids=str)
def test_as_keras(case):
    compare(case)


@pytest.mark.parametrize("name", ["ReLU", "Softmax", "PReLU", "ActivityRegularization", "SpatialDropout1D"])
def test_an_unknown_rank_is_kept(name):
    found = unknown_rank(Case(name, {}, [(8,)]))
    assert found.outputs[0].shape is None
    assert found.weights == (None if name == "PReLU" else [])


def test_operations():
    assert inferred(Case("ReLU", {}, [(3, 8)])).flops == 24
    assert inferred(Case("ReLU", {}, [(None, 8)])).flops is None
    assert inferred(Case("Dropout", {"rate": 0.5}, [(3, 8)])).flops == 0


def test_messages():
    error = shape_error(Case("PReLU", {"shared_axes": [3]}, [(4, 3)]))
    assert error.argument == "shared_axes"
    assert error.help == "`shared_axes` range from 1 to 2; 0 is the batch"
