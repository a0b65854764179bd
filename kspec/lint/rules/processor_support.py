"""KS301, as a warning: convolutions that TensorFlow computes on a GPU, but not on a CPU."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from kspec.diagnostics import Path, codes
from kspec.ir import Node
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.activations import arguments_path
from kspec.lint.rules.shared.outputs import node_span

TRANSPOSED = frozenset({"Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"})
CHANNELS_LAST_ONLY = TRANSPOSED | {"Conv1D", "Conv2D", "ConvLSTM1D", "ConvLSTM2D", "STFTSpectrogram"}
"""Layers that need the channels last on a CPU. For the others, Keras moves the axes, or compiles with XLA."""

OPS = frozenset({"conv", "image.extract_patches"})
"""Ops that need the channels last on a CPU, if the input has fewer than three spatial axes."""


class _Callee(NamedTuple):
    head: str
    arguments: dict[str, Any]
    path: Path


def check(context: RuleContext) -> None:
    """Finds channels that come first, and dilated transposed convolutions."""
    for node in context.graph.calls:
        if node.kind not in ("layer", "op") or node.faulty or node.name in context.invalid_nodes:
            continue
        for callee in [_op(node)] if node.kind == "op" else _layers(context, node):
            if callee.arguments.get("data_format") == "channels_first" and _needs_channels_last(context, node, callee):
                help = "write `data_format: channels_last`, with the channels last in the input's `shape`"
                _report(context, node, callee, "data_format", "with the channels first", help)
            elif callee.head in TRANSPOSED and _is_dilated(callee.arguments.get("dilation_rate")):
                _report(context, node, callee, "dilation_rate", "with dilation", "write `dilation_rate: 1`")


def _op(node: Node) -> _Callee:
    return _Callee(node.head, node.constants, (*node.path, "call"))


def _layers(context: RuleContext, node: Node) -> Iterator[_Callee]:
    """A layer, and those that it wraps."""
    callee = _Callee(node.head, node.arguments, arguments_path(context, node))
    while True:
        yield callee
        inner = callee.arguments.get("layer")
        if not isinstance(inner, dict) or len(inner) != 1:
            return
        head, arguments = next(iter(inner.items()))
        callee = _Callee(head, arguments if isinstance(arguments, dict) else {}, (*callee.path, "layer", head))


def _needs_channels_last(context: RuleContext, node: Node, callee: _Callee) -> bool:
    if node.kind == "layer":
        return callee.head in CHANNELS_LAST_ONLY and callee.arguments.get("groups", 1) == 1
    if callee.head not in OPS:
        return False
    assert context.types is not None
    shape = context.types.tensor(next(node.tensors())).shape
    return shape is not None and len(shape) < 5


def _is_dilated(rate: Any) -> bool:
    rates = rate if isinstance(rate, list) else [rate]
    return any(isinstance(each, int) and each > 1 for each in rates)


def _report(context: RuleContext, node: Node, callee: _Callee, argument: str, how: str, help: str) -> None:
    positions = context.spec.positions
    place = (*callee.path, argument)
    context.report.warning(
        codes.REJECTED_BY_KERAS,
        f"`{callee.head}` cannot run on a CPU {how}: TensorFlow computes it so on a GPU only",
        positions.value(place) if place in positions.values else node_span(context, node),
        help=f"{help}, unless every machine that runs it has a GPU",
    )
