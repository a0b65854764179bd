"""Layers that map each index of a vocabulary to a row of a table."""

from __future__ import annotations

from kspec.analysis.shapes.broadcasting import agree, size_of
from kspec.analysis.shapes.layers.core import with_lora
from kspec.analysis.shapes.layers.shared import number_shape, one, unknown
from kspec.analysis.shapes.types import Call, InferenceRule, InferredCall, ShapeError, Weight
from kspec.diagnostics import codes
from kspec.syntax.yaml_flow import shape_text


def embedding(call: Call) -> InferredCall:
    """`(…) → (…, output_dim)`; a table of (input_dim, output_dim)."""
    weights = _table(call)
    shape = number_shape(call)
    if shape is None:
        return unknown(call, weights)
    return one((*shape, call["output_dim"]), call.dtype, weights, 0)


def reversible(call: Call) -> InferredCall:
    """As Embedding; `reverse` maps `(…, output_dim) → (…, input_dim)`, by the same table or another."""
    rows, columns = call["input_dim"], call["output_dim"]
    weights = _table(call)
    if weights is not None and not call["tie_weights"]:
        weights.append(Weight((columns, rows)))
    shape = number_shape(call)
    if shape is None:
        return unknown(call, weights)
    if not call.constant("reverse"):
        return one((*shape, columns), call.dtype, weights, 0)
    if not agree(shape[-1:], (columns,)):
        raise ShapeError(
            f"expects rows of {columns} values, got {shape_text(shape)}",
            help=f"project the last axis to {columns} with a `Dense`",
        )
    if rows is None:
        return unknown(call, weights)
    return one((*shape[:-1], rows), call.dtype, weights, size_of((*shape[1:], 2 * rows)))


def _table(call: Call) -> list[Weight] | None:
    rows, columns = call["input_dim"], call["output_dim"]
    if "lora_rank" in call.entry.parameters and call["lora_rank"] and call["embeddings_constraint"] is not None:
        raise ShapeError(
            "has both `lora_rank` and `embeddings_constraint`, which Keras does not support",
            help="leave `embeddings_constraint` out",
            argument="embeddings_constraint",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )
    if rows is None or columns is None:
        return None
    weights = [Weight((rows, columns))]
    return with_lora(call, weights) if "lora_rank" in call.entry.parameters else weights


RULES: dict[str, InferenceRule] = {"Embedding": embedding, "ReversibleEmbedding": reversible}
