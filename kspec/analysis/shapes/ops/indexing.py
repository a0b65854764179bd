"""Ops that read, write or find elements by index."""

from __future__ import annotations

from typing import Any

from kspec.analysis.shapes.broadcasting import broadcast_shapes, size_of
from kspec.analysis.shapes.dtypes import FLOATX, promote
from kspec.analysis.shapes.ops.elementwise import dtype_named, same
from kspec.analysis.shapes.ops.rule_helpers import (
    axis_in,
    constant,
    first,
    inserted,
    invalid_constant,
    of_rank,
    op,
    operand,
    per_input,
    replaced,
    several,
    shape_of,
    sized,
)
from kspec.analysis.shapes.types import Call, Dim, InferenceRule, Shape, ShapeError, TensorType
from kspec.ir.slices import SliceError, parse_slices
from kspec.syntax.yaml_flow import shape_text

MULTI_HOT_AXES = "write -1 for a new last axis, or the position of the new axis"


def get_item(call: Call) -> Shape:
    """`(a, b, c)[key]`: an integer drops its axis, a slice shortens it, `None` adds one, `...` skips the others."""
    shape, written = shape_of(first(call)), constant(call, "key")
    try:
        key = parse_slices(written)
    except SliceError as error:
        raise invalid_constant(f"cannot read its index: {error}", "key") from None
    if not isinstance(key, (int, tuple)):
        raise invalid_constant(f"cannot index by the slice `{written}` alone", "key", f'write "{written},"')
    return index_shape(shape, (key,) if isinstance(key, int) else key, written)


def index_shape(shape: Shape, key: tuple[Any, ...], written: Any) -> Shape:
    """The shape after indexing.

    Args:
        shape: Before it.
        key: The index, parsed.
        written: The index as written.
    """
    indexed = sum(part is not None and part is not ... for part in key)
    if key.count(...) > 1:
        raise invalid_constant(f"has `...` twice in `{written}`", "key", "write `...` once, for all axes not named")
    if indexed > len(shape):
        raise invalid_constant(
            f"cannot index {shape_text(shape)} by `{written}`: its rank is {len(shape)}",
            "key",
            "the batch is the first axis",
        )
    result: list[Dim] = []
    axis = 0
    for part in key if ... in key else (*key, ...):
        if part is None:
            result.append(1)
        elif part is ...:
            result += shape[axis : axis + len(shape) - indexed]
            axis += len(shape) - indexed
        else:
            result += _item_sizes(shape, axis, part)
            axis += 1
    return tuple(result)


def slice_op(call: Call) -> Shape:
    """`(…) → shape`; -1 stands for the rest of its axis."""
    shape, starts, sizes = (shape_of(first(call)), constant(call, "start_indices"), constant(call, "shape"))
    for name, numbers in (("shape", sizes), ("start_indices", starts)):
        if len(numbers) != len(shape):
            raise invalid_constant(
                f"has {len(numbers)} numbers in `{name}` for {shape_text(shape)}",
                name,
                "write one for each axis, the batch included",
            )
    result = zip(shape, starts, sizes, strict=True)
    return tuple(size if size != -1 else None if known is None else known - start for known, start, size in result)


def take(call: Call) -> Shape:
    """`(…, n, …), (i, j) → (…, i, j, …)`; without an axis, `(i, j)` of the flattened input."""
    shape, indices, axis = shape_of(first(call)), shape_of(operand(call, "indices")), constant(call, "axis")
    if axis is None:
        return indices
    place = axis_in(shape, axis)
    return (*shape[:place], *indices, *shape[place + 1 :])


def take_along_axis(call: Call) -> Shape:
    """`(…, m, …), (…, n, …) → (…, n, …)`: the other axes broadcast; without an axis, of the flattened input."""
    shape, indices, axis = shape_of(first(call)), shape_of(sized(call, "indices")), constant(call, "axis")
    if axis is None:
        shape = (size_of(shape),)
    if len(shape) != len(indices):
        raise ShapeError(
            f"cannot take from {shape_text(shape)} by indices of {shape_text(indices)}",
            help="give the indices as many axes as the input" if axis is not None else "write `axis`",
        )
    place = 0 if axis is None else axis_in(shape, axis)
    doing = f"take from {shape_text(shape)} by indices of {shape_text(indices)}"
    return broadcast_shapes([replaced(shape, place, indices[place]), indices], doing)


def one_hot(call: Call) -> Shape:
    """`(…) → (…, classes)`, with the new axis at `axis`."""
    return _hot(call)


def multi_hot(call: Call) -> Shape:
    """`(batch, n) → (batch, classes)`, and `(n,) → (classes,)`: one-hot, reduced over the second axis."""
    hot = _hot(call)
    return hot[-1:] if len(hot) == 2 else (hot[0], *hot[2:])


def one_hot_dtype(call: Call) -> str:
    dtype = constant(call, "dtype")
    return FLOATX if dtype is None else dtype_named(dtype)


def searchsorted(call: Call) -> Shape:
    """`(n,), (…) → (…)`: the index of each value."""
    of_rank(shape_of(operand(call, "sorted_sequence")), 1)
    return shape_of(operand(call, "values"))


def searchsorted_dtype(call: Call) -> str:
    """int32 if the length of the sequence is known to fit."""
    searched = operand(call, "sorted_sequence").shape
    return "int64" if not searched or searched[0] is None or searched[0] >= 2**31 else "int32"


def digitize(call: Call) -> Shape:
    """`(…), (bins,) → (…)`"""
    bins = shape_of(sized(call, "bins"))
    if len(bins) > 1:
        raise ShapeError(f"expects a list of bins, got {shape_text(bins)}", argument="bins")
    return shape_of(first(call))


def bincount(call: Call) -> Shape:
    """`(…, n) → (…, null)`: the size depends on the largest value."""
    return (*shape_of(first(call))[:-1], None)


def bincount_dtype(call: Call) -> str:
    weights = constant(call, "weights")
    if weights is None:
        return "int32"
    return promote(first(call).dtype, "int32" if all(isinstance(w, int) for w in weights) else "float32")


def nonzero(call: Call) -> list[TensorType]:
    """`(a, b, …) → (null,)` for each axis"""
    return [TensorType((None,), "int32")] * len(shape_of(first(call)))


def unique(call: Call) -> list[TensorType]:
    """`(…) → (size,)`, then index, inverse and counts if requested."""
    x, shape, size, axis = first(call), shape_of(first(call)), constant(call, "size"), constant(call, "axis")
    place = None if axis is None else axis_in(shape, axis)
    outputs = [TensorType((size,) if place is None else replaced(shape, place, size), x.dtype)]
    if constant(call, "return_index"):
        outputs.append(TensorType((size,), "int32"))
    if constant(call, "return_inverse"):
        outputs.append(TensorType(shape if place is None else (shape[place],), "int32"))
    if constant(call, "return_counts"):
        outputs.append(TensorType((size,), "int32"))
    return outputs


def unravel_index(call: Call) -> list[TensorType]:
    """`(…) → (…)` for each axis of the shape; `(null,)` if one of its sizes is unknown."""
    indices, shape = first(call), constant(call, "shape")
    return [TensorType((None,) if None in shape else indices.shape, indices.dtype)] * len(shape)


def in_top_k(call: Call) -> Shape:
    """`(n,), (n, classes) → (n,)`"""
    return shape_of(operand(call, "targets"))


def _hot(call: Call) -> Shape:
    shape, classes, axis = shape_of(first(call)), constant(call, "num_classes"), constant(call, "axis")
    if axis != -1 and not 0 <= axis < len(shape):
        raise invalid_constant(f"cannot add axis {axis} to {shape_text(shape)}", "axis", MULTI_HOT_AXES)
    return inserted(shape, len(shape) if axis == -1 else axis, classes)


def _item_sizes(shape: Shape, axis: int, part: int | slice) -> list[Dim]:
    """The sizes that an integer or a slice leaves of an axis."""
    size = shape[axis]
    if isinstance(part, slice):
        if part.step == 0:
            raise invalid_constant("has a step of 0", "key", "write a positive or negative step")
        return [None if size is None else len(range(*part.indices(size)))]
    if size is not None and not -size <= part < size:
        raise invalid_constant(
            f"has no index {part} on axis {axis} of {shape_text(shape)}, whose size is {size}",
            "key",
            f"write 0 to {size - 1}, or a negative index",
        )
    return []


RULES: dict[str, InferenceRule] = {
    "get_item": op(get_item, same),
    "slice": op(slice_op, same),
    **dict.fromkeys(["slice_update", "scatter_update"], op(lambda call: shape_of(first(call)), same)),
    "scatter": op(lambda call: tuple(constant(call, "shape")), lambda call: operand(call, "values").dtype),
    "take": op(take, same),
    "take_along_axis": op(take_along_axis, same),
    "one_hot": op(one_hot, one_hot_dtype),
    "multi_hot": op(multi_hot, one_hot_dtype),
    "searchsorted": op(searchsorted, searchsorted_dtype),
    "digitize": op(digitize, "int32"),
    "bincount": op(bincount, bincount_dtype, per_input),
    "nonzero": several(nonzero, moves_only=True),
    "unique": several(unique),
    "unravel_index": several(unravel_index),
    "in_top_k": op(in_top_k, "bool"),
}
