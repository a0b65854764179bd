"""Layers that move, repeat, cut or pad, against Keras."""

import pytest

from tests.analysis.shapes.differential import Case, compare, grid, shape_error, unknown_rank

KINDS = [[((4, 6), "float32")], [((4, 6), "int32")], [((4, 6), "string")], [((4, 6), "float16")], [((4, 6), "bool")]]

FLAT = [
    *grid(
        "Flatten", [*KINDS, [(3,)], [()], [(2, 3, 4)], [(None, 3)], [(2, None)]], data_format=[..., "channels_first"]
    ),
    *grid("Flatten", KINDS, dtype=["float16", "mixed_bfloat16"]),
]
RESHAPED = [
    *grid("Reshape", KINDS, target_shape=[[24], [-1], [2, -1], [3, 8], [2, 3, 4], [5, -1], [25], [-1, 5]]),
    *grid("Reshape", [[(None, 6)], [(2, None)]], target_shape=[[24], [-1], [2, -1], [3, 8]]),
    *grid(
        "Reshape", [[(4, 6)], [()], [(1,)]], target_shape=[[-1, -1], [-2, 3], [], [1], [-1], [None, 6], [0, -1], [0]]
    ),
    *grid("Reshape", [[(4, 6)]], target_shape=[[None, -1], [4, None], [None]]),
    *grid("Permute", [*KINDS, [(None, 3)], [(3,)], [(2, 3, 4)]], dims=[[2, 1], [1, 2], [1], [3, 1, 2], [1, 1], [0, 1]]),
    *grid("RepeatVector", [[(4,)], [(None,)], [((4,), "int32")], [(4, 2)], [()]], n=[1, 3], dtype=[..., "float16"]),
]
SEQUENCES = [[(10, 4)], [(None, 4)], [(3, None)], [(10,)], [(4, 4, 4)], [((8, 2), "int32")]]
IMAGES = [[(8, 9, 4)], [(None, 9, 4)], [(None, None, None)], [(3, 9, 4)], [(8, 9)], [(5, 5, 2, 2)]]
VOLUMES = [[(6, 7, 8, 4)], [(None, 7, 8, 2)], [(3, 7, 8, 2)], [(6, 7, 8)]]
INPUTS = {1: SEQUENCES, 2: IMAGES, 3: VOLUMES}
ENDS = {
    1: [0, 1, 2, [1, 0], [0, 2]],
    2: [0, 1, 2, [1, 0], [[0, 1], [2, 3]]],
    3: [1, [1, 0, 2], [[0, 1], [2, 3], [0, 0]]],
}
SIZES = {1: [1, 3], 2: [..., 3, [1, 4]], 3: [..., 3, [1, 2, 3]]}
MOVED = [
    case
    for count in (1, 2, 3)
    for case in [
        *grid(f"Cropping{count}D", INPUTS[count], cropping=[..., *ENDS[count], 4]),
        *grid(f"ZeroPadding{count}D", INPUTS[count], padding=[..., *ENDS[count]]),
        *grid(f"UpSampling{count}D", INPUTS[count], size=SIZES[count]),
    ]
]
FIRST = [
    *grid(
        "Cropping2D", [[(4, 8, 9)], [(4, 3, None)]], cropping=[1, 2, [[0, 1], [2, 3]]], data_format=["channels_first"]
    ),
    *grid("Cropping3D", [[(4, 8, 9, 7)]], cropping=[1, 4, [[0, 1], [2, 3], [1, 1]]], data_format=["channels_first"]),
    *grid("ZeroPadding1D", [[(4, 8)], [(4, None)]], padding=[1, [2, 3]], data_format=["channels_first"]),
    *grid(
        "ZeroPadding2D", [[(4, 8, 9)], [(4, 3, None)]], padding=[1, [[0, 1], [2, 3]]], data_format=["channels_first"]
    ),
    *grid("ZeroPadding3D", [[(4, 8, 9, 7)]], padding=[..., [1, 2, 3]], data_format=["channels_first"]),
    *grid("UpSampling2D", [[(4, 8, 9)]], size=[..., [1, 3]], data_format=["channels_first"]),
    *grid("UpSampling2D", [[(4, 8, 9)]], interpolation=["bilinear", "bicubic"]),
    *grid("UpSampling3D", [[(4, 8, 9, 7)]], size=[..., [1, 3, 2]], data_format=["channels_first"]),
]
STATED = [
    Case("Cropping2D", {"cropping": 4}, [(8, 9, 1)], code="KS303"),
    Case("Reshape", {"target_shape": [5, 5]}, [(4, 6)], code="KS301"),
    Case("Reshape", {"target_shape": [-1, -1]}, [(4, 6)], code="KS302"),
    Case("Permute", {"dims": [1, 1]}, [(4, 6)], code="KS302"),
    Case("Permute", {"dims": [1, 2]}, [(4,)], code="KS301"),
    Case("RepeatVector", {"n": 3}, [(4, 2)], code="KS301"),
]


@pytest.mark.parametrize("case", [*FLAT, *RESHAPED, *MOVED, *FIRST, *STATED], ids=str)
def test_as_keras(case):
    compare(case)


def test_unknown_rank():
    assert unknown_rank(Case("Flatten", {}, [(4,)])).outputs[0].shape is None
    assert unknown_rank(Case("Reshape", {"target_shape": [2, -1]}, [(4,)])).outputs[0].shape == (None, 2, None)
    assert unknown_rank(Case("Permute", {"dims": [2, 1]}, [(4,)])).outputs[0].shape == (None, None, None)
    assert unknown_rank(Case("RepeatVector", {"n": 5}, [(4,)])).outputs[0].shape == (None, 5, None)
    assert unknown_rank(Case("UpSampling2D", {}, [(4,)])).outputs[0].shape is None


def test_messages():
    error = shape_error(Case("Reshape", {"target_shape": [5, 5]}, [(4, 6)]))
    assert error.message == (
        "cannot reshape (null, 4, 6), 24 values per example, to `target_shape: [5, 5]`, which holds 25"
    )
    error = shape_error(Case("Cropping2D", {"cropping": 4}, [(8, 9, 1)]))
    assert error.message == "crops 8 by 8 off an input of 8 by 9, which leaves nothing"
    assert "(null, features)" in shape_error(Case("RepeatVector", {"n": 3}, [(4, 2)])).message
