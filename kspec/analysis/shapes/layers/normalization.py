"""Normalization: values scaled along axes or over the batch."""

from __future__ import annotations

from kspec.analysis.shapes.broadcasting import broadcast
from kspec.analysis.shapes.layers.shared import (
    axis_of,
    known_size,
    moved_dtype,
    number_shape,
    one,
    per_value,
    several,
    unknown,
)
from kspec.analysis.shapes.types import Call, InferenceRule, InferredCall, Shape, ShapeError, Weight
from kspec.diagnostics import codes
from kspec.syntax.yaml_flow import shape_text


def batch_normalization(call: Call) -> InferredCall:
    """`(…) → (…)`; for each position along `axis` a scale, a center and untrained moving averages."""
    shape = number_shape(call)
    if shape is None:
        return unknown(call, None)
    size = known_size(axis_of(call["axis"], shape), shape, "axis")
    kept = 5 if call["renorm"] else 2
    weights = [*_scale_and_center(call, (size,)), *[Weight((size,), False)] * kept]
    return one(shape, call.dtype, weights, per_value(shape, 2))


def layer_normalization(call: Call) -> InferredCall:
    """`(…) → (…)`; a scale and a center with the sizes of `axis`."""
    shape = number_shape(call)
    if shape is None:
        return unknown(call, None)
    axes = _different_axes(call, shape)
    weights = []
    if call["scale"] or call["center"]:
        weights = _scale_and_center(call, tuple(known_size(axis, shape, "axis") for axis in axes))
    return one(shape, call.dtype, weights, per_value(shape, 5 + len(weights)))


def group_normalization(call: Call) -> InferredCall:
    """`(…) → (…)`; positions along `axis` share statistics in `groups` (-1: each is a group)."""
    shape = number_shape(call)
    if shape is None:
        return unknown(call, None)
    axis = axis_of(call["axis"], shape)
    size = known_size(axis, shape, "axis")
    groups = size if call["groups"] == -1 else call["groups"]
    if groups < 1 or size % groups:
        raise ShapeError(
            f"cannot divide the {size} channels of {shape_text(shape)} into {groups} groups",
            help="make the channels a multiple of `groups`; -1 makes each a group",
            argument="groups",
        )
    weights = _scale_and_center(call, (size,))
    return one(shape, call.dtype, weights, per_value(shape, 5 + len(weights)))


def rms_normalization(call: Call) -> InferredCall:
    """`(…) → (…)`; a scale with the sizes of `axis`."""
    shape = number_shape(call)
    if shape is None:
        return unknown(call, None)
    axes = _different_axes(call, shape)
    sizes = tuple(known_size(axis, shape, "axis") for axis in axes)
    if broadcast(shape, sizes) is None:
        raise ShapeError(
            f"cannot scale {shape_text(shape)} by weights of shape {shape_text(sizes)}: Keras applies them to the last"
            " axes",
            help="normalize the last axis, `axis: -1`, or use `LayerNormalization`",
            argument="axis",
        )
    weights = [Weight(sizes)]
    return one(shape, moved_dtype(call), weights, per_value(shape, 4))


def unit_normalization(call: Call) -> InferredCall:
    """`(…) → (…)`, of length 1 along `axis`."""
    shape = number_shape(call)
    if shape is not None:
        _different_axes(call, shape)
    return one(shape, call.dtype, (), per_value(shape, 3))


def _different_axes(call: Call, shape: Shape) -> list[int]:
    """The axes to normalize, as Keras orders them for the weights."""
    axes = several(call["axis"], 1)
    kept = [axis_of(axis, shape) for axis in (sorted(axes) if call.entry.name == "RMSNormalization" else axes)]
    if len(set(kept)) < len(kept):
        raise ShapeError(
            f"names the same axis of {shape_text(shape)} twice in `axis`",
            help="name each axis once",
            argument="axis",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )
    return kept


def _scale_and_center(call: Call, sizes: tuple[int, ...]) -> list[Weight]:
    return [Weight(sizes) for name in ("scale", "center") if call[name]]


RULES: dict[str, InferenceRule] = {
    "BatchNormalization": batch_normalization,
    "GroupNormalization": group_normalization,
    "LayerNormalization": layer_normalization,
    "RMSNormalization": rms_normalization,
    "UnitNormalization": unit_normalization,
}
