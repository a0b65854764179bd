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
"""Layers with one main matrix, which stands first among their weights."""


def bidirectional(call: Call) -> InferredCall:
    """A recurrent layer and its twin that reads from the end; `(…, units) → (…, 2 * units)` by `concat`.

    By `sum`, `mul` and `ave` the size stays; with `merge_mode: null` both answers are given. The states of both follow.
    """
    shape, backward = number_shape(call), call["backward_layer"]
    if shape is None:
        return unknown(call, None)
    given = call.tensors.get("initial_state", [])
    half = len(given) // 2
    there = held(call, "layer", call["layer"], call.x, given[:half])
    if there is None:
        return unknown(call, None)
    inner, forth = there
    _recurrent(inner, "layer")
    argument = "layer" if backward is None else "backward_layer"
    from_end = held(call, argument, backward or call["layer"], call.x, given[half:])
    if from_end is None:
        return unknown(call, None)
    twin, back = from_end
    if backward is not None:
        _recurrent(twin, argument)
        _twins(inner, twin)
    elif inner["go_backwards"]:
        raise ShapeError(
            "has a `layer` that goes backwards already, as its twin will",
            help="leave `go_backwards` out of `layer`",
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
            f"cannot take the {call['merge_mode']} of {shape_text(y)} and {shape_text(y_back)}",
            help="give both layers the same size, or say `merge_mode: concat`",
            argument="merge_mode",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )
    shapes += states * 2
    weights = None if forth.weights is None or back.weights is None else forth.weights + back.weights
    flops = None if forth.flops is None or back.flops is None else forth.flops + back.flops
    return InferredCall([TensorType(shape, call.dtype) for shape in shapes], weights, flops)


def time_distributed(call: Call) -> InferredCall:
    """`(batch, steps, …) → (batch, steps, new …)`: the layer on each step, with the same weights."""
    shape = call.x.shape
    if shape is None:
        return unknown(call, None)
    if len(shape) < 3:
        raise ShapeError(
            f"needs an input of at least rank 3, (null, steps, …), and is given {shape_text(shape)}",
            help="give it an input of shape [steps, …]; after a recurrent layer, say `return_sequences: true` there",
        )
    found = held(call, "layer", call["layer"], TensorType((shape[0], *shape[2:]), call.x.dtype))
    if found is None:
        return unknown(call, None)
    inner, each = found
    if len(each.outputs) > 1:
        raise ShapeError(
            f"can give one output only, and holds `{inner.entry.name}` with {len(each.outputs)}",
            help="leave `return_state` out of `layer`" if inner.entry.path else "let the sub-model give one output",
            argument="layer",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )
    new = each.outputs[0].shape
    result = None if new is None else (shape[0], shape[1], *new[1:])
    return one(result, call.dtype, each.weights, size_of((shape[1], each.flops)))


def spectral_normalization(call: Call) -> InferredCall:
    """As the layer inside, whose matrix is divided by its largest singular value, kept in a (1, columns)."""
    found = held(call, "layer", call["layer"], call.x)
    if found is None:
        return unknown(call, None)
    inner, own = found
    if inner.entry.name not in WITH_KERNEL:
        raise ShapeError(
            f"holds `{inner.entry.name}`, which has no single matrix to normalize",
            help="put a `Dense`, a convolution or an `Embedding` in it",
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
        found = held(call, "layers", layer, tensor)
        if found is None or len(found[1].outputs) != 1:
            return unknown(call, None)
        _, step = found
        tensor = step.outputs[0]
        known = known and step.weights is not None
        weights += step.weights or []
        flops += step.flops or 0
    return InferredCall([tensor], weights if known else None, flops if known else None)


def held(
    call: Call, argument: str, value: Any, tensor: TensorType, states: Sequence[TensorType] = ()
) -> tuple[Call, InferredCall] | None:
    """The call of a layer inside this one, and what it gives; None where its class is not known.

    Args:
        argument: Which argument of this layer it is.
        states: What a recurrent layer starts from.
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
            f"holds `{name}`, and cannot hand it several inputs",
            help=f"call `{name}` as a node of its own",
            argument=argument,
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )
    try:
        return inner, infer_call(inner)
    except ShapeError as refusal:
        raise ShapeError(
            f"holds `{name}`, which {refusal.message}", help=refusal.help, argument=argument, code=refusal.code
        ) from refusal


def _model(name: str) -> Entry:
    """A sub-model, as the layers that hold it see it."""
    return Entry("layer", name, "", (), {}, (Tensor("inputs", "one", True),))


def _recurrent(inner: Call, argument: str) -> None:
    if inner.entry.name not in RECURRENT:
        raise ShapeError(
            f"reads a sequence from both ends, which `{inner.entry.name}` cannot",
            help="put a recurrent layer in it, such as `LSTM` or `GRU`",
            argument=argument,
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )


def _twins(inner: Call, twin: Call) -> None:
    """Two layers that read in opposite directions and give alike."""
    if inner["go_backwards"] == twin["go_backwards"]:
        raise ShapeError(
            "has two layers that go the same way",
            help="say `go_backwards: true` in `backward_layer`, and not in `layer`",
            argument="backward_layer",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )
    for name in ("stateful", "return_sequences", "return_state"):
        if inner[name] != twin[name]:
            raise ShapeError(
                f"has two layers of which one only says `{name}: true`",
                help=f"say `{name}` alike in both",
                argument="backward_layer",
                code=codes.INCOMPATIBLE_ARGUMENTS,
            )


RULES: dict[str, InferenceRule] = {
    "Bidirectional": bidirectional,
    "TimeDistributed": time_distributed,
    "SpectralNormalization": spectral_normalization,
    "Pipeline": pipeline,
}
