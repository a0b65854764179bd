"""Layers by which one sequence, the query, looks up another, the value."""

from __future__ import annotations

from collections.abc import Sequence

from kspec.analysis.shapes.broadcasting import agree, size_of
from kspec.analysis.shapes.layers.shared import known_size, number_shape, unknown
from kspec.analysis.shapes.types import Call, Dim, InferenceRule, InferredCall, Shape, ShapeError, TensorType, Weight
from kspec.diagnostics import codes
from kspec.syntax.yaml_flow import shape_text


def multi_head(call: Call) -> InferredCall:
    """`query (…, Tq, n), value (…, Tv, m) → (…, Tq, n)`, or `(…, Tq, *output_shape)`.

    Matrices of (features, heads, key_dim) for query and key, of (features, heads, value_dim) for value and gate, and of
    (heads, value_dim, *output) for the answer, each with a bias. The scores of `return_attention_scores` are told as
    Keras tells them: (batch, heads, Tq, Tq).
    """
    shapes = _shapes(call)
    if shapes is None:
        return unknown(call, None)
    query, value, key = shapes
    _no_flash_with_dropout(call)
    for shape in shapes:
        if len(shape) < 3 or len(shape) != len(query):
            raise _unlike(query, value, key)
    _values_fit_keys(value, key)
    axes = _attention_axes(call, len(query))
    for axis in range(1, len(query) - 1):
        if axis not in axes and not agree(query[axis : axis + 1], value[axis : axis + 1]):
            raise ShapeError(
                f"attends along {_axes(axes)} only, and the other axes of query {shape_text(query)} and value"
                f" {shape_text(value)} differ",
                help="name all axes that differ in `attention_axes`",
                argument="attention_axes",
            )
    heads, key_dim = call["num_heads"], call["key_dim"]
    value_dim = call["value_dim"] or key_dim
    sizes = [known_size(len(shape) - 1, shape) for shape in shapes]
    said = call["output_shape"]
    answer = (sizes[0],) if not said else (said,) if isinstance(said, int) else tuple(said)
    into = [(sizes[0], heads, key_dim), (sizes[2], heads, key_dim), (sizes[1], heads, value_dim)]
    if call["use_gate"]:
        into.append((sizes[0], heads, value_dim))
    weights = _projections(call, into, (heads, value_dim, *answer), len(answer))
    asked, told = size_of(query[1:-1]), size_of(value[1:-1])
    looked_at = size_of(value[axis] for axis in axes)
    flops = _flops((asked, told, looked_at), into, (heads, value_dim, *answer), key_dim)
    outputs: list[Shape] = [(*query[:-1], *answer)]
    if call.constant("return_attention_scores"):
        outputs.append((query[0], heads, query[1], query[1]))
    return InferredCall([TensorType(shape, call.dtype) for shape in outputs], weights, flops)


def group_query(call: Call) -> InferredCall:
    """`query (batch, Tq, n), value (batch, Tv, n) → (batch, Tq, n)`.

    As multi-head attention, with fewer heads for key and value than for the query: several of its heads share one.
    """
    shapes = _shapes(call)
    if shapes is None:
        return unknown(call, None)
    query, value, key = shapes
    heads, shared, size = call["num_query_heads"], call["num_key_value_heads"], call["head_dim"]
    if heads % shared:
        raise ShapeError(
            f"cannot share {shared} heads of keys and values among {heads} heads of queries",
            help="make `num_query_heads` a multiple of `num_key_value_heads`",
            argument="num_key_value_heads",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )
    _no_flash_with_dropout(call)
    if {len(shape) for shape in shapes} != {3}:
        raise _unlike(query, value, key)
    n, m, k = (known_size(2, shape) for shape in shapes)
    if n != m:
        raise ShapeError(
            f"expects query and value with the same last size, got {shape_text(query)} and {shape_text(value)}",
            help=f"bring the value to {n} with a `Dense`, or use `MultiHeadAttention`",
        )
    _values_fit_keys(value, key)
    into = [(n, heads, size), (k, shared, size), (m, shared, size)]
    if call["use_gate"]:
        into.append((n, heads, size))
    weights = _projections(call, into, (heads, size, n), 1)
    flops = _flops((query[1], value[1], value[1]), into, (heads, size, n), size)
    outputs: list[Shape] = [query]
    if call.constant("return_attention_scores"):
        outputs.append((query[0], heads, query[1], key[1]))
    return InferredCall([TensorType(shape, call.dtype) for shape in outputs], weights, flops)


def dot_product(call: Call) -> InferredCall:
    """`[query (…, Tq, n), value (…, Tv, m), key (…, Tv, n)] → (…, Tq, m)`; without a key the value is it.

    Attention has a number each for `use_scale` and the score mode `concat`, AdditiveAttention a scale of (n).
    """
    given = call.inputs
    number_shape(call)
    masks = len(call.tensors.get("mask", ()))
    if not 2 <= len(given) <= 3:
        raise ShapeError(
            f"takes a query, a value and perhaps a key, and is given {len(given)}",
            help="write `from: [query, value]` or `from: [query, value, key]`; to look into itself: `from: [x, x]`",
        )
    if masks and not 2 <= masks <= 3:
        raise ShapeError(f"takes a mask for the query and one for the value, and is given {masks}")
    shapes = [tensor.shape for tensor in given if tensor.shape is not None]
    if len(shapes) < len(given):
        return unknown(call, None)
    query, value, key = shapes[0], shapes[1], shapes[-1]
    if len(query) < 2 or any(len(shape) != len(query) for shape in shapes):
        raise _unlike(query, value, key)
    if not agree(query[-1:], key[-1:]) and not (call.entry.name == "AdditiveAttention" and 1 in (query[-1], key[-1])):
        raise ShapeError(
            f"compares query {shape_text(query)} with key {shape_text(key)}, whose last axes differ",
            help="bring both to one size with a `Dense`",
        )
    _values_fit_keys(value, key)
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
    """Those of query, value and key, which is the value where it is not given; None where one is not known."""
    found: list[Shape] = []
    for name in ("query", "value", "key"):
        (tensor,) = call.tensors.get(name) or call.tensors["value"]
        if tensor.dtype == "string":
            number_shape(Call(call.entry, {}, {name: [tensor]}))
        if tensor.shape is None:
            return None
        found.append(tensor.shape)
    return found[0], found[1], found[2]


def _unlike(query: Shape, value: Shape, key: Shape) -> ShapeError:
    parts = f"query {shape_text(query)} and value {shape_text(value)}" + (
        "" if key == value else f" and key {shape_text(key)}"
    )
    return ShapeError(
        f"needs sequences, (null, steps, features), of one rank, and is given {parts}",
        help="after a recurrent layer say `return_sequences: true`; one row is one step after a `Reshape` to [1, size]",
    )


def _values_fit_keys(value: Shape, key: Shape) -> None:
    if value[1:-1] != key[1:-1]:
        raise ShapeError(
            f"needs a value for each key, and is given value {shape_text(value)} and key {shape_text(key)}",
            help="take both from sequences of one length",
        )


def _no_flash_with_dropout(call: Call) -> None:
    if call["flash_attention"] and call["dropout"] > 0:
        raise ShapeError(
            "has `dropout` together with `flash_attention`, which knows none",
            help="leave one of them out",
            argument="dropout",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )


def _attention_axes(call: Call, rank: int) -> tuple[int, ...]:
    """The axes along which is looked up: all between the batch and the features, unless they are named."""
    said = call["attention_axes"]
    if said is None:
        return tuple(range(1, rank - 1))
    axes = tuple(axis if axis >= 0 else rank + axis for axis in ([said] if isinstance(said, int) else said))
    for axis in axes:
        if not 0 <= axis <= rank:
            raise ShapeError(
                f"attends along axis {axis}, and is given rank {rank}",
                help=f"choose among 1 to {rank - 2}",
                argument="attention_axes",
                code=codes.INCOMPATIBLE_ARGUMENTS,
            )
    return axes


def _axes(axes: tuple[int, ...]) -> str:
    return ("axis " if len(axes) == 1 else "axes ") + ", ".join(str(axis) for axis in axes)


def _projections(call: Call, into: Sequence[tuple[int, ...]], out: tuple[int, ...], answer: int) -> list[Weight]:
    """Matrices and, after each, the bias of its last axes."""
    weights: list[Weight] = []
    for shape, bias in [*[(shape, shape[1:]) for shape in into], (out, out[-answer:])]:
        weights += [Weight(shape), Weight(bias)] if call["use_bias"] else [Weight(shape)]
    return weights


def _flops(
    counts: tuple[Dim, Dim, Dim], into: Sequence[tuple[int, ...]], out: tuple[int, ...], key_dim: int
) -> int | None:
    """The products with the matrices, and twice the work of each query on all that it looks at.

    Args:
        counts: Queries, values, and how many values each query looks at.
    """
    asked, told, looked_at = counts
    if asked is None or told is None or looked_at is None:
        return None
    rows = [asked, told, told, asked]
    products = sum(count * (size_of(shape) or 0) for count, shape in zip(rows, into, strict=False))
    heads, value_dim = out[:2]
    return 2 * (products + asked * looked_at * heads * (key_dim + value_dim) + asked * (size_of(out) or 0))


RULES: dict[str, InferenceRule] = {
    "MultiHeadAttention": multi_head,
    "GroupQueryAttention": group_query,
    "Attention": dot_product,
    "AdditiveAttention": dot_product,
}
