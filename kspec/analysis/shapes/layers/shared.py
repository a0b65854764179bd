"""Helpers for the rules of layers: ranks, spatial axes and channels, and the errors about them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from kspec import catalog
from kspec.analysis.shapes.broadcasting import size_of
from kspec.analysis.shapes.dtypes import is_float, promote
from kspec.analysis.shapes.layers.accepted_dtypes import dtype_error
from kspec.analysis.shapes.types import Call, Dim, InferredCall, Shape, ShapeError, TensorType, Weight
from kspec.syntax.yaml_flow import shape_text, to_yaml

SPATIAL = {1: ("steps",), 2: ("height", "width"), 3: ("depth", "height", "width")}
"""Number of spatial axes → their names."""


def one(
    shape: Shape | None, dtype: str, weights: Iterable[Weight] | None = (), flops: int | None = None
) -> InferredCall:
    """The call of a layer with one output.

    Args:
        shape: Of the output, batch first; None if unknown.
        dtype: Of the output.
        weights: None if they are unknown.
        flops: For one example; None if unknown.
    """
    return InferredCall([TensorType(shape, dtype)], None if weights is None else list(weights), flops)


def unknown(call: Call, weights: Iterable[Weight] | None = ()) -> InferredCall:
    """The call of a layer with one output, for an input of unknown rank.

    Args:
        call: Of the layer.
        weights: None if they depend on the input.
    """
    return one(None, call.dtype, weights)


def moved_dtype(call: Call) -> str:
    """The output dtype of a layer that only moves or compares values: floats become its compute dtype, others stay.

    Keras states the compute dtype for most of these layers, whatever it returns.
    """
    return promote(*(call.dtype if is_float(tensor.dtype) else tensor.dtype for tensor in call.inputs))


def number_shape(call: Call) -> Shape | None:
    """The shape of the first tensor; no tensor may hold strings."""
    for tensor in call.inputs:
        if tensor.dtype == "string":
            raise dtype_error("numbers", "string")
    return call.x.shape


def per_value(shape: Shape | None, operations: int) -> int | None:
    """The operations for one example, given those for each value; None if a size is unknown."""
    size = None if shape is None else size_of(shape[1:])
    return None if size is None else size * operations


def same_shape(call: Call, operations: int = 1, dtype: str = "") -> InferredCall:
    """`(…) → (…)`: an elementwise layer without weights.

    Args:
        call: Of the layer.
        operations: For each value.
        dtype: Of the output; by default the compute dtype.
    """
    shape = number_shape(call)
    return one(shape, dtype or call.dtype, (), per_value(shape, operations))


def several(value: Any, count: int) -> tuple[Any, ...]:
    """An argument that is a list, or one value for all `count` axes."""
    return tuple(value) if isinstance(value, (list, tuple)) else (value,) * count


def size_words(sizes: Iterable[Dim]) -> str:
    """Sizes in words: `3 size_words 3`."""
    return " by ".join("null" if size is None else str(size) for size in sizes)


class Axes(NamedTuple):
    """The axes of an input by role.

    Args:
        first: Whether the channels precede the spatial axes (`data_format: channels_first`).
    """

    batch: Dim
    spatial: Shape
    channels: Dim
    first: bool

    def with_sizes(self, spatial: Iterable[Dim], channels: Dim) -> Shape:
        """A shape with the same order of axes, but other sizes."""
        return (self.batch, channels, *spatial) if self.first else (self.batch, *spatial, channels)


def axes_of(call: Call, count: int) -> Axes | None:
    """The axes of an input with `count` spatial axes; None if its rank is unknown.

    Raises:
        ShapeError: If it has another rank.
    """
    first = call["data_format"] == "channels_first" if "data_format" in call.entry.parameters else False
    shape = number_shape(call)
    if shape is None:
        return None
    if len(shape) != count + 2:
        names = ("channels", *SPATIAL[count]) if first else (*SPATIAL[count], "channels")
        raise rank_error(call, shape, names)
    if first:
        return Axes(shape[0], shape[2:], shape[1], True)
    return Axes(shape[0], shape[1:-1], shape[-1], False)


def rank_error(call: Call, shape: Shape, names: Sequence[str]) -> ShapeError:
    """The error for an input with the wrong rank.

    Args:
        call: Of the layer.
        shape: Of the input, batch first.
        names: Of the axes that are expected, without the batch.
    """
    wanted = "(null, " + ", ".join(names) + ")"
    return ShapeError(
        f"expects {len(names) + 1}-dimensional input {wanted}, got {shape_text(shape)}",
        help=_rank_help(call.entry.name, shape, names),
    )


def _rank_help(layer: str, shape: Shape, names: Sequence[str]) -> str:
    dims = list(shape[1:])
    if dims and len(dims) == len(names) - 1:
        with_channels = [1, *dims] if names[0] == "channels" else [*dims, 1]
        sizes = to_yaml(with_channels)
        also = "" if None in dims else f", or insert `Reshape: {{target_shape: {sizes}}}`"
        return f"add a channel axis: `shape: {sizes}`{also}"
    sibling = re.sub(r"\dD", f"{len(dims) - 1}D", layer)
    if sibling != layer and catalog.find("layer", sibling) is not None:
        return f"use `{sibling}` for this input"
    sizes = ", ".join(names)
    if names[-1] == "channels" and len(names) == 3 and len(dims) < 2:
        return "give the input a shape such as [28, 28, 1], or insert `Reshape`"
    return f"insert `Reshape: {{target_shape: [{sizes}]}}`"


def axis_of(axis: int, shape: Shape, argument: str = "axis") -> int:
    """An axis counted from the first; a negative one counts from the last.

    Args:
        axis: The axis as written.
        shape: Of the input, batch first.
        argument: The argument that names it.

    Raises:
        ShapeError: If the input has no such axis.
    """
    if not -len(shape) <= axis < len(shape):
        last = len(shape) - 1
        raise ShapeError(
            f"has no axis {axis} in its input {shape_text(shape)}",
            help=f"axes are 0 (the batch) to {last}, or -1 (the last) to {-len(shape)}",
            argument=argument,
        )
    return axis % len(shape)


def known_size(axis: int, shape: Shape, argument: str = "") -> int:
    """The size of an axis on which weights depend.

    Args:
        axis: Counted from the first.
        shape: Of the input, batch first.
        argument: The argument that names the axis, if any.

    Raises:
        ShapeError: If it is unknown.
    """
    size = shape[axis]
    if size is None:
        name = "the batch size" if axis == 0 else "the last size" if axis == len(shape) - 1 else f"size {axis}"
        if len(shape) == 1:
            raise ShapeError("needs at least one axis besides the batch", help="write `shape: [1]`", argument=argument)
        raise ShapeError(
            f"cannot create its weights: {name} of {shape_text(shape)} is unknown",
            help="choose an axis other than the batch" if axis == 0 else "write it in the input's `shape`",
            argument=argument,
        )
    return size
