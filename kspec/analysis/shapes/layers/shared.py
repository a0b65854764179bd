"""What the rules of several families need: ranks, spatial axes and channels, and the refusals that go with them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from kspec import catalog
from kspec.analysis.shapes.broadcasting import size_of
from kspec.analysis.shapes.types import Call, Dim, InferredCall, Shape, ShapeError, TensorType, Weight
from kspec.syntax.yaml_flow import shape_text

SPATIAL = {1: ("steps",), 2: ("height", "width"), 3: ("depth", "height", "width")}
"""How the spatial axes of an input are called, by their number."""


def one(
    shape: Shape | None, dtype: str, weights: Iterable[Weight] | None = (), flops: int | None = None
) -> InferredCall:
    """The answer of a layer with one output."""
    return InferredCall([TensorType(shape, dtype)], None if weights is None else list(weights), flops)


def unknown(call: Call, weights: Iterable[Weight] | None = ()) -> InferredCall:
    """The answer where not even the input's rank is known.

    Args:
        weights: None for a layer whose weights depend on the input.
    """
    return one(None, call.dtype, weights)


def given_dtype(call: Call) -> str:
    """What a layer that only moves its values gives: floats in the dtype it computes in, all others as they come."""
    return call.dtype if "float" in call.x.dtype else call.x.dtype


def number_shape(call: Call) -> Shape | None:
    """The shape of the first tensor, which must be of numbers."""
    for tensor in call.inputs:
        if tensor.dtype == "string":
            raise ShapeError(
                "computes with numbers, and is given strings",
                help="turn them into numbers first, with a StringLookup or a TextVectorization",
            )
    return call.x.shape


def per_value(shape: Shape | None, operations: int) -> int | None:
    """The operations on one example, at so many for each value."""
    size = None if shape is None else size_of(shape[1:])
    return None if size is None else size * operations


def same_shape(call: Call, operations: int = 1) -> InferredCall:
    """`(…) → (…)`: what a layer gives that treats each value by itself, and has no weights.

    Args:
        operations: For each value.
    """
    shape = number_shape(call)
    return one(shape, call.dtype, (), per_value(shape, operations))


def several(value: Any, count: int) -> tuple[Any, ...]:
    """An argument that is one value for all axes, or a list of one for each."""
    return tuple(value) if isinstance(value, (list, tuple)) else (value,) * count


def by(sizes: Iterable[Dim]) -> str:
    """Sizes as people say them: `3 by 3`."""
    return " by ".join("null" if size is None else str(size) for size in sizes)


class Axes(NamedTuple):
    """An input's axes told apart.

    Args:
        first: Whether the channels stand before the spatial axes (`data_format: channels_first`).
    """

    batch: Dim
    spatial: Shape
    channels: Dim
    first: bool

    def with_sizes(self, spatial: Iterable[Dim], channels: Dim) -> Shape:
        """A shape of the same order, of other sizes."""
        return (self.batch, channels, *spatial) if self.first else (self.batch, *spatial, channels)


def axes_of(call: Call, count: int) -> Axes | None:
    """The axes of an input that must have so many spatial ones; None where its rank is not known.

    Raises:
        Refusal: for another rank, with what to add or take away.
    """
    first = call["data_format"] == "channels_first" if "data_format" in call.entry.parameters else False
    shape = number_shape(call)
    if shape is None:
        return None
    if len(shape) != count + 2:
        names = ("channels", *SPATIAL[count]) if first else (*SPATIAL[count], "channels")
        raise wrong_rank(call, shape, names)
    if first:
        return Axes(shape[0], shape[2:], shape[1], True)
    return Axes(shape[0], shape[1:-1], shape[-1], False)


def wrong_rank(call: Call, shape: Shape, names: Sequence[str]) -> ShapeError:
    """The refusal of an input of another rank.

    Args:
        names: The axes of the one that is wanted, without the batch.
    """
    wanted = "(null, " + ", ".join(names) + ")"
    return ShapeError(
        f"needs an input of rank {len(names) + 1} such as {wanted}, and is given {shape_text(shape)}",
        help=_rank_help(call.entry.name, shape, names),
    )


def _rank_help(layer: str, shape: Shape, names: Sequence[str]) -> str:
    given = list(shape[1:])
    if given and len(given) == len(names) - 1:
        with_channels = [1, *given] if names[0] == "channels" else [*given, 1]
        sizes = shape_text(with_channels).replace("(", "[").replace(")", "]")
        also = "" if None in given else f", or a `Reshape: {{target_shape: {sizes}}}` before it"
        return f"add an axis for the channels: shape {sizes}{also}"
    sibling = re.sub(r"\dD", f"{len(given) - 1}D", layer)
    if sibling != layer and catalog.find("layer", sibling) is not None:
        return f"use {sibling} for such an input"
    sizes = ", ".join(names)
    return f"give it the shape first, with a `Reshape: {{target_shape: [{sizes}]}}`"


def axis_of(axis: int, shape: Shape, argument: str = "axis") -> int:
    """An axis counted from the first; negative ones count from the last.

    Raises:
        Refusal: where the input has no such axis.
    """
    if not -len(shape) <= axis < len(shape):
        last = len(shape) - 1
        raise ShapeError(
            f"has no axis {axis} in its input {shape_text(shape)}",
            help=f"its axes are 0 (the batch) to {last}, or -1 (the last) to {-len(shape)}",
            argument=argument,
        )
    return axis % len(shape)


def known_size(axis: int, shape: Shape, argument: str = "") -> int:
    """The size of an axis that weights depend on.

    Raises:
        Refusal: where it is not known.
    """
    size = shape[axis]
    if size is None:
        which = "the batch's size" if axis == 0 else f"the size of axis {axis}" if axis < len(shape) - 1 else ""
        raise ShapeError(
            f"needs to know {which or 'the size of the last axis'}, for its weights, and is given {shape_text(shape)}",
            help="choose another axis than the batch" if axis == 0 else "state it in the input's `shape`",
            argument=argument,
        )
    return size
