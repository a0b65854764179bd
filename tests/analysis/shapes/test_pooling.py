"""Pooling against Keras."""

import pytest

from tests.analysis.shapes.differential import Case, compare, grid, inferred, shape_error, unknown_rank

SEQUENCES = [[(10, 4)], [(None, 4)], [(3, None)], [(1, 2)], [(10,)], [(4, 4, 4)]]
IMAGES = [[(8, 9, 4)], [(None, 9, 4)], [(None, None, None)], [(1, 9, 4)], [(8, 9)]]
VOLUMES = [[(6, 7, 8, 4)], [(None, 7, 8, 2)], [(1, 7, 8, 2)], [(6, 7, 8)]]
INPUTS = {1: SEQUENCES, 2: IMAGES, 3: VOLUMES}
FIRST = {1: [[(4, 10)], [(4, None)], [(10,)]], 2: [[(4, 8, 9)], [(4, 8, 1)]], 3: [[(2, 5, 6, 7)], [(2, None, 6, 7)]]}
UNEVEN = {1: [3], 2: [2, 3], 3: [1, 2, 3]}

POOLING = [
    case
    for count in (1, 2, 3)
    for case in [
        *grid(f"MaxPooling{count}D", INPUTS[count], pool_size=[..., 3, UNEVEN[count]], padding=[..., "same"]),
        *grid(f"AveragePooling{count}D", INPUTS[count], pool_size=[2], strides=[..., 1, 3], padding=[..., "same"]),
        *grid(f"MaxPooling{count}D", FIRST[count], data_format=["channels_first"], strides=[..., UNEVEN[count]]),
        *grid(f"AveragePooling{count}D", FIRST[count], pool_size=[3], data_format=["channels_first"]),
        *grid(f"GlobalMaxPooling{count}D", INPUTS[count], keepdims=[..., True]),
        *grid(f"GlobalAveragePooling{count}D", INPUTS[count], keepdims=[..., True]),
        *grid(f"GlobalMaxPooling{count}D", FIRST[count], keepdims=[..., True], data_format=["channels_first"]),
        *grid(f"GlobalAveragePooling{count}D", FIRST[count], keepdims=[..., True], data_format=["channels_first"]),
        *grid(f"AdaptiveMaxPooling{count}D", INPUTS[count][:1], output_size=[1, UNEVEN[count]]),
        *grid(f"AdaptiveAveragePooling{count}D", INPUTS[count][:1], output_size=[4, UNEVEN[count]]),
        *grid(f"AdaptiveMaxPooling{count}D", FIRST[count][:1], output_size=[2], data_format=["channels_first"]),
        *grid(f"AdaptiveAveragePooling{count}D", FIRST[count][:1], output_size=[2], data_format=["channels_first"]),
    ]
]
DTYPES = [
    *grid("MaxPooling2D", [[((8, 8, 3), "int32")], [((8, 8, 3), "float16")]], dtype=[..., "float16", "mixed_bfloat16"]),
    *grid("GlobalAveragePooling1D", [[((8, 3), "int32")], [((8, 3), "bool")]], dtype=[..., "float16"]),
    *grid("AdaptiveMaxPooling1D", [[((8, 3), "int32")]], output_size=[2], dtype=[..., "float16"]),
]
STATED = [
    Case("MaxPooling2D", {"pool_size": 4}, [(3, 8, 1)], code="KS303"),
    Case("AveragePooling1D", {"pool_size": 4}, [(3, 8)], code="KS303"),
    Case("MaxPooling2D", {}, [(8, 8)], code="KS301"),
    Case("GlobalMaxPooling2D", {}, [(8,)], code="KS301"),
]
ON_DATA = [
    Case("AdaptiveAveragePooling1D", {"output_size": 2}, [(8, 8, 3)], code="KS301", late=True),
    Case("AdaptiveAveragePooling3D", {"output_size": 2}, [(8, 8, 3)], code="KS301", late=True),
    Case("MaxPooling1D", {}, [((8, 3), "string")], code="KS301", late=True),
    Case("GlobalMaxPooling1D", {}, [((8, 3), "string")], code="KS301", late=True),
]
MISSES = [
    Case("AdaptiveMaxPooling2D", {"output_size": 2}, [(8, 8)]),  # Keras states another rank than it gives
    Case("AdaptiveMaxPooling1D", {"output_size": 2}, [(None, 3)], miss="Keras refuses it when `fit` traces it"),
    Case("AdaptiveAveragePooling2D", {"output_size": 2}, [(None, 8, 3)], miss="Keras refuses it when `fit` traces it"),
]


@pytest.mark.parametrize("case", [*POOLING, *DTYPES, *STATED, *ON_DATA, *MISSES], ids=str)
def test_as_keras(case):
    compare(case)


@pytest.mark.parametrize("name", ["MaxPooling2D", "GlobalAveragePooling1D", "AdaptiveMaxPooling3D"])
def test_an_unknown_rank_is_kept(name):
    found = unknown_rank(Case(name, {"output_size": 2} if "Adaptive" in name else {}, [(4, 4)]))
    assert found.outputs[0].shape is None
    assert found.weights == []


def test_messages():
    error = shape_error(Case("MaxPooling2D", {"pool_size": 4}, [(3, 8, 1)]))
    assert error.message == "cannot fit a window of 4 by 4 into an input of 3 by 8"
    assert error.argument == "pool_size"


def test_operations():
    assert inferred(Case("MaxPooling2D", {}, [(8, 8, 3)])).flops == 4 * 4 * 3 * 4
    assert inferred(Case("GlobalMaxPooling1D", {}, [(8, 3)])).flops == 24
    assert inferred(Case("GlobalMaxPooling1D", {}, [(None, 3)])).flops is None
