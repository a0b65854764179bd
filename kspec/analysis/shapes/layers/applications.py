"""Private layers of Keras that some of its applications contain."""

from __future__ import annotations

from kspec.analysis.shapes.layers.merging import subtract
from kspec.analysis.shapes.layers.shared import number_shape, one, per_value, same_shape
from kspec.analysis.shapes.types import Call, InferenceRule, InferredCall, ShapeError, Weight
from kspec.syntax.yaml_flow import shape_text


def layer_scale(call: Call) -> InferredCall:
    """`(…, n) → (…, n)`, with a factor for each of the n channels."""
    shape, channels = number_shape(call), call["projection_dim"]
    weights = [Weight((channels,))]
    if shape is None:
        return one(None, call.dtype, weights)
    if shape and shape[-1] not in (None, channels):
        raise ShapeError(
            f"expects {channels} channels, got {shape_text(shape)}",
            help="write the size of the input's last axis",
            argument="projection_dim",
        )
    return one((*shape[:-1], channels), call.dtype, weights, per_value(shape, 1))


def stochastic_depth(call: Call) -> InferredCall:
    """`(…) → (…)`."""
    return same_shape(call)


def scaled_sum(call: Call) -> InferredCall:
    """`(…), (…) → (…)`: the first, and the second times `scale`."""
    return subtract(call)


RULES: dict[str, InferenceRule] = {
    "CustomScaleLayer": scaled_sum,
    "LayerScale": layer_scale,
    "StochasticDepth": stochastic_depth,
}
