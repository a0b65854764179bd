"""Layers that act in training alone: at other times they hand on what they are given."""

from __future__ import annotations

from kspec.analysis.shapes.layers.shared import axes_of, number_shape, one, same_shape, unknown
from kspec.analysis.shapes.types import Call, InferenceRule, InferredCall, ShapeError
from kspec.diagnostics import codes
from kspec.syntax.yaml_flow import shape_text


def dropped(call: Call) -> InferredCall:
    """`(…) → (…)`; `noise_shape` has a size for each axis, which is 1 (one draw for all), the axis's own or null."""
    shape, noise = number_shape(call), call["noise_shape"]
    for size in noise or ():
        if size is not None and size < 1:
            raise ShapeError(
                f"has a size of {size} in its `noise_shape`",
                help="sizes are 1 for one draw along the axis, or null for one a place",
                argument="noise_shape",
                code=codes.INCOMPATIBLE_ARGUMENTS,
            )
    if noise is not None and shape is not None and len(noise) == len(shape):
        pairs = list(zip(noise, shape, strict=True))
        if not all(size in (None, 1, dim) or dim is None for size, dim in pairs):
            raise ShapeError(
                f"is given {shape_text(shape)}, which its `noise_shape` of {shape_text(noise)} does not fit",
                help="write a size for each axis, the batch first: 1 for one draw along it, or null",
                argument="noise_shape",
            )
    return same_shape(call, 0)


def noisy(call: Call) -> InferredCall:
    """`(…) → (…)`."""
    if "stddev" in call.entry.parameters and call["stddev"] > 1:
        raise ShapeError(
            f"takes a `stddev` of at most 1, and has {call['stddev']}",
            help="scale the values before the noise, to a standard deviation of 1",
            argument="stddev",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )
    return same_shape(call, 0)


def spatially(count: int) -> InferenceRule:
    """`(batch, …, channels) → (batch, …, channels)`, where whole channels are dropped."""

    def rule(call: Call) -> InferredCall:
        axes = axes_of(call, count)
        return unknown(call) if axes is None else one(call.x.shape, call.dtype, (), 0)

    return rule


RULES: dict[str, InferenceRule] = {
    "ActivityRegularization": noisy,
    "AlphaDropout": dropped,
    "Dropout": dropped,
    "GaussianDropout": noisy,
    "GaussianNoise": noisy,
    "SpatialDropout1D": spatially(1),
    "SpatialDropout2D": spatially(2),
    "SpatialDropout3D": spatially(3),
}
