"""Ops that lay the same elements out anew: other axes, another order, copies, borders."""

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
    of_rank,
    op,
    replaced,
    shape_of,
    times,
    unfit,
    without,
)
from kspec.analysis.shapes.types import Call, Dim, InferenceRule, Shape, ShapeError
from kspec.syntax.yaml_flow import shape_text


def reshaped(call: Call) -> Shape:
    """`(…) → newshape`, of equal size; -1 is whatever is left, unknown where a size is."""
    shape, written = shape_of(first(call)), constant(call, "newshape")
    new: list[Dim] = [written] if isinstance(written, int) else list(written)
    if any(size is not None and size < -1 for size in new) or new.count(-1) > 1:
        raise unfit(f"reshapes to {shape_text(new)}", "newshape", "sizes, and at most one -1 for what is left")
    if None in shape or None in new:
        return tuple(None if size == -1 else size for size in new)
    size, rest = size_of(shape), size_of(size for size in new if size != -1)
    assert size is not None
    assert rest is not None
    fits = size == rest if -1 not in new else rest != 0 and size % rest == 0
    if not fits:
        raise unfit(
            f"reshapes {shape_text(shape)}, of {size} elements, to {shape_text(new)}",
            "newshape",
            "the sizes multiply to the number of elements; -1 stands for what is left",
        )
    return tuple(size // rest if dim == -1 else dim for dim in new)


def flat(call: Call) -> Shape:
    """`(a, b, …) → (a·b·…,)`"""
    return (size_of(shape_of(first(call))),)


def transposed(call: Call) -> Shape:
    """`(a, b, c) → ` the same sizes in another order; without axes, reversed."""
    shape, axes = shape_of(first(call)), constant(call, "axes")
    if axes is None:
        return shape[::-1]
    if len(axes) != len(shape):
        raise unfit(
            f"names {len(axes)} axes of {shape_text(shape)}, which has {len(shape)}",
            "axes",
            "name each axis, the batch too",
        )
    return tuple(shape[axis] for axis in axes_in(shape, axes, "axes"))


def swapped(call: Call) -> Shape:
    """`(…, a, …, b, …) → (…, b, …, a, …)`"""
    shape = shape_of(first(call))
    one, other = (axis_in(shape, constant(call, name), name) for name in ("axis1", "axis2"))
    return replaced(replaced(shape, one, shape[other]), other, shape[one])


def moved(call: Call) -> Shape:
    """Axes at `source` stand at `destination`; the others keep their order."""
    shape = shape_of(first(call))
    said = [constant(call, name) for name in ("source", "destination")]
    sources, destinations = ([axes] if isinstance(axes, int) else axes for axes in said)
    if len(sources) != len(destinations):
        raise unfit(f"moves {len(sources)} axes to {len(destinations)} places", "destination", "name one for each")
    sources, destinations = axes_in(shape, sources, "source"), axes_in(shape, destinations, "destination")
    order = [axis for axis in range(len(shape)) if axis not in sources]
    for destination, source in sorted(zip(destinations, sources, strict=True)):
        order.insert(destination, source)
    return tuple(shape[axis] for axis in order)


def expanded(call: Call) -> Shape:
    """`(…) → (…, 1, …)`"""
    shape, axis = shape_of(first(call)), constant(call, "axis")
    rank = len(shape) + (1 if isinstance(axis, int) else len(axis))
    for new in sorted(axes_in(shape, axis, rank=rank)):
        shape = inserted(shape, new, 1)
    return shape


def squeezed(call: Call) -> Shape:
    """`(…, 1, …) → (…)`; without an axis, all of size 1 go."""
    shape, axis = shape_of(first(call)), constant(call, "axis")
    if axis is None:
        return tuple(size for size in shape if size != 1)
    axes = axes_in(shape, axis)
    for gone in axes:
        if shape[gone] != 1:
            raise unfit(f"squeezes axis {gone} of {shape_text(shape)}, whose size is not 1", "axis")
    return without(shape, *axes)


def flipped(call: Call) -> Shape:
    """`(…) → (…)`, with some axes the other way round or moved along."""
    shape, axis = shape_of(first(call)), constant(call, "axis")
    if axis is not None:
        for each in [axis] if isinstance(axis, int) else axis:
            axis_in(shape, each)
    return shape


def turned(call: Call) -> Shape:
    """`(…, a, …, b, …) → (…, b, …, a, …)`: Keras swaps the sizes however often it turns."""
    shape, axes = at_least(shape_of(first(call)), 2), constant(call, "axes")
    one, other = axes_in(shape, axes, "axes")
    return replaced(replaced(shape, one, shape[other]), other, shape[one])


def repeated(call: Call) -> Shape:
    """`(…, n, …) → (…, n·repeats, …)`; several repeats are one for each place. Without an axis, all in a row."""
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
        raise unfit(f"repeats {size} places by {len(counts)} numbers", "repeats", f"one number, or {size}")
    return replaced(shape, place, sum(counts))


def tiled(call: Call) -> Shape:
    """`(a, b) → (a·r, b·s)`; the shorter of shape and repeats is filled with ones in front."""
    shape, repeats = shape_of(first(call)), constant(call, "repeats")
    counts = [repeats] if isinstance(repeats, int) else list(repeats)
    rank = max(len(shape), len(counts))
    sizes = (*[1] * (rank - len(shape)), *shape)
    return tuple(times(size, n) for size, n in zip(sizes, [1] * (rank - len(counts)) + counts, strict=True))


def padded(call: Call) -> Shape:
    """`(…, n, …) → (…, before + n + after, …)`"""
    shape, width = shape_of(first(call)), constant(call, "pad_width")
    if isinstance(width, int):
        width = [width, width]
    widths = [width] if isinstance(width[0], int) else width
    if len(widths) == 1:
        widths = widths * len(shape)
    if len(widths) != len(shape):
        raise unfit(
            f"pads {len(widths)} axes of {shape_text(shape)}, which has {len(shape)}",
            "pad_width",
            "a pair for each axis, the batch's first, which is [0, 0]",
        )
    return tuple(None if size is None else size + sum(pair) for size, pair in zip(shape, widths, strict=True))


def broadcast_to(call: Call) -> Shape:
    """`(…) → shape`, which it must broadcast to."""
    shape, target = shape_of(first(call)), tuple(constant(call, "shape"))
    if broadcast(shape, target) is None:
        raise unfit(f"broadcasts {shape_text(shape)} to {shape_text(target)}, which does not fit", "shape", BROADCASTS)
    return target


def diagonal_matrix(call: Call) -> Shape:
    """`(n,) → (n + |k|, n + |k|)`, and back: `(a, b) → (n,)`, the length of its diagonal."""
    shape, k = shape_of(first(call)), constant(call, "k")
    if len(shape) == 1:
        return _square(shape[0], k)
    if len(shape) != 2:
        raise ShapeError(f"needs an input of rank 1 or 2, and is given {shape_text(shape)}")
    return (_diagonal_length(shape[0], shape[1], k),)


def flat_diagonal(call: Call) -> Shape:
    """`(…), of n elements → (n + |k|, n + |k|)`"""
    return _square(size_of(shape_of(first(call))), constant(call, "k"))


def diagonal(call: Call) -> Shape:
    """`(…, a, …, b, …) → (…, n)`, the length of each diagonal."""
    shape, axes = _two_axes(call)
    length = _diagonal_length(shape[axes[0]], shape[axes[1]], constant(call, "offset"))
    return (*without(shape, *axes), length)


def traced(call: Call) -> Shape:
    """`(…, a, …, b, …) → (…)`"""
    shape, axes = _two_axes(call)
    return without(shape, *axes)


def powers(call: Call) -> Shape:
    """`(n,) → (n, N)`; N is n where it is not said."""
    (size,) = of_rank(shape_of(first(call)), 1)
    said = constant(call, "N")
    return (size, size if said is None else said)


def viewed(call: Call) -> Shape:
    """`(…, n) → (…, n·old bytes / new bytes)`"""
    x, shape = first(call), shape_of(first(call))
    old, new = bytes_of(x.dtype), bytes_of(of_cast(call))
    if old == new:
        return shape
    size = at_least(shape, 1)[-1]
    if size is not None and size * old % new:
        raise unfit(
            f"views {shape_text(shape)} of {x.dtype} as {of_cast(call)}: the bytes do not come out even", "dtype"
        )
    return (*shape[:-1], None if size is None else size * old // new)


def rearranged(call: Call) -> Shape:
    """`a b c → (a b) c`: axes by name, in another order, some of them multiplied into one."""
    shape, pattern = shape_of(first(call)), constant(call, "pattern")
    sides = re.split(r"\s*->\s*", pattern)
    if len(sides) != 2:
        raise unfit(f"cannot read the pattern `{pattern}`", "pattern", "name the axes: `b h w c -> b (h w) c`")
    given, wanted = (re.findall(r"\w+|\(.*?\)", side) for side in sides)
    if None in shape:
        raise ShapeError(
            f"needs to know all sizes of its input, and is given {shape_text(shape)}", help="use `op: transpose`"
        )
    sizes: dict[str, int] = {}
    for axis, size in zip(given, shape, strict=False):
        parts = axis.strip("()").split()
        if len(parts) > 1:
            raise unfit(f"cannot tell the sizes in `{axis}`", "pattern", "split the axis first: `op: reshape`")
        assert size is not None
        sizes[parts[0]] = size
    result: list[int] = []
    for group in wanted:
        product: Any = 1
        for axis in group.strip("()").split():
            if axis not in sizes:
                raise unfit(f"gives `{axis}`, which its pattern does not take", "pattern")
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
        raise unfit(f"takes axis {axes[0]} of {shape_text(shape)} twice", "axis2", "name two different axes")
    return shape, axes


RULES: dict[str, InferenceRule] = {
    "reshape": op(reshaped, same),
    "ravel": op(flat, same),
    "transpose": op(transposed, same),
    "swapaxes": op(swapped, same),
    "moveaxis": op(moved, same),
    "expand_dims": op(expanded, same),
    "squeeze": op(squeezed, same),
    **dict.fromkeys(["flip", "roll"], op(flipped, same)),
    "fliplr": op(lambda call: at_least(shape_of(first(call)), 2), same),
    "flipud": op(lambda call: at_least(shape_of(first(call)), 1), same),
    "rot90": op(turned, same),
    "repeat": op(repeated, same),
    "tile": op(tiled, same),
    "pad": op(padded, same),
    "broadcast_to": op(broadcast_to, same),
    "diag": op(diagonal_matrix, same),
    "diagflat": op(flat_diagonal, same),
    "diagonal": op(diagonal, same),
    "trace": op(traced, of_first(sum_of)),
    "vander": op(powers, same),
    "view": op(viewed, of_cast),
    "rearrange": op(rearranged, same),
}
