"""Activation layers."""

from __future__ import annotations

from kspec import catalog
from kspec.analysis.shapes.dtypes import is_float
from kspec.analysis.shapes.layers.shared import (
    axis_of,
    known_size,
    moved_dtype,
    number_shape,
    one,
    per_value,
    same_shape,
    several,
    unknown,
)
from kspec.analysis.shapes.registry import infer_call
from kspec.analysis.shapes.types import Call, InferenceRule, InferredCall, ShapeError, TensorType, Weight
from kspec.syntax.yaml_flow import shape_text

ALONG_AN_AXIS = frozenset({"log_softmax", "softmax", "sparsemax"})
"""Activations that need an axis."""


def prelu(call: Call) -> InferredCall:
    """`(…) → (…)`; a slope for each value of an example, shared along `shared_axes`."""
    shape = number_shape(call)
    if shape is None:
        return unknown(call, None)
    shared = () if call["shared_axes"] is None else several(call["shared_axes"], 1)
    for axis in shared:
        if axis >= len(shape):
            raise ShapeError(
                f"has no axis {axis} in its input {shape_text(shape)}",
                help=f"`shared_axes` range from 1 to {len(shape) - 1}; 0 is the batch",
                argument="shared_axes",
            )
    slopes = tuple(1 if i in shared else known_size(i, shape) for i in range(1, len(shape)))
    return one(shape, call.dtype, [Weight(slopes)], per_value(shape, 2))


def softmax(call: Call) -> InferredCall:
    """`(…) → (…)`; the values along `axis` add up to 1."""
    shape = number_shape(call)
    if shape is not None:
        for axis in several(call["axis"], 1):
            axis_of(axis, shape)
    return same_shape(call, 3)


def activation(call: Call) -> InferredCall:
    """`(…) → (…)` by a function of `keras.ops`; what that does to integers decides the dtype."""
    value = call["activation"]
    name = value if isinstance(value, str) else next(iter(value), "") if isinstance(value, dict) else ""
    entry = catalog.find("op", name)
    if entry is not None and entry.name in ALONG_AN_AXIS and call.inputs[0].shape == ():
        raise ShapeError(
            "expects a value for each example, got one for the whole batch",
            help="keep the batch: reduce over axis 1 and up",
        )
    dtype = moved_dtype(call)
    if entry is None or is_float(dtype) or value is None:
        return same_shape(call, dtype=dtype if value is None or name == "linear" else "")
    number_shape(call)
    own = Call(entry, {}, {entry.tensors[0].name: [TensorType((), dtype)]})
    return same_shape(call, dtype=infer_call(own).outputs[0].dtype)


def moves(call: Call) -> InferredCall:
    """`(…) → (…)`; integers stay integers."""
    return same_shape(call, dtype=moved_dtype(call))


RULES: dict[str, InferenceRule] = {
    "Activation": activation,
    "ELU": same_shape,
    "LeakyReLU": same_shape,
    "PReLU": prelu,
    "ReLU": moves,
    "Softmax": softmax,
}
