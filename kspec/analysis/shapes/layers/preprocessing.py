"""Layers that prepare raw numbers and categories for training."""

from __future__ import annotations

from typing import Any

from kspec.analysis.shapes.broadcasting import agree, broadcast
from kspec.analysis.shapes.dtypes import FLOATX
from kspec.analysis.shapes.layers.shared import (
    axis_of,
    known_size,
    number_shape,
    one,
    per_value,
    same_shape,
    several,
    unknown,
)
from kspec.analysis.shapes.registry import compute_dtype
from kspec.analysis.shapes.types import Call, Dim, InferenceRule, InferredCall, Shape, ShapeError, Weight
from kspec.diagnostics import codes
from kspec.syntax.yaml_flow import shape_text

KEEPS = {"mixed_float16": "float32", "mixed_bfloat16": "float32"}
"""A dtype policy → the dtype of its layers' weights; any other policy is its own."""


def normalization(call: Call) -> InferredCall:
    """`(…) → (…)`; `adapt` stores a mean and a variance with the sizes of `axis`, and a count."""
    mean, variance = call["mean"], call["variance"]
    axes = () if call["axis"] is None else several(call["axis"], 1)
    if (mean is None) != (variance is None):
        present, missing = ("variance", "mean") if mean is None else ("mean", "variance")
        raise ShapeError(
            f"has `{present}` but no `{missing}`",
            help="write both, or neither to measure them on the training data",
            argument=present,
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )
    if mean is not None and _sizes(mean) != _sizes(variance):
        raise ShapeError(
            f"has a `mean` of shape {shape_text(_sizes(mean))}, but a `variance` of {shape_text(_sizes(variance))}",
            help="write one of each for every feature",
            argument="variance",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )
    if mean is not None and len(_sizes(mean)) > len(axes):
        raise ShapeError(
            f"has a `mean` of shape {shape_text(_sizes(mean))}, but {len(axes)} in `axis`",
            help="name an axis for each of its dimensions",
            argument="mean",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )
    shape = number_shape(call)
    if shape is None:
        return unknown(call, None if mean is None else ())
    kept = sorted(axis_of(axis, shape) for axis in axes)
    sizes = tuple(known_size(axis, shape, "axis" if axis == 0 else "") for axis in kept)
    if len(set(kept)) < len(kept):
        raise ShapeError(
            "has the same axis twice in `axis`",
            help="name each axis once",
            argument="axis",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )
    if mean is None:
        measured = [Weight(sizes, False), Weight(sizes, False), Weight((), False)]
        return one(shape, call.dtype, measured, per_value(shape, 2))
    if broadcast(_sizes(mean), sizes) != sizes:
        raise ShapeError(
            f"has a `mean` of shape {shape_text(_sizes(mean))} for features of shape {shape_text(sizes)}",
            help="write one mean and one variance for every feature",
            argument="mean",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )
    return same_shape(call, 2)


def rescaling(call: Call) -> InferredCall:
    """`(…) → (…)`: `x * scale + offset`."""
    shape = number_shape(call)
    for name in ("scale", "offset"):
        value = call[name]
        if shape and isinstance(value, list) and len(value) > 1 and not agree(shape[-1:], (len(value),)):
            raise ShapeError(
                f"has {len(value)} numbers in `{name}`, which do not fit {shape_text(shape)}",
                help="write one number, or one for each position of the last axis",
                argument=name,
                code=codes.INCOMPATIBLE_ARGUMENTS,
            )
    return same_shape(call, 2)


def discretization(call: Call) -> InferredCall:
    """`(…) → (…)`, bin indices as int32; in other modes encoded over all bins, one more than boundaries."""
    mode, boundaries, bins = call["output_mode"], call["bin_boundaries"], call["num_bins"]
    if (boundaries is None) == (bins is None):
        raise ShapeError(
            "needs either `bin_boundaries` or `num_bins`" + ("" if bins is None else ", not both"),
            help="write `num_bins: 4` to learn the boundaries from the training data",
            argument="num_bins",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )
    check_not_sparse(call, "int")
    shape, depth = number_shape(call), bins if boundaries is None else len(boundaries) + 1
    dtype = "int32" if mode == "int" else call.dtype
    if shape is None or mode == "int":
        return one(shape, dtype)
    if mode == "one_hot":
        return one(encoded(shape, mode, depth), dtype)
    return one((shape[0], *shape[2:], depth) if len(shape) > 1 else (depth,), dtype)


def category(call: Call) -> InferredCall:
    """`(…, n) → (…, num_tokens)`; `one_hot` encodes each of the n: `(…, n, num_tokens)`, unless n is 1."""
    shape, depth, mode = number_shape(call), call["num_tokens"], call["output_mode"]
    if call.tensors.get("count_weights") and mode != "count":
        raise ShapeError(
            f"cannot use `count_weights` with `output_mode: {mode}`",
            help="write `output_mode: count`, or leave `count_weights` out",
            argument="output_mode",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )
    if call.dtype in ("float16", "bfloat16"):
        raise ShapeError(
            f"cannot count in {call.dtype}",
            help="write `dtype: float32` in its arguments",
            argument="dtype" if "dtype" in call.arguments else "",
        )
    if shape is None or depth is None:
        return one(None, call.dtype)
    check_one_row(shape, mode)
    return one(encoded(shape, mode, depth), call.dtype)


def hashing(call: Call) -> InferredCall:
    """`(…) → (…)`, bin indices; in other modes `(…, n) → (…, num_bins)`."""
    mode, policy = call["output_mode"], call["dtype"]
    dtype = KEEPS.get(policy, policy) if policy is not None else "int64" if mode == "int" else FLOATX
    if mode == "int" and dtype not in ("int32", "int64"):
        raise ShapeError(
            f"returns bin indices, which cannot be {dtype}",
            help="write `dtype: int32`, or leave it out",
            argument="dtype",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )
    check_not_sparse(call, "int")
    shape = call.x.shape
    if shape is None or mode == "int":
        return one(shape, dtype)
    check_one_row(shape, mode)
    if mode == "one_hot" and (len(shape) < 2 or shape[-1] != 1):
        raise ShapeError(
            f"cannot encode {shape_text(shape)} as `one_hot`: Keras states the shape of one value for each example",
            help=f"write `output_mode: int`, and encode with `CategoryEncoding: {{num_tokens: {call['num_bins']}, "
            "output_mode: one_hot}`",
            argument="output_mode",
        )
    return one((*shape[:-1], call["num_bins"]), dtype)


def crossing(call: Call) -> InferredCall:
    """Two columns of `(batch, 1)` or `(batch,)` → the bin of the pair, or `(batch, num_bins)`."""
    mode = call["output_mode"]
    dtype = compute_dtype(call["dtype"], "int64" if mode == "int" else call.dtype)
    if len(call.inputs) != 2:
        raise ShapeError(
            f"expects two columns, got {len(call.inputs)}",
            help="write `from: [one, other]`; cross a third with the output of this layer",
        )
    for tensor in call.inputs:
        if tensor.dtype != "string" and "int" not in tensor.dtype:
            raise ShapeError(
                f"expects integers or text, got {tensor.dtype}",
                help="write `dtype: int64` or `dtype: string` at the input; bin numbers with `Discretization`",
            )
    first, other = (tensor.shape for tensor in call.inputs)
    if first is None or other is None:
        return one(None, dtype)
    if first != other or len(first) > 2 or (len(first) == 2 and first[1] not in (1, None)):
        raise ShapeError(
            f"expects two columns of shape (null, 1), got {shape_text(first)} and {shape_text(other)}",
            help="give each column its own input of shape [1]",
        )
    return one(first if mode == "int" else encoded(first, "one_hot", call["num_bins"]), dtype)


def encoded(shape: Shape, mode: str, depth: Dim) -> Shape:
    """The shape of encoded categories: `one_hot` has a row of `depth` for each, other modes one for the last axis.

    Args:
        shape: The shape of the categories, with the batch axis.
        mode: The layer's `output_mode`: `one_hot`, `multi_hot` …
        depth: The number of categories; None if unknown.

    Returns:
        `(…, depth)`, where `depth` replaces the last axis; for `one_hot` only an axis of size 1 after the batch axis
        is replaced, and others are kept.
    """
    if mode == "one_hot" and (len(shape) < 2 or shape[-1] != 1):
        return (*shape, depth)
    return (*shape[:-1], depth)


def check_one_row(shape: Shape, mode: str) -> None:
    """Check that an example is one row of categories, where a mode joins it: of more rows, Keras joins another axis.

    Args:
        shape: The shape of the categories, with the batch axis.
        mode: The layer's `output_mode`.

    Raises:
        ShapeError: If it is not.
    """
    if mode not in ("int", "one_hot") and len(shape) > 2:
        raise ShapeError(
            f"cannot encode {shape_text(shape)} as `{mode}`: Keras counts along axis 1, but states the shape of a count"
            " along the last",
            help="insert `Flatten` before it, or write `output_mode: one_hot`",
            argument="output_mode",
        )


def check_not_sparse(call: Call, mode: str) -> None:
    """Check that indices are not sparse."""
    if call["sparse"] and call["output_mode"] == mode:
        raise ShapeError(
            f"cannot use `sparse` with `output_mode: {mode}`",
            help="leave `sparse` out, or write `output_mode: multi_hot`",
            argument="sparse",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )


def _sizes(array: Any) -> tuple[int, ...]:
    """The shape of a nested list."""
    return (len(array), *(_sizes(array[0]) if array else ())) if isinstance(array, (list, tuple)) else ()


RULES: dict[str, InferenceRule] = {
    "Normalization": normalization,
    "Rescaling": rescaling,
    "Discretization": discretization,
    "CategoryEncoding": category,
    "Hashing": hashing,
    "HashedCrossing": crossing,
}
