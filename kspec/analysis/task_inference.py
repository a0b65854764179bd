"""Task inference: the problem type of an output, from its activation, units and loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kspec import catalog
from kspec.catalog.layer_families import NOISE, UNCHANGED
from kspec.ir import Graph, Node, Tensor
from kspec.ir.tensor_origin import TensorOrigin, trace_origin

KEEP_SHAPE = NOISE | UNCHANGED | {"Reshape", "Flatten"}
"""Layers that do not change the meaning of an output."""

SCALING = frozenset({"Normalization", "Rescaling"})
"""Layers after which an output is a quantity in its own units, and no score of a class."""

ACTIVATION_LAYERS = {"Softmax": "softmax", "ReLU": "relu", "LeakyReLU": "leaky_relu", "ELU": "elu", "PReLU": "prelu"}

PROBABILITIES = frozenset({"sigmoid", "hard_sigmoid", "sparse_sigmoid", "softmax", "sparsemax"})
"""Activations that give probabilities."""

THRESHOLDED_TASKS = frozenset({"binary_classification", "multilabel_classification"})
"""Tasks that predict a class where a value is above a threshold."""

BINARY_LOSSES = frozenset({"BinaryCrossentropy", "BinaryFocalCrossentropy", "Hinge", "SquaredHinge"})
HINGE_LOSSES = frozenset({"Hinge", "SquaredHinge", "CategoricalHinge"})
"""Losses of scores, which are no probabilities."""
FREE_FORM_LOSSES = frozenset({"CTC", "Circle"})
"""Losses whose targets need not have the form of the outputs."""
SPARSE_LOSSES = frozenset({"SparseCategoricalCrossentropy", "CategoricalGeneralizedCrossEntropy"})
"""Losses of exclusive classes whose target is the number of a class."""
CATEGORICAL_LOSSES = frozenset(
    {
        "CategoricalCrossentropy",
        "CategoricalFocalCrossentropy",
        "CategoricalHinge",
    }
)


@dataclass(frozen=True, slots=True)
class OutputHead:
    """The head of an output, as far as the graph shows it.

    Args:
        activation: Keras's name of the last activation, `linear` if there is none; None if unknown.
        units: The size of the last axis; None if unknown.
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
    """The head of an output: walks back through layers that keep the shape, to the last activation."""
    activation: str | None = None
    origin: TensorOrigin | None = trace_origin(graph, output)
    while origin is not None:
        callee = origin.callee
        if callee.head in SCALING and callee.kind == "layer":
            return OutputHead("linear", None)
        own = _activation(callee)
        activation = activation or (own if own != "linear" else None)
        units = _units(callee)
        if units is not None or _is_sized(callee):
            return OutputHead(activation or own, units)
        if own is None and callee.head not in KEEP_SHAPE:
            break
        origin = origin.before()
    return OutputHead(activation, None)


def _inner(node: Node) -> tuple[str, dict[str, Any]]:
    """The class and arguments of a layer; for `TimeDistributed`, of the layer inside."""
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
        value = arguments.get("activation")
        return "linear" if value is None else activation_named(value)[0]
    return None


def activation_named(value: Any) -> tuple[str, dict[str, Any]]:
    """The function that an `activation` names, and its arguments; an unknown name is returned unchanged.

    >>> activation_named({"LeakyReLU": {"negative_slope": 0.1}})
    ('leaky_relu', {'negative_slope': 0.1})
    """
    name, arguments = next(iter(value.items()), ("", {})) if isinstance(value, dict) else (value, {})
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
    """Whether a layer sets its number of units, even to one that the data decides."""
    return node.kind == "layer" and not {"units", "filters"}.isdisjoint(_inner(node)[1])


def loss_name(loss: Any) -> str:
    """The Keras class of a loss as written; an unknown name is returned unchanged."""
    name = loss if isinstance(loss, str) else next(iter(loss), "") if isinstance(loss, dict) else ""
    entry = catalog.find("loss", name)
    return entry.name if entry else name


def from_logits(loss: Any) -> bool:
    """Whether a loss as written expects logits."""
    if not isinstance(loss, dict):
        return False
    arguments = next(iter(loss.values()), None)
    return isinstance(arguments, dict) and bool(arguments.get("from_logits", False))


def gives_probabilities(head: OutputHead, loss: Any | None) -> bool:
    """Whether the predictions of a classifier are probabilities, with logits converted.

    Args:
        head: The output's head.
        loss: The resolved loss; None for an output that is only predicted.
    """
    if head.activation is None:  # an op or a layer of the user: the loss decides
        return loss_name(loss) not in HINGE_LOSSES
    return head.activation in PROBABILITIES or from_logits(loss)


def is_generic_crossentropy(loss: Any) -> bool:
    """Whether a loss is Keras's `crossentropy`, which is that of the output's task."""
    return loss_name(loss) == "crossentropy"


def task_of(head: OutputHead, loss: Any | None) -> str | None:
    """The task of an output; None if the spec must set it.

    Args:
        head: The output's head.
        loss: The loss as written; None if omitted.
    """
    by_units = "binary_classification" if head.units in (1, None) else "multilabel_classification"
    if loss is not None and not is_generic_crossentropy(loss):
        name = loss_name(loss)
        if name in BINARY_LOSSES:
            return by_units
        if name in SPARSE_LOSSES or name in CATEGORICAL_LOSSES:
            return "multiclass_classification"
        if catalog.find("loss", name) is not None:
            return "regression"
    if head.activation == "sigmoid":
        return by_units if head.units is not None else None
    if head.activation == "softmax":
        return "multiclass_classification"
    return "regression" if head.activation == "linear" else None


def is_certain_task(head: OutputHead, task: str | None) -> bool:
    """Whether the task of an output is known, and its activation does not suggest another.

    A squared error of a sigmoid can be a regression or a classification.

    Args:
        head: The output's head.
        task: Its inferred task.
    """
    return task is not None and not (task == "regression" and suggests_classes(head.activation))


def suggests_classes(activation: str | None) -> bool:
    """Whether an activation is usual for classes; so may be one that is not known."""
    return not activation or activation == "tanh" or activation in PROBABILITIES
