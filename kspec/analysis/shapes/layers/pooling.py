"""Pooling: one value for each window, or one for all positions."""

from __future__ import annotations

from math import prod

from kspec.analysis.shapes.broadcasting import size_of
from kspec.analysis.shapes.layers.convolution import output_size, too_small_error
from kspec.analysis.shapes.layers.shared import axes_of, moved_dtype, one, several, unknown
from kspec.analysis.shapes.types import Call, Dim, InferenceRule, InferredCall, ShapeError
from kspec.syntax.yaml_flow import shape_text


def pooling(count: int) -> InferenceRule:
    """`(…, channels) → (…', channels)`: a window slides over the positions; strides default to its size."""

    def rule(call: Call) -> InferredCall:
        axes = axes_of(call, count)
        if axes is None:
            return unknown(call)
        window = several(call["pool_size"], count)
        strides = window if call["strides"] is None else several(call["strides"], count)
        steps = zip(axes.spatial, window, strides, strict=True)
        spatial = tuple(output_size(*step, call["padding"]) for step in steps)
        if any(size is not None and size < 1 for size in spatial):
            raise too_small_error(call, "a window", window, axes, "pool_size")
        values = size_of((*spatial, axes.channels))
        flops = None if values is None else values * prod(window)
        return one(axes.with_sizes(spatial, axes.channels), _dtype(call), (), flops)

    return rule


def global_pooling(count: int) -> InferenceRule:
    """`(…, channels) → (channels)`; `keepdims` keeps the other axes, with size 1."""

    def rule(call: Call) -> InferredCall:
        axes = axes_of(call, count)
        if axes is None:
            return unknown(call)
        kept = axes.with_sizes([1] * count, axes.channels)
        shape = kept if call["keepdims"] else (axes.batch, axes.channels)
        return one(shape, _dtype(call), (), size_of((*axes.spatial, axes.channels)))

    return rule


def adaptive_pooling(count: int) -> InferenceRule:
    """`(…, channels) → (output_size…, channels)`, with windows of the size that this needs."""

    def rule(call: Call) -> InferredCall:
        axes = axes_of(call, count)
        if axes is None:
            return unknown(call)
        sizes: tuple[Dim, ...] = several(call["output_size"], count)
        if None in axes.spatial:
            raise ShapeError(
                f"expects input of known size, got {shape_text(call.x.shape)}",
                help="write the size in the input's `shape`, or use a global pooling layer",
            )
        return one(axes.with_sizes(sizes, axes.channels), _dtype(call), (), size_of((*axes.spatial, axes.channels)))

    return rule


def _dtype(call: Call) -> str:
    """The compute dtype for averages; the greatest of integers is an integer."""
    return moved_dtype(call) if "Max" in call.entry.name else call.dtype


RULES: dict[str, InferenceRule] = {
    f"{prefix}{how}Pooling{count}D": family(count)
    for prefix, family in (("", pooling), ("Global", global_pooling), ("Adaptive", adaptive_pooling))
    for how in ("Average", "Max")
    for count in (1, 2, 3)
}
