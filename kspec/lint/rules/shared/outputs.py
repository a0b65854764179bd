"""The outputs of a spec, as the rules about training see them."""

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
from kspec.syntax.names import snake_case

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
CATEGORICAL_CROSSENTROPIES = frozenset({"CategoricalCrossentropy", "CategoricalFocalCrossentropy"})
SPARSE_CROSSENTROPIES = frozenset({"SparseCategoricalCrossentropy", "CategoricalGeneralizedCrossEntropy"})
CROSSENTROPIES = BINARY_CROSSENTROPIES | CATEGORICAL_CROSSENTROPIES | SPARSE_CROSSENTROPIES


@dataclass(frozen=True, slots=True)
class Output:
    """An output that is trained.

    Args:
        name: Its name.
        node: The node that computes it.
        tensor: Its tensor.
        settings: Its training settings, with every default.
        activation: The last one; None if it is unknown.
        shape: With the batch first; None if it is unknown.
        units: The size of the last axis; None if it is unknown, or depends on the data.
        loss: Keras's class of the loss.
        loss_path: Where the loss is in the spec; None for a default.
        task_declared: Whether the spec declares the task.
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
    task_declared: bool

    @property
    def function(self) -> str:
        """The name of the activation; empty if it is unknown."""
        return self.activation.name if self.activation is not None else ""

    @property
    def logits(self) -> bool:
        """Whether the loss expects logits."""
        return from_logits(self.settings.loss)

    @property
    def described_loss(self) -> str:
        """Its loss in a sentence, which says whether it is a default."""
        if self.loss_path is not None:
            return f"the loss of `{self.name}`"
        return f"the loss of `{self.name}` (`{snake_case(self.loss)}`, filled in by kspec)"


def trained_outputs(context: RuleContext) -> Iterator[Output]:
    """The outputs that have a loss and a target, without those at invalid nodes."""
    assert context.settings is not None
    assert context.types is not None
    for name, settings in context.settings.outputs.items():
        tensor = context.graph.outputs[name]
        node = trace_origin(context.graph, tensor).callee
        if not is_object(settings.loss) or settings.is_minimized or is_invalid(context, tensor):
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
            _task_declared(context, name),
        )


def is_invalid(context: RuleContext, tensor: Tensor) -> bool:
    """Whether a tensor comes from a node with invalid arguments, directly or through layers that only reshape."""
    last = last_activation(context, tensor)
    names = {tensor.node, context.graph.callee(context.graph.nodes[tensor.node]).name}
    return bool(context.invalid_nodes & (names | ({last.node.name} if last is not None else set())))


def has_value_per_example(context: RuleContext, tensor: Tensor) -> bool:
    """Whether the first axis of a tensor is that of the examples, as far as its shape is known."""
    assert context.types is not None
    shape = context.types.tensor(tensor).shape
    return shape is None or (len(shape) > 0 and shape[0] in (None, context.spec.document.fixed_batch))


def node_span(context: RuleContext, node: Node) -> Span:
    """The place of the class, op or node that an entry names."""
    if node.kind == "input":
        return context.spec.positions.key(node.path)
    return head_span(node.path, context.spec.entry(node.path), context.spec.positions)


def activation_span(context: RuleContext, activation: Activation) -> Span:
    """The place of an activation; its layer or op, if that is the activation or has none."""
    path = activation.path
    if path is not None and path in context.spec.positions.values:
        return context.spec.positions.value(path)
    return node_span(context, activation.node)


def loss_span(context: RuleContext, output: Output) -> Span:
    """The place of an output's loss; its node, for a default loss."""
    if output.loss_path is not None:
        return context.spec.positions.value(output.loss_path)
    return node_span(context, output.node)


def metrics_of(context: RuleContext, output: Output) -> Iterator[tuple[str, dict[str, Any], Path | None]]:
    """The resolved metrics of an output: Keras's class (or `accuracy`), arguments, path; None for a default."""
    for key in ("metrics", "weighted_metrics"):
        written = getattr(context.spec.document.compile, key)
        path: Path = ("compile", key)
        if written is not None and is_by_output(written, context.graph.outputs, "metric"):
            written, path = written.get(output.name), (*path, output.name)
        for index, metric in enumerate(getattr(output.settings, key)):
            if not is_object(metric):
                continue
            name, arguments = (metric, {}) if isinstance(metric, str) else next(iter(metric.items()))
            entry = catalog.find("metric", name)
            if entry is not None:
                place = None if written is None else (*path, index) if isinstance(written, list) else path
                yield entry.name, arguments or {}, place


def metric_span(context: RuleContext, output: Output, path: Path | None) -> Span:
    """The place of a metric; the output's node, for a default metric.

    Args:
        context: The network.
        output: The output.
        path: Where the metric is in the spec; None for a default.
    """
    return node_span(context, output.node) if path is None else context.spec.positions.value(path)


def times_used(context: RuleContext) -> Counter[str]:
    """The number of uses of each node, by other nodes and as an output."""
    uses = Counter(tensor.node for node in context.graph.calls for tensor in node.tensors())
    uses.update(tensor.node for tensor in context.graph.outputs.values())
    return uses


def data_source(context: RuleContext) -> str:
    """The source of the data: csv, parquet, npz, images or synthetic; empty without data."""
    data = context.spec.document.data
    return data.source if data is not None else ""


def is_object(value: Any) -> bool:
    """Whether a value names a class, alone or with arguments; other values are reported elsewhere."""
    if isinstance(value, dict) and len(value) == 1:
        ((name, arguments),) = value.items()
        return isinstance(name, str) and (arguments is None or isinstance(arguments, dict))
    return isinstance(value, str)


def _units(context: RuleContext, shape: Shape | None, activation: Activation | None) -> int | None:
    if shape is not None:
        units = shape[-1] if len(shape) > 1 else 1
        return units if isinstance(units, int) else None  # a size that could not be computed
    if activation is None or activation.node.kind != "layer":
        return None
    units = innermost(context, activation.node)[1].get("units")
    return units if isinstance(units, int) and not isinstance(units, bool) else None


def _loss_path(context: RuleContext, name: str) -> Path | None:
    loss = context.spec.document.compile.loss
    if loss is None:
        return None
    if is_by_output(loss, context.graph.outputs, "loss"):
        return ("compile", "loss", name) if loss.get(name) is not None else None
    return ("compile", "loss")


def _task_declared(context: RuleContext, name: str) -> bool:
    task = context.spec.document.task
    return name in task if isinstance(task, dict) else task is not None
