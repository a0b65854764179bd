"""Calls each op on symbolic tensors as its entry states.

Lists among the constants are passed as tuples, and `array`s as NumPy arrays: some ops fail with lists.
"""

from typing import Any

import keras
import numpy as np
import pytest
from keras import KerasTensor

from kspec.backend.keras_objects import keras_class
from kspec.catalog import Entry, find, names
from tests.catalog.samples import sample

SHAPES: dict[str, list[tuple[int, ...]]] = {
    "adaptive_average_pool": [(2, 8, 8, 3)],
    "adaptive_max_pool": [(2, 8, 8, 3)],
    "average_pool": [(2, 8, 8, 3)],
    "batch_normalization": [(4, 4), (4,), (4,), (4,), (4,)],
    "bincount": [(4,)],
    "binary_crossentropy": [(4, 4), (4, 4)],
    "conv": [(2, 8, 8, 3), (3, 3, 3, 4)],
    "conv_transpose": [(2, 8, 8, 3), (3, 3, 4, 3)],
    "correlate": [(4,), (4,)],
    "cross": [(4, 3), (4, 3)],
    "ctc_decode": [(2, 4, 5), (2,)],
    "ctc_loss": [(2, 3), (2, 4, 5), (2,), (2,)],
    "depth_to_space": [(2, 4, 4, 8)],
    "depthwise_conv": [(2, 8, 8, 3), (3, 3, 3, 2)],
    "digitize": [(4, 4), (3,)],
    "dot_product_attention": [(2, 4, 2, 3), (2, 4, 2, 3), (2, 4, 2, 3), (2, 2, 4, 4), (2, 2, 4, 4)],
    "dsplit": [(4, 4, 4)],
    "fold": [(2, 12, 4)],
    **{
        f"image.{name}": [(2, 8, 8, 3)]
        for name in (
            *("crop_images", "elastic_transform", "extract_patches", "gaussian_blur", "hsv_to_rgb", "pad_images"),
            *("resize", "rgb_to_grayscale", "rgb_to_hsv", "sobel_edges"),
        )
    },
    "image.affine_transform": [(2, 8, 8, 3), (8,)],
    "image.extract_patches_3d": [(2, 8, 8, 8, 3)],
    "image.map_coordinates": [(2, 8), (2, 5)],
    "image.perspective_transform": [(2, 8, 8, 3), (4, 2), (4, 2)],
    "image.scale_and_translate": [(2, 8, 8, 3), (2,), (2,)],
    "image.ssim": [(2, 16, 16, 3), (2, 16, 16, 3)],
    "in_top_k": [(4,), (4, 5)],
    "layer_normalization": [(4, 4), (4,), (4,)],
    "max_pool": [(2, 8, 8, 3)],
    "rms_normalization": [(4, 4), (4,)],
    "searchsorted": [(4,), (4,)],
    "segment_max": [(4, 4), (4,)],
    "segment_min": [(4, 4), (4,)],
    "segment_prod": [(4, 4), (4,)],
    "segment_sum": [(4, 4), (4,)],
    "separable_conv": [(2, 8, 8, 3), (3, 3, 3, 2), (1, 1, 6, 4)],
    "space_to_depth": [(2, 4, 4, 2)],
    "sparse_categorical_crossentropy": [(4,), (4, 5)],
    "take_along_axis": [(16,), (4,)],
    "unfold": [(2, 3, 4, 4)],
    "vander": [(4,)],
}
CONSTANTS: dict[str, dict[str, Any]] = {
    **{name: {"indices_or_sections": 2} for name in ("array_split", "dsplit", "hsplit", "split", "vsplit")},
    **{name: {"block_size": 2} for name in ("depth_to_space", "space_to_depth")},
    "batch_normalization": {"axis": -1},
    "expand_dims": {"axis": 0},
    "moments": {"axes": [0]},
    "swapaxes": {"axis1": 0, "axis2": 1},
    "adaptive_average_pool": {"output_size": [2, 2]},
    "adaptive_max_pool": {"output_size": [2, 2]},
    "argpartition": {"kth": 2},
    "broadcast_to": {"shape": [2, 4, 4]},
    "einsum": {"subscripts": "ab,bc->ac"},
    "fold": {"output_size": [4, 4], "kernel_size": 2, "stride": 2},
    "get_item": {"key": 0},
    "image.crop_images": {"top_cropping": 1, "target_height": 4, "left_cropping": 2, "right_cropping": 2},
    "image.pad_images": {"top_padding": 1, "target_height": 12, "left_padding": 2, "right_padding": 2},
    "image.extract_patches": {"size": 4},
    "image.extract_patches_3d": {"size": [4, 4, 4]},
    "image.resize": {"size": [4, 6]},
    "image.scale_and_translate": {"output_shape": [2, 4, 6, 3], "spatial_dims": [1, 2], "method": "cubic"},
    "moveaxis": {"source": 0, "destination": 1},
    "pad": {"pad_width": [[1, 1], [1, 1]]},
    "rearrange": {"pattern": "a b -> b a"},
    "reshape": {"newshape": [2, 8]},
    "scatter": {"shape": [4, 4]},
    "slice": {"start_indices": [0, 0], "shape": [2, 2]},
    "slice_update": {"start_indices": [0, 0]},
    "top_k": {"k": 2},
    "transpose": {"axes": [1, 0]},
    "unravel_index": {"shape": [4, 4]},
}
SCALAR_OPERANDS = {
    *("add", "subtract", "multiply", "divide", "true_divide", "floor_divide", "power", "maximum", "minimum", "mod"),
    *("greater", "greater_equal", "less", "less_equal", "equal", "not_equal"),
}
INTEGERS = {"bincount", "ctc_loss", "gcd", "lcm", "multi_hot", "one_hot", "in_top_k"}


def call(entry: Entry, every_tensor: bool = False, **arguments: Any) -> Any:
    """Calls an op as a spec would: tensors by name in their form, constants by name, lists as tuples."""
    shapes = SHAPES.get(entry.name, [(4, 4)] * 5)
    dtype = dtype_of(entry.name)
    before: list[Any] = []
    operands: list[Any] = []
    named: dict[str, Any] = {}
    for tensor, shape in zip(entry.tensors, shapes, strict=False):
        symbol = KerasTensor(shape, dtype)
        if tensor.name in arguments or not (tensor.required or every_tensor):
            continue
        if tensor.form == "spread":
            operands = [symbol, symbol]
        else:
            named[tensor.name] = (symbol, symbol) if tensor.form == "list" else symbol
    constants = {**CONSTANTS.get(entry.name, {}), **arguments}
    for name, parameter in entry.constants.items():
        if parameter.required or name in constants:
            value = constants[name] if name in constants else sample(parameter)
            value = tuple(value) if isinstance(value, list) else value
            if operands and parameter.required:
                before.append(value)
            else:
                named[name] = value
    return keras_class(entry.path)(*before, *operands, **named)


def dtype_of(name: str) -> str:
    return "int32" if name in INTEGERS or "bitwise" in name or "shift" in name else "float32"


def symbols(output: Any) -> list[Any]:
    return [part for part in keras.tree.flatten(output) if isinstance(part, KerasTensor)]


@pytest.mark.parametrize("name", names("op"))
def test_an_op_takes_its_tensors_and_constants(name):
    entry = find("op", name)
    assert entry is not None
    output = call(entry)
    if entry.tensors:
        assert symbols(output)
    if any(not tensor.required for tensor in entry.tensors) and name != "select":
        assert symbols(call(entry, every_tensor=True))


EITHER = [
    (name, tensor.name)
    for name in names("op")
    for tensor in find("op", name).tensors
    if tensor.name in find("op", name).constants
]


@pytest.mark.parametrize(("name", "argument"), EITHER)
def test_a_tensor_may_be_a_constant_instead(name, argument):
    entry = find("op", name)
    place = [tensor.name for tensor in entry.tensors].index(argument)
    shape = SHAPES.get(name, [(4, 4)] * 5)[place]
    output = call(entry, every_tensor=True, **{argument: np.ones(shape, dtype_of(name))})
    assert symbols(output) if len(entry.tensors) > 1 else keras.ops.is_tensor(output)
    if name in SCALAR_OPERANDS:
        assert symbols(call(entry, **{argument: 2}))


def test_every_public_op_is_there():
    public = {name for name in dir(keras.ops) if not name.startswith("_") and callable(getattr(keras.ops, name))}
    pictures = {f"image.{name}" for name in dir(keras.ops.image) if not name.startswith("_")}
    assert len(public) >= 300
    assert len(pictures) >= 16
    for name in public | pictures:
        entry = find("op", name)
        assert entry is not None, name
        assert name in (entry.name, *entry.aliases)
