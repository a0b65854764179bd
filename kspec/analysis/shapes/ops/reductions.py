"""Ops that fold axes into one number, and those that run along an axis."""

from __future__ import annotations

from typing import Any

from kspec.analysis.shapes.broadcasting import agree, size_of
from kspec.analysis.shapes.dtypes import FLOATX, float_for, number_for, promote, sum_of
from kspec.analysis.shapes.ops.elementwise import dtype_named, floating, of_first, of_nanpercentile, of_percentile, same
from kspec.analysis.shapes.ops.rule_helpers import (
    DtypeRule,
    at_least,
    axes_in,
    axis_in,
    constant,
    first,
    of_rank,
    op,
    optional,
    per_input,
    replaced,
    several,
    shape_of,
    unfit,
    untold,
    without,
)
from kspec.analysis.shapes.types import Call, InferenceRule, Shape, ShapeError, TensorType
from kspec.syntax.yaml_flow import shape_text

MATRIX_NORMS = (None, "fro", "nuc", float("inf"), float("-inf"), 1, -1, 2, -2)


def fold(shape: Shape, axes: int | list[int] | None, keepdims: bool = False, argument: str = "axis") -> Shape:
    """`(…, n, …) → (…)`, or with `keepdims` `(…, 1, …)`; without axes, all are folded."""
    folded = list(range(len(shape))) if axes is None else axes_in(shape, axes, argument)
    if not keepdims:
        return without(shape, *folded)
    return tuple(1 if axis in folded else size for axis, size in enumerate(shape))


def reduced(call: Call) -> Shape:
    """`(…, n, …) → (…)`"""
    return fold(shape_of(first(call)), constant(call, "axis"), bool(constant(call, "keepdims")))


def quantiles(call: Call) -> Shape:
    """`(…, n, …), q → (…)`; with several quantiles `(len(q), …)`."""
    q = constant(call, "q")
    alone = not isinstance(q, list) or (len(q) == 1 and "quantile" in call.entry.name)
    return reduced(call) if alone else (len(q), *reduced(call))


def norm(call: Call) -> Shape:
    """`(…, n, …) → (…)`: of vectors along one axis, of matrices along two."""
    shape, axis, order = shape_of(first(call)), constant(call, "axis"), constant(call, "ord")
    count = len(shape) if axis is None else len(axis) if isinstance(axis, list) else 1
    if count == 1 and isinstance(order, str):
        raise unfit(f"takes the norm `{order}`, which matrices have, of vectors", "ord", "name two axes, or a number")
    if count == 2 and order not in MATRIX_NORMS:
        raise unfit(f"takes the norm {order}, which matrices do not have", "ord", "fro, nuc, inf, 1, 2, -1 or -2")
    return reduced(call)


def weighted(call: Call) -> Shape:
    """`(…, n, …) → (…)`; weights are of x's shape, or one for each place on the axis."""
    shape, axis, weights = shape_of(first(call)), constant(call, "axis"), optional(call, "weights")
    if weights is not None and not agree(shape, shape_of(weights)):
        along = axis is not None and agree([shape[axis_in(shape, axis)]], shape_of(weights))
        if not along:
            raise ShapeError(
                f"averages {shape_text(shape)} by weights of {shape_text(shape_of(weights))}",
                help="weights are of the input's shape, or of the size of the axis",
            )
    return fold(shape, axis)


def of_average(call: Call) -> str:
    weights = optional(call, "weights")
    return promote(first(call).dtype, "float", *([weights.dtype] if weights is not None else []))


def of_prod(call: Call) -> str:
    said = constant(call, "dtype")
    return sum_of(first(call).dtype) if said is None else dtype_named(said)


def moments(call: Call) -> list[TensorType]:
    """`(…, n, …) → (…), (…)`: mean and variance."""
    x = first(call)
    folded = fold(shape_of(x), constant(call, "axes"), bool(constant(call, "keepdims")), "axes")
    return [TensorType(folded, x.dtype)] * 2


def integrated(call: Call) -> Shape:
    """`(…, n, …) → (…)`; a single number stays."""
    shape, axis = shape_of(first(call)), constant(call, "axis")
    return without(shape, axis % len(shape)) if shape else shape


def along_or_flat(call: Call) -> Shape:
    """`(…) → (…)` along an axis; without one, all elements in a row."""
    shape, axis = shape_of(first(call)), constant(call, "axis")
    if axis is None:
        return (size_of(shape),)
    axis_in(shape, axis)
    return shape


def differences(call: Call) -> Shape:
    """`(…, m, …) → (…, m - n, …)`"""
    shape = shape_of(first(call))
    axis = axis_in(shape, constant(call, "axis"))
    size = shape[axis]
    return shape if size is None else replaced(shape, axis, max(size - constant(call, "n"), 0))


def of_cumulation(call: Call) -> str:
    said = constant(call, "dtype")
    return number_for(first(call).dtype if said is None else dtype_named(said))


def top_k(call: Call) -> list[TensorType]:
    """`(…, n) → (…, k), (…, k)`: values and their places."""
    x = first(call)
    shape, k = at_least(shape_of(x), 1), constant(call, "k")
    size = shape[-1]
    if size is not None and k is not None and k > size:
        raise unfit(f"takes the {k} largest of {shape_text(shape)}, whose last axis has {size}", "k", f"at most {size}")
    return [TensorType((*shape[:-1], k), dtype) for dtype in (x.dtype, "int32")]


def histogram(call: Call) -> list[TensorType]:
    """`(n,) → (bins,), (bins + 1,)`: counts and edges."""
    bins, dtype = constant(call, "bins"), first(call).dtype
    limits: Any = constant(call, "range")
    if limits and limits[1] < limits[0]:
        raise unfit(f"counts from {limits[0]} to {limits[1]}", "range", "the lower limit comes first")
    return [TensorType((bins,), dtype), TensorType((bins + 1,), dtype)]


def segments(call: Call) -> Shape:
    """`(n, …), (n,) → (segments, …)`"""
    data, ids = (shape_of(call.tensors[name][0]) for name in ("data", "segment_ids"))
    of_rank(ids, 1)
    at_least(data, 1)
    if not agree(data[:1], ids):
        raise ShapeError(f"sorts {shape_text(data)} into segments by {shape_text(ids)}: the first sizes differ")
    return (constant(call, "num_segments"), *data[1:])


def _reductions(names: str, dtype: DtypeRule | str) -> dict[str, InferenceRule]:
    return dict.fromkeys(names.split(), op(reduced, dtype, per_input))


RULES: dict[str, InferenceRule] = {
    **_reductions("max min amax amin ptp", same),
    **_reductions("nanmax nanmin", of_first(promote)),
    **_reductions("sum nansum", of_first(lambda dtype: sum_of(promote(dtype)))),
    "prod": op(reduced, of_prod, per_input),
    **_reductions("nanprod", of_first(sum_of)),
    **_reductions("mean std", of_first(float_for)),
    **_reductions("var nanmean nanmedian nanstd nanvar median", floating),
    **_reductions("all any", "bool"),
    **_reductions("argmax argmin nanargmax nanargmin count_nonzero", "int32"),
    **_reductions("logsumexp", FLOATX),
    "norm": op(norm, of_first(float_for), per_input),
    "average": op(weighted, of_average, per_input),
    **dict.fromkeys(["quantile", "nanquantile"], op(quantiles, floating, untold)),
    "percentile": op(quantiles, of_first(of_percentile), untold),
    "nanpercentile": op(quantiles, of_first(of_nanpercentile), untold),
    "moments": several(moments),
    "trapezoid": op(integrated, floating, per_input),
    **dict.fromkeys(["cumsum", "cumprod", "nancumsum", "nancumprod"], op(along_or_flat, of_cumulation, per_input)),
    "sort": op(along_or_flat, same, untold),
    **dict.fromkeys(["argsort", "argpartition"], op(along_or_flat, "int32", untold)),
    "diff": op(differences, same, per_input),
    "top_k": several(top_k),
    "histogram": several(histogram),
    **dict.fromkeys(["segment_sum", "segment_max", "segment_min", "segment_prod"], op(segments, same, per_input)),
}
