"""Products of vectors, matrices and tensors."""

from __future__ import annotations

from math import prod

from kspec.analysis.shapes.broadcasting import agree, broadcast_shapes, size_of, size_per_example
from kspec.analysis.shapes.dtypes import promote
from kspec.analysis.shapes.ops.elementwise import promoted, promoted_strong, promoted_to_float
from kspec.analysis.shapes.ops.rule_helpers import (
    at_least,
    axis_in,
    constant,
    inserted,
    invalid_constant,
    of_rank,
    op,
    pair,
    per_output,
    shape_of,
    sized_pair,
    times,
    unknown_cost,
    without,
)
from kspec.analysis.shapes.types import Call, Dim, InferenceRule, Shape, ShapeError
from kspec.syntax.yaml_flow import shape_text


def matmul(call: Call) -> Shape:
    """`(…, m, n), (…, n, p) → (…, m, p)`; a vector is a row on the left and a column on the right."""
    a, b = (at_least(shape_of(tensor), 1) for tensor in pair(call))
    row, column = len(a) == 1, len(b) == 1
    left, right = (1, *a) if row else a, (*b, 1) if column else b
    doing = f"multiply {shape_text(a)} by {shape_text(b)}"
    _inner(left[-1], right[-2], doing)
    leading = broadcast_shapes([left[:-2], right[:-2]], doing)
    return (*leading, *([] if row else left[-2:-1]), *([] if column else right[-1:]))


def dot(call: Call) -> Shape:
    """`(…, n), (…, n, p) → (…, …, p)`; a single number multiplies each element."""
    a, b = (shape_of(tensor) for tensor in pair(call))
    doing = f"multiply {shape_text(a)} by {shape_text(b)}"
    if not a or not b:
        return a or b
    if len(b) == 1:
        if len(a) > 1 and None in (a[-1], b[0]) and a[-1] != b[0]:
            raise ShapeError(f"cannot {doing}: a size to sum over is unknown", help="use `op: matmul`")
        _inner(a[-1], b[0], doing)
        return a[:-1]
    _inner(a[-1], b[-2], doing)
    return (*a[:-1], *without(b, len(b) - 2))


def tensordot(call: Call) -> Shape:
    """`(…, n), (n, …) → (…, …)` over a number of axes, or over pairs of axes."""
    a, b, axes = *(shape_of(tensor) for tensor in pair(call)), constant(call, "axes")
    if isinstance(axes, int):
        left, right = list(range(max(len(a) - axes, 0), len(a))), list(range(min(max(axes, 0), len(b))))
        if axes <= 0:
            left, right = [], []
        elif not call.tensors and axes > min(len(a), len(b)):
            raise invalid_constant(
                f"cannot multiply over {axes} axes of {shape_text(a)} and {shape_text(b)}",
                "axes",
                f"write an integer from 0 to {min(len(a), len(b))}",
            )
    else:
        if any(isinstance(part, int) for part in axes):
            raise invalid_constant(
                f"cannot pair the axes {axes}",
                "axes",
                "write two lists: the axes of the first, and those of the second",
            )
        left, right = (
            [axis_in(shape, axis, "axes") for axis in part] for shape, part in zip((a, b), axes, strict=True)
        )
    over, under = tuple(a[axis] for axis in left), tuple(b[axis] for axis in right)
    if isinstance(axes, int):
        # TensorFlow flattens these axes first
        over, under = (size_of(over),), (size_of(under),)
    if not agree(over, under):
        raise ShapeError(
            f"cannot multiply {shape_text(a)} by {shape_text(b)} over axes {left} and {right}: the sizes differ"
        )
    return (*without(a, *left), *without(b, *right))


def inner(call: Call) -> Shape:
    """`(…, n), (…, n) → (…, …)`; a single number multiplies each element."""
    a, b = (shape_of(tensor) for tensor in pair(call))
    if not a or not b:
        return a or b
    _inner(a[-1], b[-1], f"multiply {shape_text(a)} by {shape_text(b)}")
    return (*a[:-1], *b[:-1])


def outer(call: Call) -> Shape:
    """`(m,), (n,) → (m, n)`; both are flattened first."""
    a, b = (shape_of(tensor) for tensor in pair(call))
    return (size_of(a), size_of(b))


def kron(call: Call) -> Shape:
    """`(a, b), (c, d) → (ac, bd)`; the shorter shape gets leading axes of 1."""
    a, b = (shape_of(tensor) for tensor in pair(call))
    rank = max(len(a), len(b))
    return tuple(times(x, y) for x, y in zip((1,) * (rank - len(a)) + a, (1,) * (rank - len(b)) + b, strict=True))


def vdot(call: Call) -> Shape:
    """`(…), (…) → ()`: both flattened, so they have as many elements."""
    a, b = (shape_of(tensor) for tensor in pair(call))
    if None not in (*a, *b) and prod(size or 0 for size in a) != prod(size or 0 for size in b):
        raise ShapeError(f"cannot multiply {shape_text(a)} by {shape_text(b)}: they differ in their number of elements")
    return ()


def cross(call: Call) -> Shape:
    """`(…, 3), (…, 3) → (…, 3)`; of 2-dimensional vectors `(…, 2), (…, 2) → (…)`."""
    shapes, sizes = [], []
    axis_for_all = constant(call, "axis")
    for tensor, name in zip(sized_pair(call), ("axisa", "axisb"), strict=True):
        shape = shape_of(tensor)
        axis = axis_in(
            shape,
            constant(call, name) if axis_for_all is None else axis_for_all,
            name if axis_for_all is None else "axis",
        )
        size = shape[axis]
        if size not in (None, 2, 3):
            raise ShapeError(f"expects vectors of size 2 or 3, but axis {axis} of {shape_text(shape)} has {size}")
        shapes.append(without(shape, axis))
        sizes.append(size)
    leading = broadcast_shapes(shapes, f"multiply {' and '.join(shape_text(shape_of(t)) for t in sized_pair(call))}")
    spatial = 3 in sizes
    place = axis_in(
        leading, constant(call, "axisc") if axis_for_all is None else axis_for_all, "axisc", len(leading) + spatial
    )
    return inserted(leading, place, 3) if spatial else leading


def cdist(call: Call) -> Shape:
    """`(…, m, n), (…, p, n) → (…, m, p)`"""
    a, b = (at_least(shape_of(tensor), 2) for tensor in sized_pair(call))
    doing = f"compare {shape_text(a)} with {shape_text(b)}"
    _inner(a[-1], b[-1], doing)
    return (*broadcast_shapes([a[:-2], b[:-2]], doing), a[-2], b[-2])


def correlate(call: Call) -> Shape:
    """`(m,), (n,) → (|m - n| + 1,)`; `same` gives `(max(m, n),)`, `full` `(m + n - 1,)`."""
    (m,), (n,) = (of_rank(shape_of(tensor), 1) for tensor in sized_pair(call))
    if m is None or n is None:
        raise ShapeError(f"expects known sizes, got {shape_text((m,))} and {shape_text((n,))}")
    sizes = {"valid": abs(m - n) + 1, "same": max(m, n), "full": m + n - 1}
    return (sizes[constant(call, "mode")],)


def correlate_dtype(call: Call) -> str:
    dtype = promote(*(tensor.dtype for tensor in sized_pair(call)))
    if dtype == "int64":
        return "float64"
    return dtype if dtype in ("bfloat16", "float16", "float64") else "float32"


def matmul_dtype(call: Call) -> str:
    """The promotion of both; int8 is summed in int32."""
    if all(tensor.dtype == "int8" for tensor in pair(call)):
        return "int32"
    return promoted(call)


def sized_dtype(call: Call) -> str:
    return promote(*(tensor.dtype for tensor in sized_pair(call)))


def contraction(call: Call, result: Shape) -> int | None:
    """A multiplication and an addition for each output element and position of the axis summed over."""
    a = shape_of(pair(call)[0])
    if not a or a[-1] is None:
        return None
    elements = size_per_example(result)
    return None if elements is None else 2 * elements * a[-1]


def _inner(a: Dim, b: Dim, doing: str) -> None:
    if a is not None and b is not None and a != b:
        raise ShapeError(f"cannot {doing}: the sizes to sum over are {a} and {b}", help="make these two sizes equal")


RULES: dict[str, InferenceRule] = {
    "matmul": op(matmul, matmul_dtype, contraction),
    "dot": op(dot, promoted, contraction),
    "inner": op(inner, promoted, contraction),
    "tensordot": op(tensordot, promoted, unknown_cost),
    "outer": op(outer, promoted, per_output),
    "vdot": op(vdot, promoted, unknown_cost),
    "kron": op(kron, promoted_strong, per_output),
    "cross": op(cross, sized_dtype, unknown_cost),
    "cdist": op(cdist, promoted_to_float, unknown_cost),
    "correlate": op(correlate, correlate_dtype, unknown_cost),
}
