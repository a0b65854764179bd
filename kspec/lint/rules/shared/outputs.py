"""The outputs of a spec, as the rules of training look at them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kspec import catalog
from kspec.analysis.per_output import is_by_output
from kspec.analysis.settings import OutputSettings
from kspec.analysis.shapes.types import Shape
from kspec.analysis.task_inference import from_logits, loss_name
from kspec.diagnostics import Path, Span
from kspec.ir import Node, Tensor
from kspec.ir.entry_spans import head_span
from kspec.ir.tensor_origin import trace_origin
from kspec.lint.argument_check import Checker
from kspec.lint.rules.shared.activations import Activation, innermost, last_activation

REGRESSION_LOSSES = frozenset(
    {
        "MeanSquaredError",
        "MeanAbsoluteError",
        "MeanAbsolutePercentageError",
        "MeanSquaredLogarithmicError",
        "Huber",
        "LogCosh",
        "Poisson",
    }
)
BINARY_CROSSENTROPIES = frozenset({"BinaryCrossentropy", "BinaryFocalCrossentropy"})
CATEGORICAL_CROSSENTROPIES = frozenset(
    {"CategoricalCrossentropy", "CategoricalFocalCrossentropy", "CategoricalGeneralizedCrossEntropy"}
)
SPARSE_CROSSENTROPIES = frozenset({"SparseCategoricalCrossentropy"})
CROSSENTROPIES = BINARY_CROSSENTROPIES | CATEGORICAL_CROSSENTROPIES | SPARSE_CROSSENTROPIES


@dataclass(frozen=True, slots=True)
class Output:
    """An output that is trained.

    Args:
        activation: The last one; None where it cannot be told.
        shape: With the batch first; None where it is not known.
        units: The size of the last axis; None where it is not known, or the data decides it.
        loss: Keras's class of it.
        loss_path: Where it is written; None where it was filled in.
        task_stated: Whether the spec states the task.
    """

    name: str
    node: Node
    tensor: Tensor
    settings: OutputSettings
    activation: Activation | None
    shape: Shape | None
    units: int | None
    loss: str
    loss_path: Path | None
    task_stated: bool

    @property
    def function(self) -> str:
        """The name of the activation; empty where it cannot be told."""
        return self.activation.name if self.activation is not None else ""

    @property
    def logits(self) -> bool:
        """Whether the loss says that it takes logits."""
        return from_logits(self.settings.loss)


def trained_outputs(checker: Checker) -> Iterator[Output]:
    """The outputs that have a loss and can have a target, and at which nothing is known to be wrong."""
    assert checker.settings is not None
    assert checker.types is not None
    for name, settings in checker.settings.outputs.items():
        tensor = checker.graph.outputs[name]
        node = trace_origin(checker.graph, tensor).callee
        if not _is_object(settings.loss) or not _has_target(checker, name) or is_misfit(checker, tensor):
            continue
        shape, activation = checker.types.tensor(tensor).shape, last_activation(checker, tensor)
        yield Output(
            name,
            node,
            tensor,
            settings,
            activation,
            shape,
            _units(checker, shape, activation),
            loss_name(settings.loss),
            _loss_path(checker, name),
            _task_stated(checker, name),
        )


def is_misfit(checker: Checker, tensor: Tensor) -> bool:
    """Whether something is wrong with the arguments of what gives a tensor, as far as its shape is kept."""
    last = last_activation(checker, tensor)
    names = {tensor.node, checker.graph.callee(checker.graph.nodes[tensor.node]).name}
    return bool(checker.invalid_nodes & (names | ({last.node.name} if last is not None else set())))


def node_span(checker: Checker, node: Node) -> Span:
    """The class, op or node that an entry names."""
    if node.kind == "input":
        return checker.spec.positions.key(node.path)
    return head_span(node.path, checker.spec.entry(node.path), checker.spec.positions)


def activation_span(checker: Checker, activation: Activation) -> Span:
    """Where an activation is written; its layer or op, where it is one itself or there is none."""
    path = activation.path
    if path is not None and path in checker.spec.positions.values:
        return checker.spec.positions.value(path)
    return node_span(checker, activation.node)


def loss_span(checker: Checker, output: Output) -> Span:
    """Where an output's loss is written; its node, where it was filled in."""
    if output.loss_path is not None:
        return checker.spec.positions.value(output.loss_path)
    return node_span(checker, output.node)


def metrics_of(checker: Checker, output: Output) -> Iterator[tuple[str, dict[str, Any], Path]]:
    """The metrics that are written for an output: Keras's class (`accuracy` for that word), arguments, place."""
    settings = checker.spec.document.compile
    for word, said in (("metrics", settings.metrics), ("weighted_metrics", settings.weighted_metrics)):
        if said is None:
            continue
        path: Path = ("compile", word)
        if is_by_output(said, checker.graph.outputs, "metric"):
            if output.name not in said:
                continue
            said, path = said[output.name], (*path, output.name)
        for index, metric in enumerate(said if isinstance(said, list) else [said]):
            if not _is_object(metric):
                continue
            name, arguments = (metric, {}) if isinstance(metric, str) else next(iter(metric.items()))
            entry = catalog.find("metric", name)
            if entry is not None:
                yield entry.name, arguments or {}, (*path, index) if isinstance(said, list) else path


def times_used(checker: Checker) -> Counter[str]:
    """How often each node is taken by another, or is an output."""
    taken = Counter(tensor.node for node in checker.graph.calls for tensor in node.tensors())
    taken.update(tensor.node for tensor in checker.graph.outputs.values())
    return taken


def data_source(checker: Checker) -> str:
    """csv, parquet, npz, images or synthetic; empty where the spec names no data."""
    data = checker.spec.document.data
    return data.source if data is not None else ""


def _is_object(said: Any) -> bool:
    """Whether it is a class by its name, or with its arguments; what is neither has a message of its own."""
    if isinstance(said, dict) and len(said) == 1:
        (name, arguments), *_ = said.items()
        return isinstance(name, str) and (arguments is None or isinstance(arguments, dict))
    return isinstance(said, str)


def _units(checker: Checker, shape: Shape | None, activation: Activation | None) -> int | None:
    if shape is not None:
        return shape[-1] if len(shape) > 1 else 1
    if activation is None or activation.node.kind != "layer":
        return None
    said = innermost(checker, activation.node)[1].get("units")
    return said if isinstance(said, int) and not isinstance(said, bool) else None


def _has_target(checker: Checker, name: str) -> bool:
    data = checker.spec.document.data
    return data is None or not isinstance(data.targets, dict) or name in data.targets


def _loss_path(checker: Checker, name: str) -> Path | None:
    said = checker.spec.document.compile.loss
    if said is None:
        return None
    if is_by_output(said, checker.graph.outputs, "loss"):
        return ("compile", "loss", name) if said.get(name) is not None else None
    return ("compile", "loss")


def _task_stated(checker: Checker, name: str) -> bool:
    task = checker.spec.document.task
    return name in task if isinstance(task, dict) else task is not None
