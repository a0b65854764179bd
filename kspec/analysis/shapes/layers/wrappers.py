"""Layers that hold another layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kspec.analysis.shapes.broadcasting import size_of
from kspec.analysis.shapes.layers.recurrent import RECURRENT
from kspec.analysis.shapes.layers.shared import number_shape, one, unknown
from kspec.analysis.shapes.registry import infer_call, inner_call
from kspec.analysis.shapes.types import Call, InferenceRule, InferredCall, Shape, ShapeError, TensorType, Weight
from kspec.catalog import Entry, Tensor
from kspec.diagnostics import codes
from kspec.syntax.yaml_flow import shape_text

WITH_KERNEL = frozenset(
    [
        *("Dense", "EinsumDense", "Embedding", "ReversibleEmbedding", "SpectralNormalization"),
        *(f"Conv{rank}D{kind}" for rank in (1, 2, 3) for kind in ("", "Transpose")),
        *("DepthwiseConv1D", "DepthwiseConv2D"),
    ]
)
"""Layers with one kernel, the first of their weights."""


def bidirectional(call: Call) -> InferredCall:
    """A recurrent layer and its backward copy: `(batch, steps, features) → (…, 2 * units)` by `concat`.

    `sum`, `mul` and `ave` keep the size; `merge_mode: null` returns both outputs. The states of both follow.
    """
    shape, backward = number_shape(call), call["backward_layer"]
    if shape is None:
        return unknown(call, None)
    initial = call.tensors.get("initial_state", [])
    half = len(initial) // 2
    forward = wrapped_call(call, "layer", call["layer"], call.x, initial[:half])
    if forward is None:
        return unknown(call, None)
    inner, forth = forward
    _check_recurrent(inner, "layer")
    argument = "layer" if backward is None else "backward_layer"
    reverse = wrapped_call(call, argument, backward or call["layer"], call.x, initial[half:])
    if reverse is None:
        return unknown(call, None)
    twin, back = reverse
    if backward is not None:
        _check_recurrent(twin, argument)
        _check_pair(inner, twin)
    elif inner["go_backwards"]:
        raise ShapeError(
            "has a `layer` with `go_backwards: true`",
            help="leave `go_backwards` out: `Bidirectional` adds the backward layer",
            argument="layer",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )
    y, *states = [tensor.shape for tensor in forth.outputs]
    y_back = back.outputs[0].shape
    if y is None or y_back is None:
        return unknown(call, None)
    shapes: list[Shape | None] = [y]
    if call["merge_mode"] is None:
        shapes = [y, y]
    elif call["merge_mode"] == "concat":
        shapes = [(*y[:-1], None if y[-1] is None else 2 * y[-1])]
    elif y != y_back:
        raise ShapeError(
            f"cannot merge {shape_text(y)} and {shape_text(y_back)} by `{call['merge_mode']}`",
            help="give both layers the same size, or write `merge_mode: concat`",
            argument="merge_mode",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )
    shapes += states * 2
    weights = None if forth.weights is None or back.weights is None else forth.weights + back.weights
    flops = None if forth.flops is None or back.flops is None else forth.flops + back.flops
    return InferredCall([TensorType(shape, call.dtype) for shape in shapes], weights, flops)


def time_distributed(call: Call) -> InferredCall:
    """`(batch, steps, …) → (batch, steps, new …)`: the layer at each step, with the same weights."""
    shape = call.x.shape
    if shape is None:
        return unknown(call, None)
    if len(shape) < 3:
        raise ShapeError(
            f"expects input with at least 3 dimensions, (null, steps, …), got {shape_text(shape)}",
            help="give it an input of shape [steps, …]; after a recurrent layer, set `return_sequences: true` there",
        )
    pair = wrapped_call(call, "layer", call["layer"], TensorType((shape[0], *shape[2:]), call.x.dtype))
    if pair is None:
        return unknown(call, None)
    inner, each = pair
    if len(each.outputs) > 1:
        raise ShapeError(
            f"supports layers with one output, but `{inner.entry.name}` has {len(each.outputs)}",
            help="leave `return_state` out of `layer`" if inner.entry.path else "give the sub-model one output",
            argument="layer",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )
    new = each.outputs[0].shape
    result = None if new is None else (shape[0], shape[1], *new[1:])
    return one(result, call.dtype, each.weights, size_of((shape[1], each.flops)))


def spectral_normalization(call: Call) -> InferredCall:
    """As the wrapped layer, plus a vector of shape (1, columns) to estimate the largest singular value."""
    pair = wrapped_call(call, "layer", call["layer"], call.x)
    if pair is None:
        return unknown(call, None)
    inner, own = pair
    if inner.entry.name not in WITH_KERNEL:
        raise ShapeError(
            f"cannot normalize `{inner.entry.name}`, which has no single kernel",
            help="wrap a `Dense`, a convolution or an `Embedding`",
            argument="layer",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )
    weights = own.weights
    if weights is not None:
        weights = [*weights, Weight((1, weights[0].shape[-1]), trainable=False)]
    return InferredCall([TensorType(tensor.shape, call.dtype) for tensor in own.outputs], weights, own.flops)


def pipeline(call: Call) -> InferredCall:
    """One layer after the other."""
    tensor, weights, flops = call.x, list[Weight](), 0
    known = True
    for layer in call["layers"]:
        pair = wrapped_call(call, "layers", layer, tensor)
        if pair is None or len(pair[1].outputs) != 1:
            return unknown(call, None)
        _, step = pair
        tensor = step.outputs[0]
        known = known and step.weights is not None
        weights += step.weights or []
        flops += step.flops or 0
    return InferredCall([tensor], weights if known else None, flops if known else None)


def wrapped_call(
    call: Call, argument: str, value: Any, tensor: TensorType, states: Sequence[TensorType] = ()
) -> tuple[Call, InferredCall] | None:
    """The call of a layer that this one wraps, and its outputs; None if its class is unknown.

    Args:
        call: Of this layer.
        argument: The argument of this layer that holds it.
        value: The layer as written.
        tensor: Its input.
        states: The initial states of a recurrent layer.

    Raises:
        ShapeError: If it cannot be called with that input.
    """
    if isinstance(value, dict) and "model" in value:
        gives = call.model(value["model"], [tensor])
        return None if gives is None else (Call(_model(value["model"]), {}, {"inputs": [tensor]}), gives)
    inner = inner_call(call, value, [tensor])
    if inner is None:
        return None
    if states:
        inner.tensors = {**inner.tensors, "initial_state": list(states)}
    name, tensors = inner.entry.name, inner.entry.tensors
    if not tensors or tensors[0].form != "one" or sum(each.required for each in tensors) > 1:
        raise ShapeError(
            f"cannot wrap `{name}`, which takes several inputs",
            help=f"call `{name}` as a node of its own",
            argument=argument,
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )
    try:
        return inner, infer_call(inner)
    except ShapeError as error:
        raise ShapeError(
            f"wraps `{name}`, which {error.message}", help=error.help, argument=argument, code=error.code
        ) from error


def _model(name: str) -> Entry:
    """A catalog entry for a sub-model."""
    return Entry("layer", name, "", (), {}, (Tensor("inputs", "one", True),))


def _check_recurrent(inner: Call, argument: str) -> None:
    if inner.entry.name not in RECURRENT:
        raise ShapeError(
            f"expects a recurrent layer, got `{inner.entry.name}`",
            help="wrap a recurrent layer, such as `LSTM` or `GRU`",
            argument=argument,
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )


def _check_pair(inner: Call, twin: Call) -> None:
    """Check that two layers read in opposite directions and return the same things."""
    if inner["go_backwards"] == twin["go_backwards"]:
        raise ShapeError(
            "has two layers that read in the same direction",
            help="write `go_backwards: true` in `backward_layer`, and not in `layer`",
            argument="backward_layer",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )
    for name in ("stateful", "return_sequences", "return_state"):
        if inner[name] != twin[name]:
            raise ShapeError(
                f"has `{name}: true` in only one of its two layers",
                help=f"set `{name}` to the same value in both",
                argument="backward_layer",
                code=codes.INCOMPATIBLE_ARGUMENTS,
            )


RULES: dict[str, InferenceRule] = {
    "Bidirectional": bidirectional,
    "TimeDistributed": time_distributed,
    "SpectralNormalization": spectral_normalization,
    "Pipeline": pipeline,
}
