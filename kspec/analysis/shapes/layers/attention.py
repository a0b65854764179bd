"""Attention: each step of a query gathers steps of a value."""

from __future__ import annotations

from collections.abc import Sequence

from kspec.analysis.shapes.broadcasting import agree, size_of
from kspec.analysis.shapes.layers.shared import known_size, number_shape, several, unknown
from kspec.analysis.shapes.types import Call, Dim, InferenceRule, InferredCall, Shape, ShapeError, TensorType, Weight
from kspec.diagnostics import codes
from kspec.syntax.yaml_flow import shape_text


def multi_head_attention(call: Call) -> InferredCall:
    """`query (…, Tq, n), value (…, Tv, m) → (…, Tq, n)`, or `(…, Tq, *output_shape)`.

    Matrices of (features, heads, key_dim) for query and key, of (features, heads, value_dim) for value and gate, and of
    (heads, value_dim, *output) for the output, each with a bias. `return_attention_scores` adds scores, whose shape
    is (batch, heads, Tq, Tq) as Keras reports it.
    """
    shapes = _shapes(call)
    if shapes is None:
        return unknown(call, None)
    query, value, key = shapes
    _check_flash(call)
    for shape in shapes:
        if len(shape) < 3 or len(shape) != len(query):
            raise _rank_error(query, value, key)
    _check_values_and_keys(value, key)
    axes = _attention_axes(call, len(query))
    for axis in range(1, len(query) - 1):
        if axis not in axes and not agree(query[axis : axis + 1], value[axis : axis + 1]):
            raise ShapeError(
                f"attends along {_axes(axes)}, but other axes of query {shape_text(query)} and value"
                f" {shape_text(value)} differ too",
                help="name all axes that differ in `attention_axes`",
                argument="attention_axes",
            )
    heads, key_dim = call["num_heads"], call["key_dim"]
    value_dim = call["value_dim"] or key_dim
    sizes = [known_size(len(shape) - 1, shape) for shape in shapes]
    output = several(call["output_shape"] or sizes[0], 1)
    into = [(sizes[0], heads, key_dim), (sizes[2], heads, key_dim), (sizes[1], heads, value_dim)]
    if call["use_gate"]:
        into.append((sizes[0], heads, value_dim))
    weights = _projections(call, into, (heads, value_dim, *output), len(output))
    queries, values = size_of(query[1:-1]), size_of(value[1:-1])
    attended = size_of(value[axis] for axis in axes)
    flops = _flops((queries, values, attended), into, (heads, value_dim, *output), key_dim)
    outputs: list[Shape] = [(*query[:-1], *output)]
    if call.constant("return_attention_scores"):
        outputs.append((query[0], heads, query[1], query[1]))
    return InferredCall([TensorType(shape, call.dtype) for shape in outputs], weights, flops)


def group_query_attention(call: Call) -> InferredCall:
    """`query (batch, Tq, n), value (batch, Tv, n) → (batch, Tq, n)`.

    As multi-head attention, but several query heads share one key-value head.
    """
    shapes = _shapes(call)
    if shapes is None:
        return unknown(call, None)
    query, value, key = shapes
    heads, shared, size = call["num_query_heads"], call["num_key_value_heads"], call["head_dim"]
    if heads % shared:
        raise ShapeError(
            f"cannot share {shared} key-value heads among {heads} query heads",
            help="make `num_query_heads` a multiple of `num_key_value_heads`",
            argument="num_key_value_heads",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )
    _check_flash(call)
    if {len(shape) for shape in shapes} != {3}:
        raise _rank_error(query, value, key)
    n, m, k = (known_size(2, shape) for shape in shapes)
    if n != m:
        raise ShapeError(
            f"expects query and value with the same last size, got {shape_text(query)} and {shape_text(value)}",
            help=f"project the value to {n} features with a `Dense`, or use `MultiHeadAttention`",
        )
    _check_values_and_keys(value, key)
    into = [(n, heads, size), (k, shared, size), (m, shared, size)]
    if call["use_gate"]:
        into.append((n, heads, size))
    weights = _projections(call, into, (heads, size, n), 1)
    flops = _flops((query[1], value[1], value[1]), into, (heads, size, n), size)
    outputs: list[Shape] = [query]
    if call.constant("return_attention_scores"):
        outputs.append((query[0], heads, query[1], key[1]))
    return InferredCall([TensorType(shape, call.dtype) for shape in outputs], weights, flops)


def dot_product_attention(call: Call) -> InferredCall:
    """`[query (…, Tq, n), value (…, Tv, m), key (…, Tv, n)] → (…, Tq, m)`: the key defaults to the value.

    `use_scale` and the score mode `concat` each add a number to Attention; AdditiveAttention has a scale of (n).
    """
    tensors = call.inputs
    number_shape(call)
    masks = len(call.tensors.get("mask", ()))
    if not 2 <= len(tensors) <= 3:
        raise ShapeError(
            f"expects a query, a value and optionally a key, got {len(tensors)} inputs",
            help="write `from: [query, value]` or `from: [query, value, key]`; for self-attention `from: [x, x]`",
        )
    if masks and not 2 <= masks <= 3:
        raise ShapeError(f"expects one mask for the query and one for the value, got {masks}")
    shapes = [tensor.shape for tensor in tensors if tensor.shape is not None]
    if len(shapes) < len(tensors):
        return unknown(call, None)
    query, value, key = shapes[0], shapes[1], shapes[-1]
    if len(query) < 2 or any(len(shape) != len(query) for shape in shapes):
        raise _rank_error(query, value, key)
    if not agree(query[-1:], key[-1:]) and not (call.entry.name == "AdditiveAttention" and 1 in (query[-1], key[-1])):
        raise ShapeError(
            f"expects query and key with the same last size, got {shape_text(query)} and {shape_text(key)}",
            help="project both to the same size with a `Dense`",
        )
    _check_values_and_keys(value, key)
    weights: list[Weight] = []
    if call.entry.name == "AdditiveAttention":
        if call["use_scale"]:
            weights.append(Weight((known_size(len(query) - 1, query),)))
    else:
        weights = [Weight(())] * (bool(call["use_scale"]) + (call["score_mode"] == "concat"))
    work = size_of((*query[1:], value[-2], 2))
    mixed = size_of((*query[1:-1], *value[-2:], 2))
    outputs: list[Shape] = [(*query[:-1], value[-1])]
    if call.constant("return_attention_scores"):
        outputs.append((*query[:-1], key[-2]))
    flops = None if work is None or mixed is None else work + mixed
    return InferredCall([TensorType(shape, call.dtype) for shape in outputs], weights, flops)


def _shapes(call: Call) -> tuple[Shape, Shape, Shape] | None:
    """The shapes of query, value and key (by default the value); None if one is unknown."""
    shapes: list[Shape] = []
    for name in ("query", "value", "key"):
        (tensor,) = call.tensors.get(name) or call.tensors["value"]
        if tensor.dtype == "string":
            number_shape(Call(call.entry, {}, {name: [tensor]}))
        if tensor.shape is None:
            return None
        shapes.append(tensor.shape)
    return shapes[0], shapes[1], shapes[2]


def _rank_error(query: Shape, value: Shape, key: Shape) -> ShapeError:
    parts = f"query {shape_text(query)} and value {shape_text(value)}" + (
        "" if key == value else f" and key {shape_text(key)}"
    )
    return ShapeError(
        f"expects sequences (null, steps, features) of the same rank, got {parts}",
        help="after a recurrent layer set `return_sequences: true`; turn a row into a step with `Reshape`",
    )


def _check_values_and_keys(value: Shape, key: Shape) -> None:
    if value[1:-1] != key[1:-1]:
        raise ShapeError(
            f"expects a value for each key, got value {shape_text(value)} and key {shape_text(key)}",
            help="take both from sequences of the same length",
        )


def _check_flash(call: Call) -> None:
    if call["flash_attention"] and call["dropout"] > 0:
        raise ShapeError(
            "has both `dropout` and `flash_attention`, which Keras does not support",
            help="leave one of them out",
            argument="dropout",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )


def _attention_axes(call: Call, rank: int) -> tuple[int, ...]:
    """The axes to attend along; by default all between the batch and the features."""
    if call["attention_axes"] is None:
        return tuple(range(1, rank - 1))
    axes = tuple(axis if axis >= 0 else rank + axis for axis in several(call["attention_axes"], 1))
    for axis in axes:
        if not 0 <= axis <= rank:
            raise ShapeError(
                f"has no axis {axis} in its input of rank {rank}",
                help=f"choose from 1 to {rank - 2}",
                argument="attention_axes",
                code=codes.INCOMPATIBLE_ARGUMENTS,
            )
    return axes


def _axes(axes: tuple[int, ...]) -> str:
    return ("axis " if len(axes) == 1 else "axes ") + ", ".join(str(axis) for axis in axes)


def _projections(call: Call, into: Sequence[tuple[int, ...]], out: tuple[int, ...], output: int) -> list[Weight]:
    """Matrices, each followed by the bias of its last axes."""
    weights: list[Weight] = []
    for shape, bias in [*[(shape, shape[1:]) for shape in into], (out, out[-output:])]:
        weights += [Weight(shape), Weight(bias)] if call["use_bias"] else [Weight(shape)]
    return weights


def _flops(
    counts: tuple[Dim, Dim, Dim], into: Sequence[tuple[int, ...]], out: tuple[int, ...], key_dim: int
) -> int | None:
    """The projections, and the scores and weighted sums over all values that a query attends to.

    Args:
        counts: Of queries, of values, and of values that each query attends to.
        into: Shapes of the input projections.
        out: Shape of the output projection.
        key_dim: Size of a key.
    """
    queries, values, attended = counts
    if queries is None or values is None or attended is None:
        return None
    rows = [queries, values, values, queries]
    products = sum(count * (size_of(shape) or 0) for count, shape in zip(rows, into, strict=False))
    heads, value_dim = out[:2]
    return 2 * (products + queries * attended * heads * (key_dim + value_dim) + queries * (size_of(out) or 0))


RULES: dict[str, InferenceRule] = {
    "MultiHeadAttention": multi_head_attention,
    "GroupQueryAttention": group_query_attention,
    "Attention": dot_product_attention,
    "AdditiveAttention": dot_product_attention,
}
