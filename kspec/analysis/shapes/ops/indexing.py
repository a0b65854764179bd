"""Ops that pick elements out, put them in, or count where they are."""

from __future__ import annotations

from typing import Any

from kspec.analysis.shapes.broadcasting import broadcast_or_refuse, size_of
from kspec.analysis.shapes.dtypes import FLOATX, promote
from kspec.analysis.shapes.ops.elementwise import dtype_named, same
from kspec.analysis.shapes.ops.rule_helpers import (
    axis_in,
    constant,
    first,
    inserted,
    of_rank,
    op,
    operand,
    per_input,
    replaced,
    several,
    shape_of,
    sized,
    unfit,
)
from kspec.analysis.shapes.types import Call, Dim, InferenceRule, Shape, ShapeError, TensorType
from kspec.ir.slices import SliceError, parse_slices
from kspec.syntax.yaml_flow import shape_text

MULTI_HOT_AXES = "-1 for a new last axis, or the place of the new axis"


def item(call: Call) -> Shape:
    """`(a, b, c)[key]`: an integer drops its axis, a slice shortens it, `None` adds one, `...` skips the others."""
    shape, written = shape_of(first(call)), constant(call, "key")
    try:
        key = parse_slices(written)
    except SliceError as error:
        raise unfit(f"cannot read its index: {error}", "key") from None
    if not isinstance(key, (int, tuple)):
        raise unfit(f"takes `{written}` alone, which Keras does not", "key", f'write "{written},"')
    return indexed(shape, (key,) if isinstance(key, int) else key, written)


def indexed(shape: Shape, key: tuple[Any, ...], written: Any) -> Shape:
    """What an index leaves of a shape.

    Args:
        written: The index as the user wrote it.
    """
    taken = sum(part is not None and part is not ... for part in key)
    if key.count(...) > 1:
        raise unfit(f"takes `{written}`, with `...` twice", "key", "`...` stands once, for all axes not named")
    if taken > len(shape):
        raise unfit(
            f"takes `{written}` of {shape_text(shape)}, which has {len(shape)} axes", "key", "the batch is the first"
        )
    result: list[Dim] = []
    axis = 0
    for part in key if ... in key else (*key, ...):
        if part is None:
            result.append(1)
        elif part is ...:
            result += shape[axis : axis + len(shape) - taken]
            axis += len(shape) - taken
        else:
            result += _taken(shape, axis, part)
            axis += 1
    return tuple(result)


def sliced(call: Call) -> Shape:
    """`(…) → shape`; -1 goes on to the end of its axis."""
    shape, starts, sizes = (shape_of(first(call)), constant(call, "start_indices"), constant(call, "shape"))
    for name, given in (("shape", sizes), ("start_indices", starts)):
        if len(given) != len(shape):
            raise unfit(f"gives {len(given)} numbers for {shape_text(shape)}", name, "one for each axis, the batch too")
    result = zip(shape, starts, sizes, strict=True)
    return tuple(size if size != -1 else None if known is None else known - start for known, start, size in result)


def taken(call: Call) -> Shape:
    """`(…, n, …), (i, j) → (…, i, j, …)`; without an axis, `(i, j)` of all elements in a row."""
    shape, indices, axis = shape_of(first(call)), shape_of(operand(call, "indices")), constant(call, "axis")
    if axis is None:
        return indices
    place = axis_in(shape, axis)
    return (*shape[:place], *indices, *shape[place + 1 :])


def taken_along_axis(call: Call) -> Shape:
    """`(…, m, …), (…, n, …) → (…, n, …)`: the other axes broadcast; without an axis, all elements in a row."""
    shape, indices, axis = shape_of(first(call)), shape_of(sized(call, "indices")), constant(call, "axis")
    if axis is None:
        shape = (size_of(shape),)
    if len(shape) != len(indices):
        raise ShapeError(
            f"takes from {shape_text(shape)} by indices of {shape_text(indices)}",
            help="the indices have as many axes as the input" if axis is not None else "say which `axis`",
        )
    place = 0 if axis is None else axis_in(shape, axis)
    doing = f"takes from {shape_text(shape)} by indices of {shape_text(indices)}"
    return broadcast_or_refuse([replaced(shape, place, indices[place]), indices], doing)


def one_hot(call: Call) -> Shape:
    """`(…) → (…, classes)`, the new axis at `axis`."""
    return _hot(call)


def multi_hot(call: Call) -> Shape:
    """`(batch, n) → (batch, classes)`, and `(n,) → (classes,)`: one-hot, with the second axis folded."""
    hot = _hot(call)
    return hot[-1:] if len(hot) == 2 else (hot[0], *hot[2:])


def of_one_hot(call: Call) -> str:
    said = constant(call, "dtype")
    return FLOATX if said is None else dtype_named(said)


def found(call: Call) -> Shape:
    """`(n,), (…) → (…)`: the place of each value."""
    of_rank(shape_of(operand(call, "sorted_sequence")), 1)
    return shape_of(operand(call, "values"))


def of_places(call: Call) -> str:
    """int32 where the length of what is searched is known to fit."""
    searched = operand(call, "sorted_sequence").shape
    return "int64" if not searched or searched[0] is None or searched[0] >= 2**31 else "int32"


def binned(call: Call) -> Shape:
    """`(…), (bins,) → (…)`"""
    bins = shape_of(sized(call, "bins"))
    if len(bins) > 1:
        raise ShapeError(f"takes bins in one row, and is given {shape_text(bins)}", argument="bins")
    return shape_of(first(call))


def counted(call: Call) -> Shape:
    """`(…, n) → (…, null)`: as many as the largest value says."""
    return (*shape_of(first(call))[:-1], None)


def of_count(call: Call) -> str:
    weights = constant(call, "weights")
    if weights is None:
        return "int32"
    return promote(first(call).dtype, "int32" if all(isinstance(w, int) for w in weights) else "float32")


def places(call: Call) -> list[TensorType]:
    """`(a, b, …) → (null,)` for each axis"""
    return [TensorType((None,), "int32")] * len(shape_of(first(call)))


def unique(call: Call) -> list[TensorType]:
    """`(…) → (size,)`, and the places, the inverse and the counts where they are asked for."""
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


def unravelled(call: Call) -> list[TensorType]:
    """`(…) → (…)` for each axis of the shape; `(null,)` where one of its sizes is not known."""
    indices, shape = first(call), constant(call, "shape")
    return [TensorType((None,) if None in shape else indices.shape, indices.dtype)] * len(shape)


def in_top_k(call: Call) -> Shape:
    """`(n,), (n, classes) → (n,)`"""
    return shape_of(operand(call, "targets"))


def _hot(call: Call) -> Shape:
    shape, classes, axis = shape_of(first(call)), constant(call, "num_classes"), constant(call, "axis")
    if axis != -1 and not 0 <= axis < len(shape):
        raise unfit(f"adds axis {axis} to {shape_text(shape)}", "axis", MULTI_HOT_AXES)
    return inserted(shape, len(shape) if axis == -1 else axis, classes)


def _taken(shape: Shape, axis: int, part: int | slice) -> list[Dim]:
    """What an integer or a slice leaves of an axis."""
    size = shape[axis]
    if isinstance(part, slice):
        if part.step == 0:
            raise unfit("steps by 0", "key", "a step is 1 or more, or negative")
        return [None if size is None else len(range(*part.indices(size)))]
    if size is not None and not -size <= part < size:
        raise unfit(
            f"takes place {part} on axis {axis} of {shape_text(shape)}, whose size is {size}",
            "key",
            f"from 0 to {size - 1}, or counted from the end",
        )
    return []


RULES: dict[str, InferenceRule] = {
    "get_item": op(item, same),
    "slice": op(sliced, same),
    **dict.fromkeys(["slice_update", "scatter_update"], op(lambda call: shape_of(first(call)), same)),
    "scatter": op(lambda call: tuple(constant(call, "shape")), lambda call: operand(call, "values").dtype),
    "take": op(taken, same),
    "take_along_axis": op(taken_along_axis, same),
    "one_hot": op(one_hot, of_one_hot),
    "multi_hot": op(multi_hot, same),
    "searchsorted": op(found, of_places),
    "digitize": op(binned, "int32"),
    "bincount": op(counted, of_count, per_input),
    "nonzero": several(places, counted=True),
    "unique": several(unique),
    "unravel_index": several(unravelled),
    "in_top_k": op(in_top_k, "bool"),
}
