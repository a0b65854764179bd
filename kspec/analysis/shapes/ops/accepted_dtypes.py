"""The dtypes that ops accept: those for which TensorFlow has kernels; others only fail in training."""

from __future__ import annotations

from collections.abc import Iterable

from kspec.analysis.shapes.dtypes import is_float, kind_of, promote
from kspec.analysis.shapes.layers.accepted_dtypes import dtype_error
from kspec.analysis.shapes.ops.rule_helpers import constant_type
from kspec.analysis.shapes.types import Call, ShapeError

Accepted = tuple[str, ...]
"""Kinds of dtypes, and names of dtypes."""

ALL: Accepted = ("text", "bool", "int", "float", "complex")
NUMBERS: Accepted = ("bool", "int", "float", "complex")
REALS: Accepted = ("bool", "int", "float")
SIGNED: Accepted = ("int", "float", "complex")
QUANTITIES: Accepted = ("int", "float")
FLOATS: Accepted = ("float",)
CONTINUOUS: Accepted = ("float", "complex")
PRECISE: Accepted = ("float32", "float64")
FACTORS: Accepted = ("float32", "float64", "complex")
BITS: Accepted = ("bool", "int")
INDICES: Accepted = ("int16", "int32", "int64")
WINDOWS: Accepted = ("int8", "int16", "int32", "int64", "uint8", "uint16", "float")

GROUPS: dict[Accepted, str] = {
    ALL: (
        "add allclose append array array_split broadcast_to concatenate convert_to_tensor copy count_nonzero "
        "depth_to_space dsplit dstack empty_like equal expand_dims extract_sequences flip fliplr flipud "
        "get_item hsplit hstack imag image.crop_images image.pad_images isclose isneginf isposinf isreal "
        "moveaxis not_equal pad ravel rearrange repeat reshape roll rot90 slice space_to_depth split squeeze "
        "stack stop_gradient swapaxes tile transpose unstack vsplit vstack zeros_like"
    ),
    REALS: (
        "amax amin arctan2 argmax argmin argsort ceil cross dot_product_attention fabs floor fmax fmin "
        "greater greater_equal heaviside less less_equal logaddexp logaddexp2 max maximum median min minimum "
        "nanargmax nanargmin nancumprod nancumsum nanmax nanmin nanstd nanvar percentile quantile "
        "saturate_cast sort trunc floor_divide fmod mod isfinite isinf isnan nan_to_num"
    ),
    SIGNED: "conj conjugate einsum fold real sign unfold",
    ("int8", "int16", "int32", "int64", "float", "complex"): "negative",
    ("int32", "int64", "float", "complex"): "moments",
    ("bool", "int", "float32"): "exp2",
    QUANTITIES: "leaky_relu ptp relu relu6 round searchsorted top_k unique unravel_index",
    FLOATS: (
        "psnr adaptive_average_pool average_pool binary_crossentropy categorical_crossentropy celu "
        "depthwise_conv elu erf erfc erfinv gelu hard_sigmoid hard_silu hard_tanh image.extract_patches_3d "
        "image.hsv_to_rgb image.rgb_to_hsv image.sobel_edges log_sigmoid log_softmax logsumexp nanmedian "
        "nanpercentile nanquantile normalize selu separable_conv soft_shrink softmax softplus softsign "
        "sparse_plus sparse_sigmoid threshold"
    ),
    CONTINUOUS: "cdist glu hard_shrink reciprocal rsqrt sigmoid silu squareplus tanh_shrink",
    PRECISE: "cholesky fft fft2 ifft2 irfft istft matrix_rank pinv polar rfft stft",
    FACTORS: "cholesky_inverse det eig eigh logdet lstsq lu_factor slogdet solve solve_triangular svd",
    BITS: "bitwise_and bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor gcd left_shift right_shift",
    ("int",): "bitwise_invert bitwise_not lcm",
    WINDOWS: "adaptive_max_pool image.resize max_pool",
    ("int32", "float"): "conv conv_transpose image.extract_patches",
    ("bfloat16", "float32", "float64"): "image.gaussian_blur sparsemax",
    ("float16", "float32", "float64", "complex"): "inv qr",
    ("bool", "int", "bfloat16", "float32", "float64"): "image.ssim",
}
"""What all tensors of an op may be; those of other ops are numbers of any kind."""

BY_OP = {name: accepted for accepted, names in GROUPS.items() for name in names.split()}

BY_ARGUMENT: dict[str, dict[str, Accepted]] = {
    "batch_normalization": {"x": SIGNED, **dict.fromkeys(("mean", "variance", "offset", "scale"), CONTINUOUS)},
    "ctc_loss": dict.fromkeys(("target_length", "output_length"), ("int",)),
    "image.scale_and_translate": {"images": FLOATS},
    "in_top_k": {"targets": ("int32", "int64"), "predictions": ("float32",)},
    "ldexp": {"x1": REALS, "x2": ("int",)},
    "image.affine_transform": {"images": QUANTITIES, "transform": NUMBERS},
    "image.map_coordinates": {"inputs": NUMBERS, "coordinates": FLOATS},
    **{
        f"segment_{how}": {"data": QUANTITIES if how in ("max", "min") else SIGNED, "segment_ids": ("int32", "int64")}
        for how in ("max", "min", "prod", "sum")
    },
    "slice_update": {"start_indices": ("int32", "int64")},
    "sparse_categorical_crossentropy": {"target": NUMBERS, "output": FLOATS},
    "take": {"x": ALL, "indices": INDICES},
    "take_along_axis": {"x": ALL, "indices": NUMBERS},
    "where": {"condition": NUMBERS, "x1": ALL, "x2": ALL},
}
"""Op → by tensor argument, what it may be, where they differ."""

APART = ("condition", "indices", "start_indices", "segment_ids", "output_length", "target_length")
"""Arguments that are not combined with the others."""

_OF_ONE_DTYPE = (
    "batch_normalization binary_crossentropy categorical_crossentropy cdist conv conv_transpose "
    "depthwise_conv psnr searchsorted separable_conv slice_update solve solve_triangular"
)
OF_ONE_DTYPE = frozenset(_OF_ONE_DTYPE.split())
"""Ops whose tensors have the same dtype; no number is promoted."""

_NOT_ALL_BOOLEAN = (
    "add bitwise_and bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor cross floor_divide "
    "fmax fmin fmod gcd greater greater_equal heaviside hypot left_shift less less_equal maximum minimum "
    "mod multiply power right_shift subtract"
)
NOT_ALL_BOOLEAN = frozenset(_NOT_ALL_BOOLEAN.split())
"""Ops that accept booleans beside numbers, and not among themselves."""

NAMES: dict[Accepted, str] = {
    NUMBERS: "numbers",
    REALS: "real numbers",
    SIGNED: "numbers",
    QUANTITIES: "numbers",
    FLOATS: "floats",
    CONTINUOUS: "floats",
    PRECISE: "float32 or float64",
    FACTORS: "float32 or float64",
    BITS: "integers or booleans",
    ("int",): "integers",
    INDICES: "integers",
    WINDOWS: "floats or small integers",
    ("int32", "float"): "floats",
}


NOT_IN_GRAPHS = {
    "conv_transpose": "use the layer `Conv2DTranspose`",
    "corrcoef": "",
    "digitize": "use the layer `Discretization: {bin_boundaries: [...]}`",
    "isin": "compare with each value by `op: equal`, and join the results by `op: logical_or`",
    "kron": "use `op: einsum`",
}
"""Ops that Keras runs on TensorFlow's tensors, but not in a model: what to use instead."""


def check_op_dtypes(call: Call) -> None:
    """Check that an op can compute with the dtypes of its tensors.

    Raises:
        ShapeError: If it cannot.
    """
    name = call.entry.name
    if name in NOT_IN_GRAPHS and call.tensors and (name != "digitize" or "bins" in call.tensors):
        raise ShapeError(
            "fails within a model: Keras has no version of it for TensorFlow's graphs", help=NOT_IN_GRAPHS[name]
        )
    by_argument = BY_ARGUMENT.get(name, {})
    dtypes: list[str] = []
    for argument, tensors in call.tensors.items():
        accepted = by_argument.get(argument, BY_OP.get(name, NUMBERS))
        for tensor in tensors:
            if tensor.dtype not in accepted and kind_of(tensor.dtype) not in accepted:
                raise dtype_error(NAMES.get(accepted, _listed(accepted)), tensor.dtype)
            if argument not in APART:
                dtypes.append(tensor.dtype)
    for argument, value in call.constants.items():
        accepted = by_argument.get(argument, BY_OP.get(name, NUMBERS))
        is_operand = any(tensor.name == argument for tensor in call.entry.tensors)
        if is_operand and value is not None and "float" not in accepted and is_float(constant_type(value).dtype):
            raise dtype_error(NAMES.get(accepted, _listed(accepted)), promote(constant_type(value).dtype))
        if is_operand and value is not None and "string" in dtypes and not isinstance(value, str):
            dtypes.append(constant_type(value).dtype)
    different = sorted(set(dtypes))
    if name == "batch_normalization":
        different = sorted(
            {tensor.dtype for argument in ("mean", "variance") for tensor in call.tensors.get(argument, ())}
        )
    if name in OF_ONE_DTYPE and len(different) > 1:
        raise ShapeError(
            f"expects tensors of one dtype, got {' and '.join(different)}",
            help="convert one of them first: `op: cast` with `call: {dtype: float32}`",
        )
    if "string" in different and len(different) > 1:
        others = " and ".join(dtype for dtype in different if dtype != "string")
        raise ShapeError(
            f"cannot combine strings with {others}",
            help="encode the strings first, with a `StringLookup` or a `TextVectorization`",
        )
    if name in NOT_ALL_BOOLEAN and different == ["bool"] and _has_no_other(call):
        raise dtype_error("numbers", "bool")


def _has_no_other(call: Call) -> bool:
    """Whether all operands of an op are tensors."""
    return all(tensor.name in call.tensors for tensor in call.entry.tensors if tensor.required)


def _listed(accepted: Iterable[str]) -> str:
    *others, last = accepted
    return f"{', '.join(others)} or {last}" if others else last
