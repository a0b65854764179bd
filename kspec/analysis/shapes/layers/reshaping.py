"""Layers that move, repeat or crop values, or pad them with zeros."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from kspec.analysis.shapes.broadcasting import size_of
from kspec.analysis.shapes.layers.shared import (
    axes_of,
    moved_dtype,
    number_shape,
    one,
    rank_error,
    several,
    size_words,
    unknown,
)
from kspec.analysis.shapes.types import Call, InferenceRule, InferredCall, Shape, ShapeError
from kspec.diagnostics import codes
from kspec.syntax.yaml_flow import shape_text, to_yaml


def flatten(call: Call) -> InferredCall:
    """`(batch, a, b, …) → (batch, a · b · …)`; of `(batch)`, `(batch, 1)`. Integers stay integers."""
    shape = call.x.shape
    if shape == ():
        raise ShapeError(
            "expects a value for each example, got one for the whole batch",
            help="keep the batch: reduce over axis 1 and up",
        )
    return one(None if shape is None else (shape[0], size_of(shape[1:])), moved_dtype(call), (), 0)


def reshape(call: Call) -> InferredCall:
    """`(batch, …) → (batch, target_shape…)` with as many values; -1 stands for the remaining size."""
    target: Shape = tuple(call["target_shape"])
    if any(size is not None and size < -1 for size in target) or target.count(-1) > 1:
        raise ShapeError(
            f"has an invalid `target_shape: {to_yaml(target)}`",
            help="sizes are 0 or more; one of them may be -1, for the remaining size",
            argument="target_shape",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )
    shape, dtype = call.x.shape, moved_dtype(call)
    if shape is None:
        return one((None, *(None if size == -1 else size for size in target)), dtype, (), 0)
    total, product = size_of(shape[1:]), size_of(size for size in target if size != -1)
    if total is None or product is None:
        return one((shape[0], *(None if size == -1 else size for size in target)), dtype, (), 0)
    over = -1 in target
    if (product == 0 or total % product) if over else total != product:
        need = f"a multiple of {product}" if over else str(product)
        raise ShapeError(
            f"cannot reshape {shape_text(shape)}, {total} values per example, to `target_shape: {to_yaml(target)}`, "
            f"which holds {need}",
            help="the product of the sizes must stay the same" + ("" if over else "; -1 stands for the remaining size"),
            argument="target_shape",
        )
    return one((shape[0], *(total // product if size == -1 else size for size in target)), dtype, (), 0)


def permute(call: Call) -> InferredCall:
    """`(batch, a, b, c) → (batch, b, a, c)` for `dims: [2, 1, 3]`. Integers stay integers."""
    dims, shape = call["dims"], call.x.shape
    if sorted(dims) != list(range(1, len(dims) + 1)):
        raise ShapeError(
            f"has `dims: {to_yaml(dims)}`, which is no permutation of 1 to {len(dims)}",
            help="name each axis once; the batch does not count",
            argument="dims",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )
    if shape is None:
        return one((None,) * (len(dims) + 1), moved_dtype(call), (), 0)
    if len(shape) != len(dims) + 1:
        raise ShapeError(
            f"has {len(dims)} `dims`, but {len(shape) - 1} axes besides the batch in its input {shape_text(shape)}",
            help="name each axis once in `dims`, from 1; the batch does not count",
            argument="dims",
        )
    return one((shape[0], *(shape[axis] for axis in dims)), moved_dtype(call), (), 0)


def repeat_vector(call: Call) -> InferredCall:
    """`(batch, features) → (batch, n, features)`."""
    shape = number_shape(call)
    if shape is None:
        return one((None, call["n"], None), moved_dtype(call), (), 0)
    if len(shape) != 2:
        raise rank_error(call, shape, ["features"])
    return one((shape[0], call["n"], shape[1]), moved_dtype(call), (), 0)


def _resized(count: int, size: Callable[[Call], Iterable[Callable[[int], int]]]) -> InferenceRule:
    """`(…, channels) → (…', channels)`: each spatial axis is resized by a function of its own."""

    def rule(call: Call) -> InferredCall:
        axes = axes_of(call, count)
        if axes is None:
            return unknown(call)
        resize = zip(size(call), axes.spatial, strict=True)
        spatial = tuple(None if dim is None else to(dim) for to, dim in resize)
        if any(dim is not None and dim < 1 for dim in spatial):
            ends = _ends(call["cropping"], count)
            raise ShapeError(
                f"crops {size_words(map(sum, ends))} off an input of {size_words(axes.spatial)}, which leaves nothing",
                help="crop less than the input's size, both ends included",
                argument="cropping",
                code=codes.DIMENSION_COLLAPSE,
            )
        return one(axes.with_sizes(spatial, axes.channels), moved_dtype(call), (), 0)

    return rule


def cropping(count: int) -> InferenceRule:
    """`(…, channels) → (…', channels)`: both ends of each spatial axis are cut off."""
    return _resized(count, lambda call: [_plus(-a - b) for a, b in _ends(call["cropping"], count)])


def padding(count: int) -> InferenceRule:
    """`(…, channels) → (…', channels)`: zeros are added at both ends of each spatial axis."""
    return _resized(count, lambda call: [_plus(a + b) for a, b in _ends(call["padding"], count)])


def upsampling(count: int) -> InferenceRule:
    """`(…, channels) → (…', channels)`: each spatial axis becomes `size` times as long."""
    return _resized(count, lambda call: [_times(n) for n in several(call["size"], count)])


def _plus(more: int) -> Callable[[int], int]:
    return lambda size: size + more


def _times(factor: int) -> Callable[[int], int]:
    return lambda size: size * factor


def _ends(value: int | list[int | list[int]], count: int) -> list[tuple[int, int]]:
    """The values of `cropping` or `padding` at both ends of each axis: 1, or [1, 2], or [[1, 1], [2, 2]]."""
    if count == 1:
        first, last = several(value, 2)
        return [(first, last)]
    ends = []
    for pair in several(value, count):
        first, last = several(pair, 2)
        ends.append((first, last))
    return ends


RULES: dict[str, InferenceRule] = {
    "Flatten": flatten,
    "Permute": permute,
    "RepeatVector": repeat_vector,
    "Reshape": reshape,
    **{f"Cropping{count}D": cropping(count) for count in (1, 2, 3)},
    **{f"UpSampling{count}D": upsampling(count) for count in (1, 2, 3)},
    **{f"ZeroPadding{count}D": padding(count) for count in (1, 2, 3)},
}
