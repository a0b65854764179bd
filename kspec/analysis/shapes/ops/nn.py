"""Normalization, attention, and losses for each element or example."""

from __future__ import annotations

from kspec.analysis.shapes.dtypes import FLOATX, promote
from kspec.analysis.shapes.ops.elementwise import same, unchanged
from kspec.analysis.shapes.ops.rule_helpers import (
    at_least,
    axis_in,
    constant,
    first,
    invalid_constant,
    op,
    operand,
    optional,
    per_output,
    several,
    shape_of,
    sized_pair,
    unknown_cost,
    without,
)
from kspec.analysis.shapes.types import Call, InferenceRule, Shape, ShapeError, TensorType
from kspec.syntax.yaml_flow import shape_text


def batch_normalization(call: Call) -> Shape:
    """`(…, n, …), (n,), (n,) → (…, n, …)`; offset and scale are `(n,)` too."""
    shape = shape_of(first(call))
    size = shape[axis_in(shape, constant(call, "axis"))]
    for name in ("mean", "variance", "offset", "scale"):
        vector = optional(call, name)
        if vector is not None and vector.shape != (size,):
            raise ShapeError(f"expects a {name} of shape {shape_text((size,))}, got {shape_text(vector.shape)}")
    if optional(call, "offset") is not None and optional(call, "scale") is None:
        raise ShapeError("has an offset but no scale", help="name both in `from`, or neither")
    return shape


def dot_product_attention(call: Call) -> Shape:
    """`(batch, t, heads, n), (batch, s, heads, n), (batch, s, heads, n) → (batch, t, heads, n)`"""
    if constant(call, "attn_logits_soft_cap") is not None:
        raise invalid_constant("cannot cap logits on TensorFlow", "attn_logits_soft_cap", "leave it out")
    return shape_of(operand(call, "query"))


def attention_dtype(call: Call) -> str:
    return promote(*(operand(call, name).dtype for name in ("query", "key", "value")))


def elementwise_loss(call: Call) -> Shape:
    """`(…), (…) → (…)`"""
    return _same_shape(call)


def rowwise_loss(call: Call) -> Shape:
    """`(…, classes), (…, classes) → (…)`"""
    return at_least(_same_shape(call), 1)[:-1]


def label_loss(call: Call) -> Shape:
    """`(…), (…, classes) → (…)`; labels may have a last axis of size 1."""
    target, output = shape_of(operand(call, "target")), at_least(shape_of(operand(call, "output")), 1)
    expected = without(output, axis_in(output, constant(call, "axis")))
    labels = target[:-1] if len(target) == len(output) and target[-1] == 1 else target
    if labels != expected:
        raise ShapeError(
            f"expects labels of shape {shape_text(expected)} for {shape_text(output)}, got {shape_text(target)}"
        )
    return expected


def output_dtype(call: Call) -> str:
    return operand(call, "output").dtype


def psnr(call: Call) -> Shape:
    """`(…), (…) → ()`"""
    a, b = (shape_of(tensor) for tensor in sized_pair(call))
    if len(a) != len(b):
        raise ShapeError(f"cannot compare {shape_text(a)} with {shape_text(b)}: the ranks differ")
    return ()


def ctc_loss(call: Call) -> Shape:
    """`(batch, labels), (batch, frames, classes), (batch,), (batch,) → (batch,)`"""
    shapes = {tensor.name: at_least(shape_of(operand(call, tensor.name)), 1) for tensor in call.entry.tensors}
    if len({shape[0] for shape in shapes.values()}) > 1:
        raise ShapeError(f"got batches of different sizes: {', '.join(map(shape_text, shapes.values()))}")
    return shapes["target"][:1]


def ctc_loss_dtype(call: Call) -> str:
    return promote(operand(call, "output").dtype, FLOATX)


def ctc_decode(call: Call) -> list[TensorType]:
    """`(batch, frames, classes), (batch,) → (paths, batch, frames), (batch, paths)`"""
    inputs = operand(call, "inputs")
    batch, frames, *_ = at_least(shape_of(inputs), 2)
    paths = 1 if constant(call, "strategy") == "greedy" else constant(call, "top_paths")
    return [TensorType((paths, batch, frames), "int32"), TensorType((batch, paths), promote(inputs.dtype, FLOATX))]


def _same_shape(call: Call) -> Shape:
    target, output = shape_of(operand(call, "target")), shape_of(operand(call, "output"))
    if target != output:
        raise ShapeError(
            f"cannot compare {shape_text(target)} with {shape_text(output)}", help="give both the same shape"
        )
    return output


RULES: dict[str, InferenceRule] = {
    "batch_normalization": op(batch_normalization, same, per_output),
    **dict.fromkeys(["layer_normalization", "rms_normalization"], op(unchanged, same, per_output)),
    "dot_product_attention": op(dot_product_attention, attention_dtype, unknown_cost),
    "binary_crossentropy": op(elementwise_loss, output_dtype, unknown_cost),
    "categorical_crossentropy": op(rowwise_loss, output_dtype, unknown_cost),
    "sparse_categorical_crossentropy": op(label_loss, output_dtype, unknown_cost),
    "psnr": op(psnr, FLOATX, unknown_cost),
    "ctc_loss": op(ctc_loss, ctc_loss_dtype, unknown_cost),
    "ctc_decode": several(ctc_decode),
}
