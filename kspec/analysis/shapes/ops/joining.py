"""Ops that join tensors or split one."""

from __future__ import annotations

from itertools import pairwise

from kspec.analysis.shapes.broadcasting import agree, check_examples, size_of
from kspec.analysis.shapes.dtypes import FLOATX, promote
from kspec.analysis.shapes.ops.rule_helpers import (
    at_least,
    axis_in,
    constant,
    first,
    inserted,
    invalid_constant,
    op,
    replaced,
    several,
    shape_of,
    sized_pair,
    without,
)
from kspec.analysis.shapes.types import Call, Dim, InferenceRule, Shape, ShapeError, TensorType
from kspec.syntax.yaml_flow import shape_text


def join_shapes(shapes: list[Shape], axis: int, doing: str) -> Shape:
    """`(…, m, …), (…, n, …) → (…, m + n, …)`; the other sizes are those of the first.

    Args:
        shapes: To join.
        axis: To join along.
        doing: What the op does, for the error message: "concatenate".
    """
    one, *others = shapes
    for other in others:
        if not agree(one, other, besides=axis):
            along = f"along axis {axis}" + (" (the batch)" if axis == 0 and one[0] is None else "")
            raise ShapeError(
                f"cannot {doing} {shape_text(one)} and {shape_text(other)} {along}",
                help="all sizes except that axis must match; `call: {axis: -1}` selects the last axis",
            )
    total: Dim = 0
    for shape in shapes:
        size = shape[axis]
        total = None if total is None or size is None else total + size
    return replaced(one, axis, total)


def concatenate(call: Call) -> Shape:
    """`(…, m, …), (…, n, …) → (…, m + n, …)`"""
    shapes = _list_shapes(call)
    axis = axis_in(shapes[0], constant(call, "axis"))
    result = join_shapes(shapes, axis, "concatenate")
    if axis:
        check_examples(call, shapes)
    return result


def stack(call: Call) -> Shape:
    """`(…), (…) → (…, 2, …)`"""
    one, *others = _list_shapes(call)
    axis = axis_in(one, constant(call, "axis"), rank=len(one) + 1)
    for other in others:
        if not agree(one, other):
            raise ShapeError(f"cannot stack {shape_text(one)} and {shape_text(other)}", help="give both the same shape")
    check_examples(call, [one, *others])
    return inserted(one, axis, 1 + len(others))


def hstack(call: Call) -> Shape:
    """`(a, m, …), (a, n, …) → (a, m + n, …)`"""
    shapes = [at_least(shape, 2) for shape in _list_shapes(call)]
    return join_shapes(shapes, 1, "stack")


def vstack(call: Call) -> Shape:
    """`(m, …), (n, …) → (m + n, …)`"""
    shapes = [at_least(shape, 1) for shape in _list_shapes(call)]
    return join_shapes(shapes, 0, "stack")


def dstack(call: Call) -> Shape:
    """`(a, b, m, …), (a, b, n, …) → (a, b, m + n, …)`; missing axes get size 1."""
    return join_shapes([_three_axes(shape) for shape in _list_shapes(call)], 2, "stack")


def append(call: Call) -> Shape:
    """`(…, m, …), (…, n, …) → (…, m + n, …)`; without an axis, both are flattened."""
    shapes = [shape_of(tensor) for tensor in sized_pair(call)]
    axis = constant(call, "axis")
    if axis is None:
        return join_shapes([(size_of(shape),) for shape in shapes], 0, "append")
    place = axis_in(shapes[0], axis)
    result = join_shapes(shapes, place, "append")
    if result[place] is None:
        raise ShapeError(
            f"cannot append {shape_text(shapes[1])} to {shape_text(shapes[0])} along axis {place} of unknown size",
            help="use `op: concatenate`",
        )
    return result


def split(call: Call) -> list[TensorType]:
    """`(…, n, …) → (…, n / k, …)` k times; or the parts between indices."""
    x, shape = first(call), shape_of(first(call))
    return _parts(x, axis_in(shape, constant(call, "axis")), constant(call, "indices_or_sections"))


def hsplit(call: Call) -> list[TensorType]:
    """`split` along the second axis, or the only one."""
    x = first(call)
    return _parts(x, min(len(at_least(shape_of(x), 1)) - 1, 1), constant(call, "indices_or_sections"))


def vsplit(call: Call) -> list[TensorType]:
    """`split` along the first of two axes or more."""
    at_least(shape_of(first(call)), 2)
    return _parts(first(call), 0, constant(call, "indices_or_sections"))


def dsplit(call: Call) -> list[TensorType]:
    """`split` along the third axis."""
    at_least(shape_of(first(call)), 3)
    return _parts(first(call), 2, constant(call, "indices_or_sections"))


def array_split(call: Call) -> list[TensorType]:
    """`(…, n, …) → (…, n / k, …)` k times; if n is no multiple of k, the first parts are longer by one."""
    x, shape, count = first(call), shape_of(first(call)), constant(call, "indices_or_sections")
    if isinstance(count, list):
        raise invalid_constant(
            "expects a number of parts, got a list", "indices_or_sections", "use `op: split` to split at indices"
        )
    axis = axis_in(shape, constant(call, "axis"))
    size = shape[axis]
    if size is None:
        return [x] * count
    short, longer = divmod(size, count)
    return [TensorType(replaced(shape, axis, short + (part < longer)), x.dtype) for part in range(count)]


def unstack(call: Call) -> list[TensorType]:
    """`(…, n, …) → (…)` n times"""
    x, shape, count = first(call), shape_of(first(call)), constant(call, "num")
    axis = axis_in(shape, constant(call, "axis"))
    count = shape[axis] if count is None else count
    if count is None:
        raise ShapeError(
            f"cannot unstack axis {axis} of {shape_text(shape)}, whose size is unknown",
            help="write the size: `call: {num: ...}`",
        )
    return [TensorType(without(shape, axis), x.dtype)] * count


def meshgrid(call: Call) -> list[TensorType]:
    """`(m,), (n,) → (n, m)` for each; with `ij`, `(m, n)`."""
    tensors = call.tensors[call.entry.tensors[0].name]
    sizes = [size_of(shape_of(tensor)) for tensor in tensors]
    if constant(call, "indexing") == "ij":
        return [TensorType(tuple(sizes), FLOATX)] * len(sizes)
    if len(sizes) < 2:
        raise ShapeError("expects two tensors or more, got one", help="name another, or write `call: {indexing: ij}`")
    return [TensorType((sizes[1], sizes[0], *sizes[2:]), tensors[-1].dtype)] * len(sizes)


def list_dtype(call: Call) -> str:
    """The promotion of all tensors of the list."""
    return promote(*(tensor.dtype for tensor in call.tensors[call.entry.tensors[0].name]))


def append_dtype(call: Call) -> str:
    return promote(*(tensor.dtype for tensor in sized_pair(call)))


def select(call: Call) -> Shape:
    """`conditions, [(…), …] → (…)`: the shape of the first choice."""
    return shape_of(call.tensors["choicelist"][0])


def _list_shapes(call: Call) -> list[Shape]:
    return [shape_of(tensor) for tensor in call.tensors[call.entry.tensors[0].name]]


def _three_axes(shape: Shape) -> Shape:
    if len(shape) >= 3:
        return shape
    return ((1, 1, 1), (1, *shape, 1), (*shape, 1))[len(shape)]


def _parts(x: TensorType, axis: int, indices: int | list[int]) -> list[TensorType]:
    shape = shape_of(x)
    size = shape[axis]
    if isinstance(indices, int):
        if size is not None and size % indices:
            raise invalid_constant(
                f"cannot split axis {axis} of {shape_text(shape)} into {indices} equal parts",
                "indices_or_sections",
                f"write a divisor of {size}, or the indices to split at: [1, 3]",
            )
        each = None if size is None else size // indices
        return [TensorType(replaced(shape, axis, each), x.dtype)] * indices
    borders: list[Dim] = [0, *indices, size]
    sizes = [None if start is None or end is None else end - start for start, end in pairwise(borders)]
    if any(part is not None and part < 0 for part in sizes):
        raise invalid_constant(
            f"cannot split axis {axis} of {shape_text(shape)} at {indices}",
            "indices_or_sections",
            "write increasing indices within the axis",
        )
    return [TensorType(replaced(shape, axis, part), x.dtype) for part in sizes]


RULES: dict[str, InferenceRule] = {
    "concatenate": op(concatenate, list_dtype),
    "stack": op(stack, list_dtype),
    "hstack": op(hstack, list_dtype),
    "vstack": op(vstack, list_dtype),
    "dstack": op(dstack, list_dtype),
    "append": op(append, append_dtype),
    "split": several(split, moves_only=True),
    "hsplit": several(hsplit, moves_only=True),
    "vsplit": several(vsplit, moves_only=True),
    "dsplit": several(dsplit, moves_only=True),
    "array_split": several(array_split, moves_only=True),
    "unstack": several(unstack, moves_only=True),
    "meshgrid": several(meshgrid, moves_only=True),
    "select": op(select, lambda call: call.tensors["choicelist"][0].dtype),
}
