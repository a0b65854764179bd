"""Layers that give each number of a vocabulary a row of its own."""

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
    """As Embedding; with `reverse` `(…, output_dim) → (…, input_dim)`, by the same table or by one of its own."""
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
            f"turns rows of {columns} back, and is given {shape_text(shape)}",
            help=f"bring the last axis to {columns} with a `Dense`",
        )
    if rows is None:
        return unknown(call, weights)
    return one((*shape[:-1], rows), call.dtype, weights, size_of((*shape[1:], 2 * rows)))


def _table(call: Call) -> list[Weight] | None:
    rows, columns = call["input_dim"], call["output_dim"]
    if "lora_rank" in call.entry.parameters and call["lora_rank"] and call["embeddings_constraint"] is not None:
        raise ShapeError(
            "has `lora_rank` together with a constraint on its table, which it would not keep",
            help="leave `embeddings_constraint` out",
            argument="embeddings_constraint",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )
    if rows is None or columns is None:
        return None
    weights = [Weight((rows, columns))]
    return with_lora(call, weights) if "lora_rank" in call.entry.parameters else weights


RULES: dict[str, InferenceRule] = {"Embedding": embedding, "ReversibleEmbedding": reversible}
