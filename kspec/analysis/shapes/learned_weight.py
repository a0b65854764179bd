"""The head `weight`: a learned tensor."""

from __future__ import annotations

from kspec.analysis.shapes.types import Call, InferredCall, TensorType, Weight


def learned_weight(call: Call) -> InferredCall:
    """`() → shape`, without a batch axis."""
    shape = tuple(call["shape"])
    return InferredCall([TensorType(shape, call.dtype)], None if None in shape else [Weight(shape)], 0)
