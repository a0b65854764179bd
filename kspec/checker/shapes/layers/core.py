"""Layers of one matrix, and those that change nothing."""

from __future__ import annotations

from kspec.checker.shapes.types import Answer, Call, Refusal, Rule, TensorType, Weight


def dense(call: Call) -> Answer:
    """`(…, n) → (…, units)`; a kernel of (n, units), and a bias."""
    shape, units = call.x.shape, call["units"]
    if shape is None:
        return Answer([TensorType(None, call.dtype)], None)
    if len(shape) < 2:
        raise Refusal(f"needs an input of at least rank 2, and is given {shape}")
    if shape[-1] is None:
        raise Refusal("needs to know the size of its input's last axis", help="state it in the input's shape")
    answer = [TensorType((*shape[:-1], units), call.dtype)]
    if units is None:
        return Answer(answer, None)
    weights = [Weight((shape[-1], units))] + ([Weight((units,))] if call["use_bias"] else [])
    positions = 1
    for size in shape[1:-1]:
        if size is None:
            return Answer(answer, weights)
        positions *= size
    return Answer(answer, weights, positions * units * (2 * shape[-1] + bool(call["use_bias"])))


RULES: dict[str, Rule] = {"Dense": dense}
