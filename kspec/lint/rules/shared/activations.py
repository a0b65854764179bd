"""Activations: their places, their ranges, and the last one before an output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kspec import catalog
from kspec.analysis.task_inference import ACTIVATION_LAYERS, KEEP_SHAPE, activation_named
from kspec.diagnostics import Path
from kspec.ir import Node, Tensor
from kspec.ir.tensor_origin import TensorOrigin, trace_origin
from kspec.lint.context import RuleContext

WITH_ACTIVATION = (
    "Dense",
    "EinsumDense",
    "Conv1D",
    "Conv2D",
    "Conv3D",
    "Conv1DTranspose",
    "Conv2DTranspose",
    "Conv3DTranspose",
    "DepthwiseConv1D",
    "DepthwiseConv2D",
    "SeparableConv1D",
    "SeparableConv2D",
)
"""Layers that end with an activation of their own."""

RANGES: dict[str, tuple[float | None, float | None]] = {
    "relu": (0.0, None),
    "relu6": (0.0, 6.0),
    "softplus": (0.0, None),
    "exponential": (0.0, None),
    "sigmoid": (0.0, 1.0),
    "hard_sigmoid": (0.0, 1.0),
    "softmax": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "hard_tanh": (-1.0, 1.0),
    "softsign": (-1.0, 1.0),
}
"""An activation → its minimum and maximum; None for unbounded."""


@dataclass(frozen=True, slots=True)
class Activation:
    """An activation at a node.

    Args:
        name: Keras's name, such as `relu`; `linear` for a layer that could have one but has none.
        node: The node it belongs to.
        path: Where the name is in the spec; None for a layer or op that is the activation itself.
        axis: The axis of a softmax, where the spec sets it.
    """

    name: str
    node: Node
    path: Path | None = None
    axis: Any = None


def activation_at(context: RuleContext, node: Node) -> Activation | None:
    """The activation that a node's layer ends with, or is; None for a layer that has none."""
    node = context.graph.callee(node)
    if node.kind == "op":
        known = catalog.find("activation", node.head)
        return Activation(known.name, node, None, node.constants.get("axis")) if known else None
    if node.kind != "layer":
        return None
    if node.head in WITH_ACTIVATION and "activation" not in node.arguments:
        return Activation("linear", node)
    head, arguments, path = innermost(context, node)
    if head in ACTIVATION_LAYERS:
        return Activation(ACTIVATION_LAYERS[head], node, None, arguments.get("axis"))
    if head != "Activation" and head not in WITH_ACTIVATION:
        return None
    value = arguments.get("activation")
    if value is None:
        return Activation("linear", node)
    name, inner = activation_named(value)
    if name not in ACTIVATION_LAYERS.values() and catalog.find("activation", name) is None:
        return None
    return Activation(name, node, (*path, "activation"), inner.get("axis"))


def innermost(context: RuleContext, node: Node) -> tuple[str, dict[str, Any], Path]:
    """A layer's class, arguments, and their place; for `TimeDistributed`, those of the layer inside."""
    head, arguments = node.head, node.arguments
    path = arguments_path(context, node)
    while head == "TimeDistributed":
        inner = arguments.get("layer")
        if isinstance(inner, str):
            return inner, {}, (*path, "layer")
        if not isinstance(inner, dict) or len(inner) != 1:
            break
        head = next(iter(inner))
        path = (*path, "layer", head)
        arguments = inner[head] if isinstance(inner[head], dict) else {}
    return head, arguments, path


def arguments_path(context: RuleContext, node: Node) -> Path:
    """The place of a layer's arguments."""
    return (*node.path, context.spec.entry(node.path).head)


def last_activation(context: RuleContext, output: Tensor) -> Activation | None:
    """The last activation before an output, looking through layers that only reshape; `linear` for none.

    None if it is unknown.
    """
    origin: TensorOrigin | None = trace_origin(context.graph, output)
    while origin is not None:
        node = origin.callee
        activation = activation_at(context, node)
        if activation is not None and (activation.name != "linear" or innermost(context, node)[0] in WITH_ACTIVATION):
            return activation
        if activation is None and node.head not in KEEP_SHAPE:
            return None
        origin = origin.before()
    return None
