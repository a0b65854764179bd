"""Ops that reduce axes, and ops along an axis."""

from __future__ import annotations

from typing import Any

from kspec.analysis.shapes.broadcasting import agree, size_of
from kspec.analysis.shapes.dtypes import float_for, number_for, promote, sum_of
from kspec.analysis.shapes.ops.elementwise import dtype_named, floating, of_first, of_nanpercentile, of_percentile, same
from kspec.analysis.shapes.ops.rule_helpers import (
    DtypeRule,
    at_least,
    axes_in,
    axis_in,
    constant,
    first,
    invalid_constant,
    of_rank,
    op,
    optional,
    per_input,
    replaced,
    several,
    shape_of,
    unknown_cost,
    without,
)
from kspec.analysis.shapes.types import Call, InferenceRule, Shape, ShapeError, TensorType
from kspec.syntax.yaml_flow import shape_text

MATRIX_NORMS = (None, "fro", "nuc", float("inf"), float("-inf"), 1, -1, 2, -2)


def reduce_shape(shape: Shape, axes: int | list[int] | None, keepdims: bool = False, argument: str = "axis") -> Shape:
    """`(…, n, …) → (…)`, or with `keepdims` `(…, 1, …)`.

    Args:
        shape: The shape of the input, with the batch axis.
        axes: The axes to reduce; a negative one counts from the last, and None reduces all.
        keepdims: Whether reduced axes stay, with size 1.
        argument: The argument that names the axes, for the error.

    Returns:
        The shape of the output.

    Raises:
        ShapeError: If the input has no such axis, or an axis is named twice.
    """
    reduced = list(range(len(shape))) if axes is None else axes_in(shape, axes, argument)
    if not keepdims:
        return without(shape, *reduced)
    return tuple(1 if axis in reduced else size for axis, size in enumerate(shape))


def reduction(call: Call) -> Shape:
    """`(…, n, …) → (…)`"""
    return reduce_shape(shape_of(first(call)), constant(call, "axis"), bool(constant(call, "keepdims")))


def quantile(call: Call) -> Shape:
    """`(…, n, …), q → (…)`; with several quantiles `(len(q), …)`."""
    q = constant(call, "q")
    is_single = not isinstance(q, list) or (len(q) == 1 and "quantile" in call.entry.name)
    return reduction(call) if is_single else (len(q), *reduction(call))


def norm(call: Call) -> Shape:
    """`(…, n, …) → (…)`: of vectors along one axis, of matrices along two."""
    shape, axis, order = shape_of(first(call)), constant(call, "axis"), constant(call, "ord")
    count = len(shape) if axis is None else len(axis) if isinstance(axis, list) else 1
    if count == 1 and isinstance(order, str):
        raise invalid_constant(f"cannot take the norm `{order}` of vectors", "ord", "name two axes, or write a number")
    if count == 2 and order not in MATRIX_NORMS:
        raise invalid_constant(
            f"cannot take the norm {order} of matrices", "ord", "write fro, nuc, inf, 1, 2, -1 or -2"
        )
    return reduction(call)


def average(call: Call) -> Shape:
    """`(…, n, …) → (…)`; weights have the shape of x, or one for each position of the axis."""
    shape, axis, weights = shape_of(first(call)), constant(call, "axis"), optional(call, "weights")
    if weights is not None and not agree(shape, shape_of(weights)):
        along = axis is not None and agree([shape[axis_in(shape, axis)]], shape_of(weights))
        if not along:
            raise ShapeError(
                f"cannot average {shape_text(shape)} by weights of {shape_text(weights.shape)}",
                help="give the weights the shape of the input, or the size of the axis",
            )
    return reduce_shape(shape, axis)


def average_dtype(call: Call) -> str:
    weights = optional(call, "weights")
    return promote(first(call).dtype, "float", *([weights.dtype] if weights is not None else []))


def prod_dtype(call: Call) -> str:
    dtype = constant(call, "dtype")
    return sum_of(first(call).dtype) if dtype is None else dtype_named(dtype)


def moments(call: Call) -> list[TensorType]:
    """`(…, n, …) → (…), (…)`: mean and variance."""
    x = first(call)
    reduced = reduce_shape(shape_of(x), constant(call, "axes"), bool(constant(call, "keepdims")), "axes")
    return [TensorType(reduced, x.dtype)] * 2


def trapezoid(call: Call) -> Shape:
    """`(…, n, …) → (…)`; a single number is kept."""
    shape, axis = shape_of(first(call)), constant(call, "axis")
    return without(shape, axis % len(shape)) if shape else shape


def along_or_flat(call: Call) -> Shape:
    """`(…) → (…)` along an axis; without one, flattened."""
    shape, axis = shape_of(first(call)), constant(call, "axis")
    if axis is None:
        return (size_of(shape),)
    axis_in(shape, axis)
    return shape


def diff(call: Call) -> Shape:
    """`(…, m, …) → (…, m - n, …)`"""
    shape = shape_of(first(call))
    axis = axis_in(shape, constant(call, "axis"))
    size = shape[axis]
    return shape if size is None else replaced(shape, axis, max(size - constant(call, "n"), 0))


def cumulation_dtype(call: Call) -> str:
    dtype = constant(call, "dtype")
    return number_for(first(call).dtype if dtype is None else dtype_named(dtype))


def top_k(call: Call) -> list[TensorType]:
    """`(…, n) → (…, k), (…, k)`: values and their indices."""
    x = first(call)
    shape, k = at_least(shape_of(x), 1), constant(call, "k")
    size = shape[-1]
    if size is not None and k is not None and k > size:
        raise invalid_constant(
            f"cannot take the {k} largest of {size} values in {shape_text(shape)}", "k", f"write at most {size}"
        )
    return [TensorType((*shape[:-1], k), dtype) for dtype in (x.dtype, "int32")]


def histogram(call: Call) -> list[TensorType]:
    """`(n,) → (bins,), (bins + 1,)`: counts and edges."""
    of_rank(shape_of(first(call)), 1)
    bins, dtype = constant(call, "bins"), first(call).dtype
    limits: Any = constant(call, "range")
    if limits and limits[1] < limits[0]:
        raise invalid_constant(f"cannot count from {limits[0]} to {limits[1]}", "range", "write the lower limit first")
    return [TensorType((bins,), dtype), TensorType((bins + 1,), dtype)]


def segment_reduction(call: Call) -> Shape:
    """`(n, …), (n,) → (segments, …)`"""
    data, ids = (shape_of(call.tensors[name][0]) for name in ("data", "segment_ids"))
    of_rank(ids, 1)
    at_least(data, 1)
    if not agree(data[:1], ids):
        raise ShapeError(f"cannot segment {shape_text(data)} by ids of {shape_text(ids)}: the first sizes differ")
    return (constant(call, "num_segments"), *data[1:])


def _reductions(names: str, dtype: DtypeRule | str) -> dict[str, InferenceRule]:
    return dict.fromkeys(names.split(), op(reduction, dtype, per_input))


RULES: dict[str, InferenceRule] = {
    **_reductions("max min amax amin ptp", same),
    **_reductions("nanmax nanmin", of_first(promote)),
    **_reductions("sum nansum", of_first(lambda dtype: sum_of(promote(dtype)))),
    "prod": op(reduction, prod_dtype, per_input),
    **_reductions("nanprod", of_first(sum_of)),
    **_reductions("mean std", of_first(float_for)),
    **_reductions("var nanmean nanmedian nanstd nanvar median", floating),
    **_reductions("all any", "bool"),
    **_reductions("argmax argmin nanargmax nanargmin count_nonzero", "int32"),
    **_reductions("logsumexp", of_first(float_for)),
    "norm": op(norm, of_first(float_for), per_input),
    "average": op(average, average_dtype, per_input),
    **dict.fromkeys(["quantile", "nanquantile"], op(quantile, floating, unknown_cost)),
    "percentile": op(quantile, of_first(of_percentile), unknown_cost),
    "nanpercentile": op(quantile, of_first(of_nanpercentile), unknown_cost),
    "moments": several(moments),
    "trapezoid": op(trapezoid, floating, per_input),
    **dict.fromkeys(["cumsum", "cumprod", "nancumsum", "nancumprod"], op(along_or_flat, cumulation_dtype, per_input)),
    "sort": op(along_or_flat, same, unknown_cost),
    **dict.fromkeys(["argsort", "argpartition"], op(along_or_flat, "int32", unknown_cost)),
    "diff": op(diff, same, per_input),
    "top_k": several(top_k),
    "histogram": several(histogram),
    **dict.fromkeys(
        ["segment_sum", "segment_max", "segment_min", "segment_prod"], op(segment_reduction, same, per_input)
    ),
}
