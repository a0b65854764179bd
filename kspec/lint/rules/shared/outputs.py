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
from kspec.lint.context import RuleContext
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


def trained_outputs(context: RuleContext) -> Iterator[Output]:
    """The outputs that have a loss and can have a target, and at which nothing is known to be wrong."""
    assert context.settings is not None
    assert context.types is not None
    for name, settings in context.settings.outputs.items():
        tensor = context.graph.outputs[name]
        node = trace_origin(context.graph, tensor).callee
        if not _is_object(settings.loss) or not _has_target(context, name) or is_misfit(context, tensor):
            continue
        shape, activation = context.types.tensor(tensor).shape, last_activation(context, tensor)
        yield Output(
            name,
            node,
            tensor,
            settings,
            activation,
            shape,
            _units(context, shape, activation),
            loss_name(settings.loss),
            _loss_path(context, name),
            _task_stated(context, name),
        )


def is_misfit(context: RuleContext, tensor: Tensor) -> bool:
    """Whether something is wrong with the arguments of what gives a tensor, as far as its shape is kept."""
    last = last_activation(context, tensor)
    names = {tensor.node, context.graph.callee(context.graph.nodes[tensor.node]).name}
    return bool(context.invalid_nodes & (names | ({last.node.name} if last is not None else set())))


def node_span(context: RuleContext, node: Node) -> Span:
    """The class, op or node that an entry names."""
    if node.kind == "input":
        return context.spec.positions.key(node.path)
    return head_span(node.path, context.spec.entry(node.path), context.spec.positions)


def activation_span(context: RuleContext, activation: Activation) -> Span:
    """Where an activation is written; its layer or op, where it is one itself or there is none."""
    path = activation.path
    if path is not None and path in context.spec.positions.values:
        return context.spec.positions.value(path)
    return node_span(context, activation.node)


def loss_span(context: RuleContext, output: Output) -> Span:
    """Where an output's loss is written; its node, where it was filled in."""
    if output.loss_path is not None:
        return context.spec.positions.value(output.loss_path)
    return node_span(context, output.node)


def metrics_of(context: RuleContext, output: Output) -> Iterator[tuple[str, dict[str, Any], Path]]:
    """The metrics that are written for an output: Keras's class (`accuracy` for that word), arguments, place."""
    settings = context.spec.document.compile
    for word, said in (("metrics", settings.metrics), ("weighted_metrics", settings.weighted_metrics)):
        if said is None:
            continue
        path: Path = ("compile", word)
        if is_by_output(said, context.graph.outputs, "metric"):
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


def times_used(context: RuleContext) -> Counter[str]:
    """How often each node is taken by another, or is an output."""
    taken = Counter(tensor.node for node in context.graph.calls for tensor in node.tensors())
    taken.update(tensor.node for tensor in context.graph.outputs.values())
    return taken


def data_source(context: RuleContext) -> str:
    """csv, parquet, npz, images or synthetic; empty where the spec names no data."""
    data = context.spec.document.data
    return data.source if data is not None else ""


def _is_object(said: Any) -> bool:
    """Whether it is a class by its name, or with its arguments; what is neither has a message of its own."""
    if isinstance(said, dict) and len(said) == 1:
        (name, arguments), *_ = said.items()
        return isinstance(name, str) and (arguments is None or isinstance(arguments, dict))
    return isinstance(said, str)


def _units(context: RuleContext, shape: Shape | None, activation: Activation | None) -> int | None:
    if shape is not None:
        return shape[-1] if len(shape) > 1 else 1
    if activation is None or activation.node.kind != "layer":
        return None
    said = innermost(context, activation.node)[1].get("units")
    return said if isinstance(said, int) and not isinstance(said, bool) else None


def _has_target(context: RuleContext, name: str) -> bool:
    data = context.spec.document.data
    return data is None or not isinstance(data.targets, dict) or name in data.targets


def _loss_path(context: RuleContext, name: str) -> Path | None:
    said = context.spec.document.compile.loss
    if said is None:
        return None
    if is_by_output(said, context.graph.outputs, "loss"):
        return ("compile", "loss", name) if said.get(name) is not None else None
    return ("compile", "loss")


def _task_stated(context: RuleContext, name: str) -> bool:
    task = context.spec.document.task
    return name in task if isinstance(task, dict) else task is not None
