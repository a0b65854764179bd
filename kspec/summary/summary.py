"""The summary of a network: its nodes with shapes, parameters and FLOPs, as a table and as JSON.

The table is laid out here rather than by `rich.table`, whose import would take as long as a quarter of the command.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from kspec.analysis.known_numbers import with_known_numbers
from kspec.analysis.shapes.dtypes import bytes_of
from kspec.analysis.shapes.types import Types
from kspec.ir import Graph, Node
from kspec.ir.formula import formula_text, operations, sources
from kspec.summary.columns import aligned, fitted
from kspec.syntax.yaml_flow import shape_text

Size = int | None
"""A number; None if unknown."""
Hoisted = Mapping[str, Collection[str]]
"""Stage of training → the nodes that are computed once before it."""
NOTHING: Mapping[str, Any] = MappingProxyType({})
INPUT = "Input"
"""The layer of an input."""
UNITS = ("", "k", "M", "G", "T")


@dataclass(frozen=True, slots=True)
class NodeSummary:
    """A node.

    Args:
        name: The node's name.
        layer: The class or op; `Input` for an input.
        shape: Of its first output, batch first; None if not even the rank is known.
        dtype: Of its first output.
        parameters: Of the layer; 0 if an earlier node counts them, None if unknown.
        trainable: The trainable parameters among them.
        flops: Floating-point operations for one example; None if unknown.
        from_: The nodes that provide its inputs.
        hoisted: Whether it is computed once before training, in every stage.
        unused: Whether it reaches no output, so that Keras drops it: its numbers are 0.
        is_model: Whether it is a call of the sub-model that `layer` names.
        inside: Bytes of the outputs in that model for one example; None if unknown.
    """

    name: str
    layer: str
    shape: list[Size] | None
    dtype: str
    parameters: Size
    trainable: Size
    flops: Size
    from_: list[str]
    hoisted: bool = False
    unused: bool = False
    is_model: bool = False
    inside: Size = None

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "layer": self.layer,
            "shape": self.shape,
            "dtype": self.dtype,
            "parameters": self.parameters,
            "trainable": self.trainable,
            "flops": self.flops,
            "from": self.from_,
            "hoisted": self.hoisted,
            "model": self.is_model,
            "unused": self.unused,
        }

    @property
    def label(self) -> str:
        """The layer, marked as a sub-model or as unused."""
        return " ".join([self.layer, *["(model)"] * self.is_model, *["(unused)"] * self.unused])

    @property
    def memory(self) -> Size:
        """Bytes of its output for one example; for a sub-model, of all outputs in it."""
        if self.unused:
            return 0
        if self.is_model:
            return self.inside
        if self.shape is None or None in self.shape[1:]:
            return None
        width = 4 if self.dtype == "string" else bytes_of(self.dtype)
        return width * math.prod(axis or 1 for axis in self.shape[1:])


@dataclass(frozen=True, slots=True)
class Summary:
    """The nodes of a network in order, and their totals.

    Args:
        name: The spec's or the sub-model's name.
        nodes: The nodes.
        stages: Stage of training → the number of parameters that it trains; empty if the spec has no stages.
        models: The summaries of the sub-models; in the totals, each counts where it is called first.
        frozen: Whether it is a sub-model without trainable layers.
        hoisted: Stage of training → the nodes that are computed once before it.
    """

    name: str
    nodes: list[NodeSummary]
    stages: Mapping[str, Size] = field(default_factory=dict)
    models: tuple[Summary, ...] = ()
    frozen: bool = False
    hoisted: Hoisted = field(default_factory=dict)

    @property
    def parameters(self) -> Size:
        """The number of parameters; None if that of a node is unknown."""
        return _sum(node.parameters for node in self.nodes)

    @property
    def trainable(self) -> Size:
        """The number of trainable parameters."""
        return _sum(node.trainable for node in self.nodes)

    @property
    def flops(self) -> Size:
        """Floating-point operations of a forward pass for one example; None if those of a node are unknown."""
        return _sum(node.flops for node in self.nodes)

    @property
    def memory(self) -> Size:
        """Bytes of all outputs for one example, which training stores."""
        return _sum(node.memory for node in self.nodes)

    @property
    def inside(self) -> Size:
        """The same without the inputs."""
        return _sum(node.memory for node in self.nodes if node.layer != INPUT)

    def to_json(self) -> dict[str, Any]:
        """Plain values for `--format json`."""
        return {
            "name": self.name,
            "parameters": self.parameters,
            "trainable": self.trainable,
            "flops": self.flops,
            "activation_bytes": self.memory,
            "nodes": [node.to_json() for node in self.nodes],
            **({"stages": dict(self.stages)} if self.stages else {}),
            **({"hoisted": {name: list(nodes) for name, nodes in self.hoisted.items()}} if self.stages else {}),
            **({"models": [m.to_json() | {"frozen": m.frozen} for m in self.models]} if self.models else {}),
        }

    def to_text(self, width: int | None = None) -> str:
        """A table of the nodes with totals, followed by one for each sub-model.

        Args:
            width: How wide the tables can be: names are shortened, and FLOPs left out; None for any width.
        """
        tables = [self._table(width), *(f"{model._title()}\n{model._table(width)}" for model in self.models)]
        return "\n".join(tables)

    def _title(self) -> str:
        inputs = ", ".join(f"{node.name} {shape_text(node.shape)}" for node in self.nodes if node.layer == INPUT)
        return f"sub-model {self.name}{' (frozen)' if self.frozen else ''}: inputs {inputs}"

    def _table(self, width: int | None) -> str:
        columns: dict[str, list[str]] = {
            "node": [node.name for node in self.nodes],
            "layer": [node.label for node in self.nodes],
            "output shape": [shape_text(node.shape) for node in self.nodes],
            "parameters": [_count(node.parameters) for node in self.nodes],
            "flops": [_count(node.flops) for node in self.nodes],
            "from": [", ".join(node.from_) for node in self.nodes],
        }
        if all(node.flops is None for node in self.nodes):
            del columns["flops"]
        columns = fitted(columns, width, drop=["flops"], shorten=["from", "layer", "node", "output shape"])
        lines = [line.rstrip() for line in aligned(columns, right=("parameters", "flops"))]
        rule = "─" * max(len(line) for line in lines)
        notes = self._hoisting()
        if self.stages:
            counts = [f"{'?' if count is None else f'{count:,}'} in {name}" for name, count in self.stages.items()]
            notes.append(f"trainable parameters: {', '.join(counts)}")
        return "\n".join([lines[0], rule, *lines[1:], rule, f"{self.name}: {self._sums()}", *notes]) + "\n"

    def _hoisting(self) -> list[str]:
        """The nodes that are computed once, by stage if they differ: at most one line."""
        variants = {tuple(nodes) for nodes in self.hoisted.values()}
        if variants <= {()}:
            return []
        if len(variants) == 1:
            return [f"computed once before training: {', '.join(next(iter(variants)))}"]
        stages = [f"{', '.join(nodes)} before {name}" for name, nodes in self.hoisted.items() if nodes]
        return [f"computed once: {'; '.join(stages)}"]

    def _sums(self) -> str:
        if self.parameters is None or self.trainable is None:
            parameters = "the number of parameters depends on the data"
        else:
            parameters = f"{self.parameters:,} parameters"
            if frozen := self.parameters - self.trainable:
                parameters += f" ({self.trainable:,} trainable, {frozen:,} non-trainable)"
        costs = [f"{scaled(self.flops, 1000)}flops"] if self.flops else []
        costs += [f"{scaled(self.memory, 1024)}B of activations"] if self.memory else []
        return f"{parameters}; {', '.join(costs)} per example" if costs else parameters


class KerasNetwork(Protocol):
    """The parts of a network built by Keras that a summary reads."""

    @property
    def values(self) -> Mapping[str, Sequence[Any]]:
        """Node → its output tensors."""

    @property
    def layers(self) -> Mapping[str, Any]:
        """Node → its layer."""

    @property
    def models(self) -> Mapping[str, Any]:
        """Sub-model → its network."""


class _Measure(NamedTuple):
    """The shape and cost of a node, as `NodeSummary` describes them."""

    shape: list[Size] | None
    dtype: str
    parameters: Size
    trainable: Size
    flops: Size


def summarise(
    name: str, graph: Graph, types: Types, hoisted: Hoisted = NOTHING, stages: Mapping[str, Size] = NOTHING
) -> Summary:
    """The summary of a graph by inference, without TensorFlow.

    Args:
        name: The spec's name.
        graph: Its graph.
        types: The types of its nodes.
        hoisted: Stage of training → the nodes that the engine computes once before it.
        stages: Stage of training → the number of parameters that it trains.
    """
    measures = {model: _infer(graph.models[model], types.models[model]) for model in graph.called_models()}
    return _summary(name, with_known_numbers(graph, types), _infer(graph, types), measures, hoisted, stages)


def summarise_built(
    name: str, graph: Graph, network: KerasNetwork, hoisted: Hoisted = NOTHING, stages: Mapping[str, Size] = NOTHING
) -> Summary:
    """The summary of a graph as Keras built it.

    Args:
        name: The spec's name.
        graph: Its graph.
        network: The network built from it.
        hoisted: Stage of training → the nodes that the engine computes once before it.
        stages: Stage of training → the number of parameters that it trains.
    """
    measures = {model: _measure(graph.models[model], network.models[model]) for model in graph.called_models()}
    return _summary(name, graph, _measure(graph, network), measures, hoisted, stages)


def _infer(graph: Graph, types: Types) -> dict[str, _Measure]:
    measures = {}
    needed, contributing = graph.needed_nodes(), graph.contributing_nodes()
    for node in graph.nodes.values():
        call = types.calls[node.name]
        shape, dtype = call.outputs[0]
        weights = call.weights if node.name in contributing else []
        parameters = trainable = None
        if weights is not None:
            parameters = sum(weight.size for weight in weights)
            trainable = 0 if node.trainable is False else sum(weight.size for weight in weights if weight.trainable)
        flops = call.flops if node.kind != "input" and node.name in needed else 0
        measures[node.name] = _Measure(None if shape is None else list(shape), dtype, parameters, trainable, flops)
    return measures


def _measure(graph: Graph, network: KerasNetwork) -> dict[str, _Measure]:
    measures = {}
    counted: set[int] = set()
    contributing = graph.contributing_nodes()
    for node in graph.nodes.values():
        values = network.values.get(node.name)
        if not values:
            continue
        layer = network.layers.get(node.name)
        weights = layer.weights if layer is not None and node.name in contributing else []
        sizes = {id(weight): math.prod(map(int, weight.shape)) for weight in weights if id(weight) not in counted}
        counted |= sizes.keys()
        trains = {id(weight) for weight in layer.trainable_weights} if layer is not None else set()
        trainable = sum(size for weight, size in sizes.items() if weight in trains)
        shape = [None if size is None else int(size) for size in values[0].shape]
        dtype = getattr(values[0].dtype, "name", values[0].dtype)  # a constant is TensorFlow's tensor
        measures[node.name] = _Measure(shape, dtype, sum(sizes.values()), trainable, None)
    return measures


def _summary(
    name: str,
    graph: Graph,
    measures: Mapping[str, _Measure],
    of_models: Mapping[str, Mapping[str, _Measure]],
    hoisted: Hoisted,
    stages: Mapping[str, Size],
) -> Summary:
    models: dict[str, Summary] = {}
    for model in graph.called_models():
        inner = graph.models[model]
        frozen = bool(inner.calls) and all(node.trainable is False for node in inner.calls)
        models[model] = Summary(model, _nodes(inner, of_models[model], models, NOTHING), frozen=frozen)
    return Summary(name, _nodes(graph, measures, models, hoisted), stages, tuple(models.values()), hoisted=hoisted)


def _nodes(
    graph: Graph, measures: Mapping[str, _Measure], models: Mapping[str, Summary], hoisted: Hoisted
) -> list[NodeSummary]:
    needed = graph.needed_nodes()
    by_entry = {node.name: operations(graph, node) for node in graph.entries if node.formula}
    return [
        NodeSummary(
            node.name,
            _layer(graph, node),
            *measures[node.name]._replace(
                flops=_sum(measures[each].flops for each in by_entry.get(node.name, [node.name]))
            ),
            from_=list(dict.fromkeys(sources(graph, node))),
            hoisted=bool(hoisted) and all(node.name in nodes for nodes in hoisted.values()),
            unused=node.kind != "input" and node.name not in needed,
            is_model=node.kind == "model",
            inside=models[node.head].inside if node.kind == "model" else None,
        )
        for node in graph.entries
        if node.name in measures
    ]


def _layer(graph: Graph, node: Node) -> str:
    """What a node calls: a class, an op, or the arithmetic of an `expr`."""
    if node.kind == "input":
        return INPUT
    return formula_text(graph, node) if node.formula else graph.callee(node).head


def differences(inferred: Summary, built: Summary) -> list[str]:
    """Where inference differs from Keras, a line each; what inference does not know is no difference."""
    lines = []
    for ours, theirs in zip(inferred.nodes, built.nodes, strict=True):
        for name in ("shape", "dtype", "parameters", "trainable"):
            value, actual = getattr(ours, name), getattr(theirs, name)
            if not _agree(value, actual) and not (name == "dtype" and _is_stated(value, actual)):
                lines.append(f"{ours.name}: {name} {value}, but Keras has {actual}")
    for ours_inner, theirs_inner in zip(inferred.models, built.models, strict=True):
        lines += [f"{ours_inner.name}/{line}" for line in differences(ours_inner, theirs_inner)]
    return lines


def _agree(value: Any, actual: Any) -> bool:
    """Whether an inferred value may be the actual one; an unknown size may be any, as the data may decide it."""
    if isinstance(value, list) and isinstance(actual, list):
        return len(value) == len(actual) and all(v is None or v == a for v, a in zip(value, actual, strict=True))
    return value is None or value == actual


def _is_stated(dtype: str, actual: str) -> bool:
    """Whether Keras states a layer's compute dtype, though it returns integers for integers or their mean."""
    return "float" in actual and ("float" not in dtype or dtype == "float64")


def _count(number: Size) -> str:
    return "?" if number is None else f"{number:,}" if number else ""


def _sum(sizes: Iterable[Size]) -> Size:
    total = 0
    for size in sizes:
        if size is None:
            return None
        total += size
    return total


def scaled(number: int, step: int) -> str:
    """A large number with the letter of its thousands, before a unit: `1.3 M`."""
    value = float(number)
    for unit in UNITS[:-1]:
        if value < step:
            return f"{value:.1f} {unit}" if unit else f"{value:.0f} "
        value /= step
    return f"{value:.1f} {UNITS[-1]}"
