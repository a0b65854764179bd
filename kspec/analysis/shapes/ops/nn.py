"""Normalization, attention, and losses for each element or example."""

from __future__ import annotations

from kspec.analysis.shapes.dtypes import FLOATX, promote
from kspec.analysis.shapes.ops.elementwise import same, unchanged
from kspec.analysis.shapes.ops.rule_helpers import (
    at_least,
    axis_in,
    constant,
    first,
    op,
    operand,
    optional,
    per_output,
    several,
    shape_of,
    sized_pair,
    unfit,
    untold,
    without,
)
from kspec.analysis.shapes.types import Call, InferenceRule, Shape, ShapeError, TensorType
from kspec.syntax.yaml_flow import shape_text


def batch_normalized(call: Call) -> Shape:
    """`(…, n, …), (n,), (n,) → (…, n, …)`; offset and scale are `(n,)` too."""
    shape = shape_of(first(call))
    size = shape[axis_in(shape, constant(call, "axis"))]
    for name in ("mean", "variance", "offset", "scale"):
        given = optional(call, name)
        if given is not None and given.shape != (size,):
            raise ShapeError(f"expects a {name} of shape {shape_text((size,))}, got {shape_text(given.shape)}")
    if optional(call, "offset") is not None and optional(call, "scale") is None:
        raise ShapeError("takes an offset without a scale", help="name both in `from`, or neither")
    return shape


def attended(call: Call) -> Shape:
    """`(batch, t, heads, n), (batch, s, heads, n), (batch, s, heads, n) → (batch, t, heads, n)`"""
    if constant(call, "attn_logits_soft_cap") is not None:
        raise unfit("caps the logits, which TensorFlow cannot", "attn_logits_soft_cap", "leave it out")
    return shape_of(operand(call, "query"))


def of_attention(call: Call) -> str:
    return promote(*(operand(call, name).dtype for name in ("query", "key", "value")))


def per_element(call: Call) -> Shape:
    """`(…), (…) → (…)`"""
    return _alike(call)


def per_row(call: Call) -> Shape:
    """`(…, classes), (…, classes) → (…)`"""
    return at_least(_alike(call), 1)[:-1]


def per_label(call: Call) -> Shape:
    """`(…), (…, classes) → (…)`; labels may have a last axis of size 1."""
    target, output = shape_of(operand(call, "target")), at_least(shape_of(operand(call, "output")), 1)
    answer = without(output, axis_in(output, constant(call, "axis")))
    labels = target[:-1] if len(target) == len(output) and target[-1] == 1 else target
    if labels != answer:
        raise ShapeError(
            f"compares labels of {shape_text(target)} with {shape_text(output)}",
            help=f"the labels are of {shape_text(answer)}",
        )
    return answer


def of_output(call: Call) -> str:
    return operand(call, "output").dtype


def noise_ratio(call: Call) -> Shape:
    """`(…), (…) → ()`"""
    a, b = (shape_of(tensor) for tensor in sized_pair(call))
    if len(a) != len(b):
        raise ShapeError(f"compares {shape_text(a)} with {shape_text(b)}, of another rank")
    return ()


def aligned(call: Call) -> Shape:
    """`(batch, labels), (batch, frames, classes), (batch,), (batch,) → (batch,)`"""
    shapes = {tensor.name: at_least(shape_of(operand(call, tensor.name)), 1) for tensor in call.entry.tensors}
    if len({shape[0] for shape in shapes.values()}) > 1:
        raise ShapeError(f"takes {', '.join(map(shape_text, shapes.values()))}, of different batches")
    return shapes["target"][:1]


def of_alignment(call: Call) -> str:
    return promote(operand(call, "output").dtype, FLOATX)


def decoded(call: Call) -> list[TensorType]:
    """`(batch, frames, classes), (batch,) → (paths, batch, frames), (batch, paths)`"""
    inputs = operand(call, "inputs")
    batch, frames, *_ = at_least(shape_of(inputs), 2)
    paths = 1 if constant(call, "strategy") == "greedy" else constant(call, "top_paths")
    return [TensorType((paths, batch, frames), "int32"), TensorType((batch, paths), promote(inputs.dtype, FLOATX))]


def _alike(call: Call) -> Shape:
    target, output = shape_of(operand(call, "target")), shape_of(operand(call, "output"))
    if target != output:
        raise ShapeError(f"compares {shape_text(target)} with {shape_text(output)}", help="both have the same shape")
    return output


RULES: dict[str, InferenceRule] = {
    "batch_normalization": op(batch_normalized, same, per_output),
    **dict.fromkeys(["layer_normalization", "rms_normalization"], op(unchanged, same, per_output)),
    "dot_product_attention": op(attended, of_attention, untold),
    "binary_crossentropy": op(per_element, of_output, untold),
    "categorical_crossentropy": op(per_row, of_output, untold),
    "sparse_categorical_crossentropy": op(per_label, of_output, untold),
    "psnr": op(noise_ratio, FLOATX, untold),
    "ctc_loss": op(aligned, of_alignment, untold),
    "ctc_decode": several(decoded),
}
