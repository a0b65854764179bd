"""Layers that act only in training and pass their input through otherwise."""

from __future__ import annotations

from kspec.analysis.shapes.layers.shared import axes_of, moved_dtype, number_shape, one, same_shape, unknown
from kspec.analysis.shapes.types import Call, InferenceRule, InferredCall, ShapeError
from kspec.diagnostics import codes
from kspec.syntax.yaml_flow import shape_text, to_yaml


def dropout(call: Call) -> InferredCall:
    """`(…) → (…)`; `noise_shape` has a size for each axis: 1 (one draw for all), the axis's own size, or null."""
    shape, noise = number_shape(call), call["noise_shape"]
    for size in noise or ():
        if size is not None and size < 1:
            raise ShapeError(
                f"has an invalid size {size} in `noise_shape`",
                help="write 1 to share one draw along an axis, or null to draw for each position",
                argument="noise_shape",
                code=codes.INCOMPATIBLE_ARGUMENTS,
            )
    if noise is not None and shape is not None and len(noise) == len(shape):
        pairs = list(zip(noise, shape, strict=True))
        if not all(size in (None, 1, dim) or dim is None for size, dim in pairs):
            raise ShapeError(
                f"cannot apply `noise_shape: {to_yaml(noise)}` to {shape_text(shape)}",
                help="write a size for each axis, the batch first: 1 to share one draw along it, or null",
                argument="noise_shape",
            )
    return same_shape(call, 0, moved_dtype(call))


def noise(call: Call) -> InferredCall:
    """`(…) → (…)`."""
    if "stddev" in call.entry.parameters and call["stddev"] > 1:
        raise ShapeError(
            f"expects a `stddev` of at most 1, got {call['stddev']}",
            help="scale the values to a standard deviation of 1 before adding noise",
            argument="stddev",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )
    return same_shape(call, 0, moved_dtype(call))


def spatial_dropout(count: int) -> InferenceRule:
    """`(batch, …, channels) → (batch, …, channels)`; whole channels are dropped."""

    def rule(call: Call) -> InferredCall:
        axes = axes_of(call, count)
        return unknown(call) if axes is None else one(call.x.shape, moved_dtype(call), (), 0)

    return rule


RULES: dict[str, InferenceRule] = {
    "ActivityRegularization": noise,
    "AlphaDropout": dropout,
    "Dropout": dropout,
    "GaussianDropout": noise,
    "GaussianNoise": noise,
    "SpatialDropout1D": spatial_dropout(1),
    "SpatialDropout2D": spatial_dropout(2),
    "SpatialDropout3D": spatial_dropout(3),
}
