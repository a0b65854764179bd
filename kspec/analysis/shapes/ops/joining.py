"""Ops that make one tensor of several, or several of one."""

from __future__ import annotations

from itertools import pairwise

from kspec.analysis.shapes.broadcasting import agree, size_of
from kspec.analysis.shapes.dtypes import FLOATX, promote
from kspec.analysis.shapes.ops.rule_helpers import (
    at_least,
    axis_in,
    constant,
    first,
    inserted,
    op,
    replaced,
    several,
    shape_of,
    sized_pair,
    unfit,
    without,
)
from kspec.analysis.shapes.types import Call, Dim, InferenceRule, Shape, ShapeError, TensorType
from kspec.syntax.yaml_flow import shape_text


def joined(shapes: list[Shape], axis: int, doing: str) -> Shape:
    """`(…, m, …), (…, n, …) → (…, m + n, …)`; the other sizes are the first's.

    Args:
        doing: What the op does, for its refusal.
    """
    one, *others = shapes
    for other in others:
        if not agree(one, other, besides=axis):
            along = f"along axis {axis}" + (" (the batch)" if axis == 0 and one[0] is None else "")
            raise ShapeError(
                f"{doing} {shape_text(one)} and {shape_text(other)} {along}",
                help="ranks are the same, and all sizes but that axis's; `call: {axis: -1}` takes the last axis",
            )
    total: Dim = 0
    for shape in shapes:
        size = shape[axis]
        total = None if total is None or size is None else total + size
    return replaced(one, axis, total)


def concatenated(call: Call) -> Shape:
    """`(…, m, …), (…, n, …) → (…, m + n, …)`"""
    shapes = _listed(call)
    return joined(shapes, axis_in(shapes[0], constant(call, "axis")), "concatenates")


def stacked(call: Call) -> Shape:
    """`(…), (…) → (…, 2, …)`"""
    one, *others = _listed(call)
    axis = axis_in(one, constant(call, "axis"), rank=len(one) + 1)
    for other in others:
        if not agree(one, other):
            raise ShapeError(
                f"stacks {shape_text(one)} and {shape_text(other)}", help="stacked tensors have the same shape"
            )
    return inserted(one, axis, 1 + len(others))


def side_by_side(call: Call) -> Shape:
    """`(a, m, …), (a, n, …) → (a, m + n, …)`"""
    shapes = [at_least(shape, 2) for shape in _listed(call)]
    return joined(shapes, 1, "puts side by side")


def one_below_another(call: Call) -> Shape:
    """`(m, …), (n, …) → (m + n, …)`"""
    shapes = [at_least(shape, 1) for shape in _listed(call)]
    return joined(shapes, 0, "puts one below another")


def one_behind_another(call: Call) -> Shape:
    """`(a, b, m, …), (a, b, n, …) → (a, b, m + n, …)`; what has fewer axes gets them of size 1."""
    return joined([_three_axes(shape) for shape in _listed(call)], 2, "puts one behind another")


def appended(call: Call) -> Shape:
    """`(…, m, …), (…, n, …) → (…, m + n, …)`; without an axis, all elements in a row."""
    shapes = [shape_of(tensor) for tensor in sized_pair(call)]
    axis = constant(call, "axis")
    if axis is None:
        return joined([(size_of(shape),) for shape in shapes], 0, "appends")
    place = axis_in(shapes[0], axis)
    result = joined(shapes, place, "appends")
    if result[place] is None:
        raise ShapeError(
            f"appends {shape_text(shapes[1])} to {shape_text(shapes[0])} along axis {place}, whose size must be known",
            help="`op: concatenate` joins axes of unknown size",
        )
    return result


def split(call: Call) -> list[TensorType]:
    """`(…, n, …) → (…, n / k, …)` k times; or the stretches between given places."""
    x, shape = first(call), shape_of(first(call))
    return _parts(x, axis_in(shape, constant(call, "axis")), constant(call, "indices_or_sections"))


def split_columns(call: Call) -> list[TensorType]:
    """`split` along the second axis, or the only one."""
    x = first(call)
    return _parts(x, min(len(at_least(shape_of(x), 1)) - 1, 1), constant(call, "indices_or_sections"))


def split_rows(call: Call) -> list[TensorType]:
    """`split` along the first of two axes or more."""
    at_least(shape_of(first(call)), 2)
    return _parts(first(call), 0, constant(call, "indices_or_sections"))


def split_depth(call: Call) -> list[TensorType]:
    """`split` along the third axis."""
    at_least(shape_of(first(call)), 3)
    return _parts(first(call), 2, constant(call, "indices_or_sections"))


def array_split(call: Call) -> list[TensorType]:
    """`(…, n, …) → (…, n / k, …)` k times; where that does not come out even, the first are longer by one."""
    x, shape, count = first(call), shape_of(first(call)), constant(call, "indices_or_sections")
    if isinstance(count, list):
        raise unfit("splits at given places", "indices_or_sections", "give the number of parts, or use `op: split`")
    axis = axis_in(shape, constant(call, "axis"))
    size = shape[axis]
    if size is None:
        return [x] * count
    short, longer = divmod(size, count)
    return [TensorType(replaced(shape, axis, short + (part < longer)), x.dtype) for part in range(count)]


def unstacked(call: Call) -> list[TensorType]:
    """`(…, n, …) → (…)` n times"""
    x, shape, count = first(call), shape_of(first(call)), constant(call, "num")
    axis = axis_in(shape, constant(call, "axis"))
    count = shape[axis] if count is None else count
    if count is None:
        raise ShapeError(
            f"unstacks axis {axis} of {shape_text(shape)}, whose size is not known",
            help="say how many there are: `call: {num: ...}`",
        )
    return [TensorType(without(shape, axis), x.dtype)] * count


def meshgrid(call: Call) -> list[TensorType]:
    """`(m,), (n,) → (n, m)` for each; with `ij`, `(m, n)`."""
    tensors = call.tensors[call.entry.tensors[0].name]
    sizes = [size_of(shape_of(tensor)) for tensor in tensors]
    if constant(call, "indexing") == "ij":
        return [TensorType(tuple(sizes), FLOATX)] * len(sizes)
    if len(sizes) < 2:
        raise ShapeError("makes a grid of one tensor", help="give it two or more, or `call: {indexing: ij}`")
    return [TensorType((sizes[1], sizes[0], *sizes[2:]), tensors[-1].dtype)] * len(sizes)


def of_all(call: Call) -> str:
    """What all tensors of the list promote to."""
    return promote(*(tensor.dtype for tensor in call.tensors[call.entry.tensors[0].name]))


def of_append(call: Call) -> str:
    return promote(*(tensor.dtype for tensor in sized_pair(call)))


def chosen_first(call: Call) -> Shape:
    """`conditions, [(…), …] → (…)`: the shape of the first choice."""
    return shape_of(call.tensors["choicelist"][0])


def _listed(call: Call) -> list[Shape]:
    return [shape_of(tensor) for tensor in call.tensors[call.entry.tensors[0].name]]


def _three_axes(shape: Shape) -> Shape:
    if len(shape) >= 3:
        return shape
    return ((1, 1, 1), (1, *shape, 1), (*shape, 1))[len(shape)]


def _parts(x: TensorType, axis: int, places: int | list[int]) -> list[TensorType]:
    shape = shape_of(x)
    size = shape[axis]
    if isinstance(places, int):
        if size is not None and size % places:
            raise unfit(
                f"splits axis {axis} of {shape_text(shape)} into {places} parts, which does not come out even",
                "indices_or_sections",
                f"a number that divides {size}, or the places to split at: [1, 3]",
            )
        each = None if size is None else size // places
        return [TensorType(replaced(shape, axis, each), x.dtype)] * places
    borders: list[Dim] = [0, *places, size]
    sizes = [None if start is None or end is None else end - start for start, end in pairwise(borders)]
    if any(part is not None and part < 0 for part in sizes):
        raise unfit(
            f"splits axis {axis} of {shape_text(shape)} at {places}",
            "indices_or_sections",
            "the places rise, within the axis",
        )
    return [TensorType(replaced(shape, axis, part), x.dtype) for part in sizes]


RULES: dict[str, InferenceRule] = {
    "concatenate": op(concatenated, of_all),
    "stack": op(stacked, of_all),
    "hstack": op(side_by_side, of_all),
    "vstack": op(one_below_another, of_all),
    "dstack": op(one_behind_another, of_all),
    "append": op(appended, of_append),
    "split": several(split, counted=True),
    "hsplit": several(split_columns, counted=True),
    "vsplit": several(split_rows, counted=True),
    "dsplit": several(split_depth, counted=True),
    "array_split": several(array_split, counted=True),
    "unstack": several(unstacked, counted=True),
    "meshgrid": several(meshgrid, counted=True),
    "select": op(chosen_first, lambda call: call.tensors["choicelist"][0].dtype),
}
