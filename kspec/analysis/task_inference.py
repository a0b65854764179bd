"""What kind of problem an output solves: read off its activation, its units and its loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kspec import catalog
from kspec.ir import Graph, Node, Tensor
from kspec.ir.tensor_origin import TensorOrigin, trace_origin

KEEP_SHAPE = frozenset(
    {"Dropout", "Reshape", "Identity", "ActivityRegularization", "Flatten", "GaussianDropout", "AlphaDropout"}
)
"""Layers that change nothing of what an answer means."""

ACTIVATION_LAYERS = {"Softmax": "softmax", "ReLU": "relu", "LeakyReLU": "leaky_relu", "ELU": "elu", "PReLU": "prelu"}

BINARY_LOSSES = frozenset({"BinaryCrossentropy", "BinaryFocalCrossentropy", "Hinge", "SquaredHinge"})
FREE_FORM_LOSSES = frozenset({"CTC", "Circle"})
"""Losses whose targets need not have the form of the answers."""
SPARSE_LOSSES = frozenset({"SparseCategoricalCrossentropy"})
CATEGORICAL_LOSSES = frozenset(
    {
        "CategoricalCrossentropy",
        "CategoricalFocalCrossentropy",
        "CategoricalHinge",
        "CategoricalGeneralizedCrossEntropy",
    }
)


@dataclass(frozen=True, slots=True)
class OutputHead:
    """What an output answers with, as far as the graph tells.

    Args:
        activation: Keras's name of the last activation; `linear` where there is none; None where it cannot be told.
        units: The size of the last axis; None where it cannot be told.
    """

    activation: str | None
    units: int | None

    def describe(self) -> str:
        """It in words: `one sigmoid unit`; empty if its activation is unknown."""
        if self.activation is None:
            return ""
        if self.units == 1:
            return f"one {self.activation} unit"
        return f"{self.units} {self.activation} units" if self.units else f"{self.activation} units"


def output_head(graph: Graph, output: Tensor) -> OutputHead:
    """Walks back from an output through what keeps the shape, to the last activation."""
    activation: str | None = None
    spot: TensorOrigin | None = trace_origin(graph, output)
    while spot is not None:
        callee = spot.callee
        found = _activation(callee)
        activation = activation or (found if found != "linear" else None)
        units = _units(callee)
        if units is not None or _is_sized(callee):
            return OutputHead(activation or found, units)
        keeps = found is not None or callee.head in KEEP_SHAPE
        if not keeps:
            break
        spot = spot.before()
    return OutputHead(activation, None)


def _inner(node: Node) -> tuple[str, dict[str, Any]]:
    """The layer at a node; for `TimeDistributed`, the one inside."""
    head, arguments = node.head, node.arguments
    while head == "TimeDistributed" and arguments.get("layer"):
        layer = arguments["layer"]
        if isinstance(layer, str):
            return layer, {}
        if not isinstance(layer, dict):
            break
        head, arguments = next(iter(layer.items()))
        arguments = arguments if isinstance(arguments, dict) else {}
    return head, arguments


def _activation(node: Node) -> str | None:
    head, arguments = _inner(node)
    if node.kind == "op":
        return head if catalog.find("activation", head) else None
    if head in ACTIVATION_LAYERS:
        return ACTIVATION_LAYERS[head]
    if head == "Activation" or (head in ("Dense", "EinsumDense") or head.startswith("Conv")):
        said = arguments.get("activation")
        if said is None:
            return "linear"
        return activation_named(said)[0]
    return None


def activation_named(said: Any) -> tuple[str, dict[str, Any]]:
    """The function that an `activation` names, and its arguments; the name as it is, where Keras has none such.

    >>> activation_named({"LeakyReLU": {"negative_slope": 0.1}})
    ('leaky_relu', {'negative_slope': 0.1})
    """
    name, arguments = next(iter(said.items()), ("", {})) if isinstance(said, dict) else (said, {})
    if not isinstance(name, str):
        return "", {}
    arguments = arguments if isinstance(arguments, dict) else {}
    if name == "Activation":
        return activation_named(arguments.get("activation"))
    entry = catalog.find("activation", name)
    return ACTIVATION_LAYERS.get(name) or (entry.name if entry else name), arguments


def _units(node: Node) -> int | None:
    _, arguments = _inner(node)
    size = arguments.get("units", arguments.get("filters"))
    return size if isinstance(size, int) and node.kind == "layer" else None


def _is_sized(node: Node) -> bool:
    """Whether a layer says how many units it has, be it in a way that only the data tells."""
    return node.kind == "layer" and not {"units", "filters"}.isdisjoint(_inner(node)[1])


def loss_name(loss: Any) -> str:
    """Keras's class of a loss as written; the word itself where the catalog does not know it."""
    name = loss if isinstance(loss, str) else next(iter(loss), "") if isinstance(loss, dict) else ""
    entry = catalog.find("loss", name)
    return entry.name if entry else name


def from_logits(loss: Any) -> bool:
    """Whether a loss as written takes logits."""
    if not isinstance(loss, dict):
        return False
    arguments = next(iter(loss.values()), None)
    return isinstance(arguments, dict) and bool(arguments.get("from_logits", False))


def task_of(answer: OutputHead, loss: Any | None) -> str | None:
    """The problem type, by the language's table; None where it must be stated.

    Args:
        loss: The loss as written; None where it is left out.
    """
    by_units = "binary_classification" if answer.units in (1, None) else "multilabel_classification"
    if loss is not None:
        name = loss_name(loss)
        if name in BINARY_LOSSES:
            return by_units
        if name in SPARSE_LOSSES or name in CATEGORICAL_LOSSES:
            return "multiclass_classification"
        if catalog.find("loss", name) is not None:
            return "regression"
    if answer.activation == "sigmoid":
        return by_units if answer.units is not None else None
    if answer.activation == "softmax":
        return "multiclass_classification"
    return "regression" if answer.activation == "linear" else None
