"""Ops that rearrange, repeat or pad elements."""

from __future__ import annotations

import re
from typing import Any

from kspec.analysis.shapes.broadcasting import BROADCASTS, broadcast, size_of
from kspec.analysis.shapes.dtypes import bytes_of, sum_of
from kspec.analysis.shapes.ops.elementwise import of_cast, of_first, same
from kspec.analysis.shapes.ops.rule_helpers import (
    at_least,
    axes_in,
    axis_in,
    constant,
    first,
    inserted,
    invalid_constant,
    of_rank,
    op,
    replaced,
    shape_of,
    times,
    without,
)
from kspec.analysis.shapes.types import Call, Dim, InferenceRule, Shape, ShapeError
from kspec.syntax.yaml_flow import shape_text


def reshape(call: Call) -> Shape:
    """`(…) → newshape`, of equal size; -1 stands for the remaining size, unknown if a size is."""
    shape, written = shape_of(first(call)), constant(call, "newshape")
    new: list[Dim] = [written] if isinstance(written, int) else list(written)
    if any(size is not None and size < -1 for size in new) or new.count(-1) > 1:
        raise invalid_constant(
            f"has an invalid `newshape` {shape_text(new)}",
            "newshape",
            "write sizes, and at most one -1 for the remaining size",
        )
    if None in shape or None in new:
        return tuple(None if size == -1 else size for size in new)
    size, rest = size_of(shape), size_of(size for size in new if size != -1)
    assert size is not None
    assert rest is not None
    fits = size == rest if -1 not in new else rest != 0 and size % rest == 0
    if not fits:
        raise invalid_constant(
            f"cannot reshape {shape_text(shape)}, {size} values, to {shape_text(new)}",
            "newshape",
            "the product of the sizes must stay the same; -1 stands for the remaining size",
        )
    return tuple(size // rest if dim == -1 else dim for dim in new)


def ravel(call: Call) -> Shape:
    """`(a, b, …) → (a·b·…,)`"""
    return (size_of(shape_of(first(call))),)


def transpose(call: Call) -> Shape:
    """`(a, b, c) → (…)`: the same sizes in another order; without axes, reversed."""
    shape, axes = shape_of(first(call)), constant(call, "axes")
    if axes is None:
        return shape[::-1]
    if len(axes) != len(shape):
        raise invalid_constant(
            f"has {len(axes)} `axes`, but {len(shape)} in its input {shape_text(shape)}",
            "axes",
            "name each axis, the batch included",
        )
    return tuple(shape[axis] for axis in axes_in(shape, axes, "axes"))


def swapaxes(call: Call) -> Shape:
    """`(…, a, …, b, …) → (…, b, …, a, …)`"""
    shape = shape_of(first(call))
    one, other = (axis_in(shape, constant(call, name), name) for name in ("axis1", "axis2"))
    return replaced(replaced(shape, one, shape[other]), other, shape[one])


def moveaxis(call: Call) -> Shape:
    """Move the axes at `source` to `destination`; the others keep their order."""
    shape = shape_of(first(call))
    pair = [constant(call, name) for name in ("source", "destination")]
    sources, destinations = ([axes] if isinstance(axes, int) else axes for axes in pair)
    if len(sources) != len(destinations):
        raise invalid_constant(
            f"cannot move {len(sources)} axes to {len(destinations)} positions", "destination", "write one for each"
        )
    sources, destinations = axes_in(shape, sources, "source"), axes_in(shape, destinations, "destination")
    order = [axis for axis in range(len(shape)) if axis not in sources]
    for destination, source in sorted(zip(destinations, sources, strict=True)):
        order.insert(destination, source)
    return tuple(shape[axis] for axis in order)


def expand_dims(call: Call) -> Shape:
    """`(…) → (…, 1, …)`"""
    shape, axis = shape_of(first(call)), constant(call, "axis")
    rank = len(shape) + (1 if isinstance(axis, int) else len(axis))
    for new in sorted(axes_in(shape, axis, rank=rank)):
        shape = inserted(shape, new, 1)
    return shape


def squeeze(call: Call) -> Shape:
    """`(…, 1, …) → (…)`; without an axis, all of size 1 are removed."""
    shape, axis = shape_of(first(call)), constant(call, "axis")
    if axis is None:
        return tuple(size for size in shape if size != 1)
    axes = axes_in(shape, axis)
    for index in axes:
        if shape[index] != 1:
            raise invalid_constant(f"cannot squeeze axis {index} of {shape_text(shape)}: its size is not 1", "axis")
    return without(shape, *axes)


def flip(call: Call) -> Shape:
    """`(…) → (…)`, with some axes reversed or shifted."""
    shape, axis = shape_of(first(call)), constant(call, "axis")
    if axis is not None:
        for each in [axis] if isinstance(axis, int) else axis:
            axis_in(shape, each)
    return shape


def rot90(call: Call) -> Shape:
    """`(…, a, …, b, …) → (…, b, …, a, …)`: Keras swaps the sizes for any number of turns."""
    shape, axes = at_least(shape_of(first(call)), 2), constant(call, "axes")
    one, other = axes_in(shape, axes, "axes")
    return replaced(replaced(shape, one, shape[other]), other, shape[one])


def repeat(call: Call) -> Shape:
    """`(…, n, …) → (…, n·repeats, …)`; a list has one for each position. Without an axis, flattened."""
    shape, repeats, axis = shape_of(first(call)), constant(call, "repeats"), constant(call, "axis")
    counts = [repeats] if isinstance(repeats, int) else repeats
    place = 0 if axis is None else axis_in(shape, axis)
    if axis is None:
        shape = (size_of(shape),)
    size = shape[place]
    if size is None:
        return shape
    if len(counts) == 1:
        return replaced(shape, place, size * counts[0])
    if len(counts) != size:
        raise invalid_constant(
            f"has {len(counts)} `repeats` for {size} positions", "repeats", f"write one number, or {size}"
        )
    return replaced(shape, place, sum(counts))


def tile(call: Call) -> Shape:
    """`(a, b) → (a·r, b·s)`; the shorter of shape and repeats is prefixed with ones."""
    shape, repeats = shape_of(first(call)), constant(call, "repeats")
    counts = [repeats] if isinstance(repeats, int) else list(repeats)
    rank = max(len(shape), len(counts))
    sizes = (*[1] * (rank - len(shape)), *shape)
    return tuple(times(size, n) for size, n in zip(sizes, [1] * (rank - len(counts)) + counts, strict=True))


def pad(call: Call) -> Shape:
    """`(…, n, …) → (…, before + n + after, …)`"""
    shape, width = shape_of(first(call)), constant(call, "pad_width")
    if isinstance(width, int):
        width = [width, width]
    widths = [width] if isinstance(width[0], int) else width
    if len(widths) == 1:
        widths = widths * len(shape)
    if len(widths) != len(shape):
        raise invalid_constant(
            f"has {len(widths)} pairs in `pad_width`, but {len(shape)} axes in its input {shape_text(shape)}",
            "pad_width",
            "write a pair for each axis; [0, 0] for the batch comes first",
        )
    return tuple(None if size is None else size + sum(pair) for size, pair in zip(shape, widths, strict=True))


def broadcast_to(call: Call) -> Shape:
    """`(…) → shape`, if it broadcasts to that."""
    shape, target = shape_of(first(call)), tuple(constant(call, "shape"))
    if broadcast(shape, target) is None:
        raise invalid_constant(f"cannot broadcast {shape_text(shape)} to {shape_text(target)}", "shape", BROADCASTS)
    return target


def diag(call: Call) -> Shape:
    """`(n,) → (n + |k|, n + |k|)`, and back: `(a, b) → (n,)`, the length of its diagonal."""
    shape, k = shape_of(first(call)), constant(call, "k")
    if len(shape) == 1:
        return _square(shape[0], k)
    if len(shape) != 2:
        raise ShapeError(f"expects 1- or 2-dimensional input, got {shape_text(shape)}")
    return (_diagonal_length(shape[0], shape[1], k),)


def diagflat(call: Call) -> Shape:
    """`(…), of n elements → (n + |k|, n + |k|)`"""
    return _square(size_of(shape_of(first(call))), constant(call, "k"))


def diagonal(call: Call) -> Shape:
    """`(…, a, …, b, …) → (…, n)`, the length of each diagonal."""
    shape, axes = _two_axes(call)
    length = _diagonal_length(shape[axes[0]], shape[axes[1]], constant(call, "offset"))
    return (*without(shape, *axes), length)


def trace(call: Call) -> Shape:
    """`(…, a, …, b, …) → (…)`"""
    shape, axes = _two_axes(call)
    return without(shape, *axes)


def vander(call: Call) -> Shape:
    """`(n,) → (n, N)`; N defaults to n."""
    (size,) = of_rank(shape_of(first(call)), 1)
    columns = constant(call, "N")
    return (size, size if columns is None else columns)


def view(call: Call) -> Shape:
    """`(…, n) → (…, n·old bytes / new bytes)`"""
    x, shape = first(call), shape_of(first(call))
    old, new = bytes_of(x.dtype), bytes_of(of_cast(call))
    if old == new:
        return shape
    size = at_least(shape, 1)[-1]
    if size is not None and size * old % new:
        raise invalid_constant(
            f"cannot view {shape_text(shape)} of {x.dtype} as {of_cast(call)}: the bytes do not divide evenly",
            "dtype",
        )
    return (*shape[:-1], None if size is None else size * old // new)


def rearrange(call: Call) -> Shape:
    """`a b c → (a b) c`: axes by name, reordered, some of them merged."""
    shape, pattern = shape_of(first(call)), constant(call, "pattern")
    sides = re.split(r"\s*->\s*", pattern)
    if len(sides) != 2:
        raise invalid_constant(f"cannot read the pattern `{pattern}`", "pattern", "write `b h w c -> b (h w) c`")
    inputs, outputs = (re.findall(r"\w+|\(.*?\)", side) for side in sides)
    if None in shape:
        raise ShapeError(f"expects input of known size, got {shape_text(shape)}", help="use `op: transpose`")
    sizes: dict[str, int] = {}
    for axis, size in zip(inputs, shape, strict=False):
        parts = axis.strip("()").split()
        if len(parts) > 1:
            raise invalid_constant(
                f"cannot infer the sizes in `{axis}`", "pattern", "split the axis first with `op: reshape`"
            )
        assert size is not None
        sizes[parts[0]] = size
    result: list[int] = []
    for group in outputs:
        product: Any = 1
        for axis in group.strip("()").split():
            if axis not in sizes:
                raise invalid_constant(f"has the axis `{axis}` in its output, but not in its input", "pattern")
            product *= sizes[axis]
        result.append(product)
    return tuple(result)


def _square(size: Dim, k: int) -> Shape:
    return (None, None) if size is None else (size + abs(k),) * 2


def _diagonal_length(rows: Dim, columns: Dim, offset: int) -> Dim:
    if rows is None or columns is None:
        return None
    left = columns - offset if offset > 0 else rows + offset
    return max(0, min(left, rows, columns))


def _two_axes(call: Call) -> tuple[Shape, list[int]]:
    shape = at_least(shape_of(first(call)), 2)
    axes = [axis_in(shape, constant(call, name), name) for name in ("axis1", "axis2")]
    if axes[0] == axes[1]:
        raise invalid_constant(f"names the same axis of {shape_text(shape)} twice", "axis2", "name two different axes")
    return shape, axes


RULES: dict[str, InferenceRule] = {
    "reshape": op(reshape, same),
    "ravel": op(ravel, same),
    "transpose": op(transpose, same),
    "swapaxes": op(swapaxes, same),
    "moveaxis": op(moveaxis, same),
    "expand_dims": op(expand_dims, same),
    "squeeze": op(squeeze, same),
    **dict.fromkeys(["flip", "roll"], op(flip, same)),
    "fliplr": op(lambda call: at_least(shape_of(first(call)), 2), same),
    "flipud": op(lambda call: at_least(shape_of(first(call)), 1), same),
    "rot90": op(rot90, same),
    "repeat": op(repeat, same),
    "tile": op(tile, same),
    "pad": op(pad, same),
    "broadcast_to": op(broadcast_to, same),
    "diag": op(diag, same),
    "diagflat": op(diagflat, same),
    "diagonal": op(diagonal, same),
    "trace": op(trace, of_first(sum_of)),
    "vander": op(vander, same),
    "view": op(view, of_cast),
    "rearrange": op(rearrange, same),
}
