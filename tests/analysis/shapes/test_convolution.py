"""Convolutions against Keras."""

import pytest

from kspec.catalog import names
from tests.analysis.shapes.differential import Case, compare, grid, inferred, shape_error, unknown_rank

SEQUENCES = [[(10, 4)], [(None, 4)], [(3, 2)], [(10,)], [(4, 4, 4)], [(10, None)]]
IMAGES = [[(8, 9, 4)], [(None, 9, 4)], [(None, None, 2)], [(2, 9, 4)], [(8, 9)], [(8, 9, 4, 4)], [(8, 8, None)]]
VOLUMES = [[(6, 7, 8, 4)], [(None, 7, 8, 2)], [(2, 7, 8, 2)], [(6, 7, 8)]]
FIRST = [[(4, 8, 9)], [(4, None, 9)], [(None, 8, 8)], [(8, 9)]]

PLAIN = [
    *grid("Conv1D", SEQUENCES, filters=[6], kernel_size=[1, 3], padding=[..., "same", "causal"], strides=[..., 2]),
    *grid("Conv1D", SEQUENCES[:3], filters=[6], kernel_size=[3], padding=["valid", "causal"], dilation_rate=[[3]]),
    *grid("Conv2D", IMAGES, filters=[6], kernel_size=[3, [1, 5]], padding=[..., "same"], strides=[..., 2, [1, 3]]),
    *grid("Conv2D", IMAGES[:4], filters=[6], kernel_size=[3], padding=[..., "same"], dilation_rate=[2, [1, 4]]),
    *grid("Conv2D", FIRST, filters=[6], kernel_size=[3], data_format=["channels_first"], padding=[..., "same"]),
    *grid("Conv2D", IMAGES[:1], filters=[6, 8], kernel_size=[3], groups=[2, 3, 4, 5], use_bias=[..., False]),
    *grid("Conv3D", VOLUMES, filters=[4], kernel_size=[3, [1, 2, 3]], padding=[..., "same"], strides=[..., 2]),
    *grid("Conv3D", [[(2, 6, 7, 8)]], filters=[4], kernel_size=[3], data_format=["channels_first"], groups=[..., 2]),
    *grid("Conv2D", [[((8, 8, 1), "int32")]], filters=[4], kernel_size=[3], dtype=[..., "float16", "mixed_float16"]),
    *grid("Conv2D", [[(8, 8, 2)]], filters=[4], kernel_size=[3], strides=[2], dilation_rate=[2, 1]),
]

DEPTHWISE = [
    *grid("DepthwiseConv1D", SEQUENCES, kernel_size=[3], padding=[..., "same"], strides=[..., 2]),
    *grid("DepthwiseConv1D", SEQUENCES[:2], kernel_size=[3], depth_multiplier=[2], dilation_rate=[..., 2]),
    *grid("DepthwiseConv2D", IMAGES, kernel_size=[3], padding=[..., "same"], strides=[..., 2], use_bias=[..., False]),
    *grid("DepthwiseConv2D", IMAGES[:3], kernel_size=[3], depth_multiplier=[2], dilation_rate=[..., 2]),
    *grid("DepthwiseConv2D", FIRST, kernel_size=[3], data_format=["channels_first"], depth_multiplier=[..., 2]),
    *grid("SeparableConv1D", SEQUENCES, filters=[6], kernel_size=[3], padding=[..., "same"], strides=[..., 2]),
    *grid("SeparableConv1D", SEQUENCES[:2], filters=[6], kernel_size=[3], depth_multiplier=[2], dilation_rate=[..., 2]),
    *grid("SeparableConv2D", IMAGES, filters=[6], kernel_size=[3], padding=[..., "same"], strides=[..., 2]),
    *grid("SeparableConv2D", IMAGES[:3], filters=[6], kernel_size=[3], depth_multiplier=[2], dilation_rate=[..., 2]),
    *grid("DepthwiseConv2D", IMAGES[:1], kernel_size=[3], strides=[[1, 2]]),
    *grid("SeparableConv2D", FIRST, filters=[6], kernel_size=[3], data_format=["channels_first"]),
]

TRANSPOSED = [
    *grid("Conv1DTranspose", SEQUENCES, filters=[6], kernel_size=[1, 4], padding=[..., "same"], strides=[..., 2]),
    *grid(
        "Conv1DTranspose", SEQUENCES[:2], filters=[6], kernel_size=[3, 4], strides=[3], padding=[..., "same"],
        output_padding=[0, 1, [2], 3],
    ),
    *grid("Conv2DTranspose", IMAGES, filters=[6], kernel_size=[3], padding=[..., "same"], strides=[..., 2, [1, 3]]),
    *grid(
        "Conv2DTranspose", IMAGES[:2], filters=[6], kernel_size=[[3, 4]], strides=[2], padding=[..., "same"],
        output_padding=[0, 1, [1, 0], [1, 2]], use_bias=[..., False],
    ),
    *grid("Conv2DTranspose", IMAGES[:2], filters=[6], kernel_size=[3], dilation_rate=[2], padding=[..., "same"]),
    *grid("Conv2DTranspose", FIRST, filters=[6], kernel_size=[3], strides=[2], data_format=["channels_first"]),
    *grid("Conv3DTranspose", VOLUMES, filters=[4], kernel_size=[3, [1, 2, 3]], padding=[..., "same"], strides=[..., 2]),
    *grid("Conv3DTranspose", VOLUMES[:1], filters=[4], kernel_size=[3], strides=[2], output_padding=[1, [0, 1, 1]]),
    Case("Conv2DTranspose", {"filters": 2, "kernel_size": 3, "strides": 2, "dilation_rate": 2}, [(4, 4, 1)], code="KS302"),
]  # fmt: skip

STATED = [
    Case("Conv2D", {"filters": 4, "kernel_size": 5}, [(3, 8, 1)], code="KS303"),
    Case("Conv1D", {"filters": 4, "kernel_size": 3, "dilation_rate": 4}, [(8, 1)], code="KS303"),
    Case("SeparableConv2D", {"filters": 4, "kernel_size": 5}, [(8, 3, 1)], code="KS303"),
    Case("DepthwiseConv2D", {"kernel_size": 5}, [(8, 3, 1)], code="KS303"),
    Case("Conv2D", {"filters": 4, "kernel_size": 3}, [(8, 8)], code="KS301"),
    Case("Conv2D", {"filters": 4, "kernel_size": 3, "groups": 3}, [(8, 8, 3)], code="KS302"),
    Case("Conv2D", {"filters": 4, "kernel_size": 3, "groups": 2}, [(8, 8, 3)], code="KS301"),
    Case("Conv2D", {"filters": 4, "kernel_size": 3, "strides": 2, "dilation_rate": 2}, [(8, 8, 3)], code="KS302"),
    Case("Conv2DTranspose", {"filters": 4, "kernel_size": 3, "strides": 2, "output_padding": 2}, [(8, 8, 3)], code="KS302"),
    Case("Conv2D", {"filters": {"classes_of": "y"}, "kernel_size": 3}, [(8, 8, 3)], code=""),
]  # fmt: skip

ON_DATA = [
    Case("Conv2D", {"filters": 4, "kernel_size": 3}, [((8, 8, 3), "string")], code="KS301", late=True),
    *[
        Case(f"Conv{n}DTranspose", {"filters": 2, "kernel_size": 2, "strides": 2, "output_padding": 0, "padding": "same"},
             [(*[5] * n, 3)], code="KS302", late=True)
        for n in (1, 2, 3)
    ],
    Case("DepthwiseConv2D", {"kernel_size": 3, "strides": [1, 2]}, [(8, 8, 3)], code="KS302", late=True),
    Case("DepthwiseConv2D", {"kernel_size": 3, "strides": [1, 2], "dilation_rate": 2}, [(8, 8, 3)], code=""),
    Case("SeparableConv2D", {"filters": 2, "kernel_size": 3, "strides": [2, 1]}, [(8, 8, 3)], code="KS302", late=True),
]  # fmt: skip


@pytest.mark.parametrize("case", [*PLAIN, *DEPTHWISE, *TRANSPOSED, *STATED, *ON_DATA], ids=str)
def test_as_keras(case):
    compare(case)


@pytest.mark.parametrize("name", [n for n in names("layer") if "Conv" in n and "LSTM" not in n])
def test_an_unknown_rank_is_kept(name):
    case = Case(name, {"kernel_size": 3, **({} if "Depthwise" in name else {"filters": 2})}, [(4, 4)])
    found = unknown_rank(case)
    assert found.outputs[0].shape is None
    assert found.weights is None


@pytest.mark.parametrize(
    ("name", "shape", "error"),
    [
        (
            "Conv2D",
            (64, 64),
            "add a channel axis: `shape: [64, 64, 1]`, or insert `Reshape: {target_shape: [64, 64, 1]}`",
        ),
        ("Conv2D", (None, 64), "add a channel axis: `shape: [null, 64, 1]`"),
        ("Conv1D", (10,), "add a channel axis: `shape: [10, 1]`"),
        ("Conv1D", (8, 8, 3), "use `Conv2D`"),
        ("Conv2D", (10,), "give the input a shape such as [28, 28, 1]"),
        ("SeparableConv2D", (8, 8, 8, 3), "insert `Reshape: {target_shape: [height, width, channels]}`"),
        ("Conv3D", (8, 3), "use `Conv1D`"),
    ],
)
def test_the_wrong_rank_names_a_fix(name, shape, error):
    raised = shape_error(Case(name, {"kernel_size": 3, "filters": 2}, [shape]))
    assert "-dimensional input" in raised.message
    assert error in raised.help


def test_messages():
    raised = shape_error(Case("Conv2D", {"filters": 4, "kernel_size": 3}, [(10,)]))
    assert raised.message == "expects 4-dimensional input (null, height, width, channels), got (null, 10)"
    raised = shape_error(Case("Conv2D", {"filters": 4, "kernel_size": 5}, [(3, 8, 1)]))
    assert raised.message == "cannot fit a kernel of 5 by 5 into an input of 3 by 8"
    assert raised.argument == "kernel_size"
    assert "`padding: same`" in raised.help


@pytest.mark.parametrize(
    ("case", "flops"),
    [
        (Case("Conv2D", {"filters": 4, "kernel_size": 3}, [(8, 8, 2)]), 6 * 6 * 4 * (2 * 3 * 3 * 2 + 1)),
        (Case("Conv2D", {"filters": 4, "kernel_size": 3, "groups": 2}, [(8, 8, 2)]), 6 * 6 * 4 * (2 * 3 * 3 + 1)),
        (Case("Conv2D", {"filters": 4, "kernel_size": 3}, [(None, 8, 2)]), None),
        (Case("DepthwiseConv2D", {"kernel_size": 3, "use_bias": False}, [(8, 8, 2)]), 6 * 6 * 2 * 2 * 9),
        (
            Case("SeparableConv1D", {"filters": 5, "kernel_size": 3, "use_bias": False}, [(8, 2)]),
            6 * 2 * 2 * 3 + 6 * 5 * 2 * 2,
        ),
        (Case("Conv1DTranspose", {"filters": 5, "kernel_size": 3, "use_bias": False}, [(8, 2)]), 2 * 8 * 3 * 2 * 5),
    ],
    ids=str,
)
def test_operations(case, flops):
    assert inferred(case).flops == flops
