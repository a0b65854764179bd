"""The graph → its nodes with their shapes and parameters: as a table, and as JSON."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from kspec.analysis.shapes.types import Types
from kspec.ir import Graph, Node
from kspec.syntax.yaml_flow import shape_text

Size = int | None
"""None: not known."""
Early = Mapping[str, Collection[str]]
"""By stage of the training, the nodes that are computed once over the data."""
NOTHING: Early = MappingProxyType({})
INPUT = "Input"
"""What an input is called among the layers."""

_BYTES = {
    "bool": 1, "int8": 1, "uint8": 1, "float16": 2, "bfloat16": 2, "int16": 2, "uint16": 2,
    "float64": 8, "int64": 8, "uint64": 8,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class NodeSummary:
    """One node.

    Args:
        layer: The class or op; `Input` for an input.
        shape: Of its first output, with the batch first; None where not even the rank is known.
        parameters: Of the layer; 0 where it is counted at an earlier node, None where it cannot be told.
        trainable: Those of them that train.
        flops: Floating-point operations for one example; None where they cannot be told.
        from_: The nodes that it takes its tensors from.
        hoisted: Whether it is computed once over the data, before training, in every stage.
        unused: Whether it leads to no output, so that Keras leaves it out of the model: its numbers are 0.
        is_model: Whether it is a call of the sub-model that `layer` names.
        inside: Bytes of the outputs of that model's nodes for one example; None where they cannot be told.
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
    def what(self) -> str:
        """What it calls, in words."""
        return " ".join([self.layer, *["(model)"] * self.is_model, *["(unused)"] * self.unused])

    @property
    def memory(self) -> Size:
        """Bytes of its output for one example; of a sub-model, of all outputs in it."""
        if self.unused:
            return 0
        if self.is_model:
            return self.inside
        if self.shape is None or None in self.shape[1:]:
            return None
        size = _BYTES.get(self.dtype, 4)
        for axis in self.shape[1:]:
            size *= axis or 1
        return size


@dataclass(frozen=True, slots=True)
class Summary:
    """A model's nodes in order, and their sums.

    Args:
        stages: By stage of the training, the parameters that it trains; empty where the spec has no stages.
        models: Those of the sub-models that are called; in the sums they count where they are called first.
        frozen: Whether it is a sub-model of which nothing trains.
        early: By stage of the training, the nodes that are computed once over the data.
    """

    name: str
    nodes: list[NodeSummary]
    stages: Mapping[str, Size] = field(default_factory=dict)
    models: tuple[Summary, ...] = ()
    frozen: bool = False
    early: Early = field(default_factory=dict)

    @property
    def parameters(self) -> Size:
        """All of them; None where a node's cannot be told."""
        return _sum(node.parameters for node in self.nodes)

    @property
    def trainable(self) -> Size:
        """Those that training changes."""
        return _sum(node.trainable for node in self.nodes)

    @property
    def flops(self) -> Size:
        """Floating-point operations of one example's way through the model; None where a node's cannot be told."""
        return _sum(node.flops for node in self.nodes)

    @property
    def memory(self) -> Size:
        """Bytes of all outputs for one example: what training keeps of it."""
        return _sum(node.memory for node in self.nodes)

    @property
    def inside(self) -> Size:
        """The same without what it is given."""
        return _sum(node.memory for node in self.nodes if node.layer != INPUT)

    def to_json(self) -> dict[str, Any]:
        """Plain values, for `--format json`."""
        return {
            "name": self.name,
            "parameters": self.parameters,
            "trainable": self.trainable,
            "flops": self.flops,
            "activation_bytes": self.memory,
            "nodes": [node.to_json() for node in self.nodes],
            **({"stages": dict(self.stages)} if self.stages else {}),
            **({"hoisted": {name: list(nodes) for name, nodes in self.early.items()}} if self.stages else {}),
            **({"models": [m.to_json() | {"frozen": m.frozen} for m in self.models]} if self.models else {}),
        }

    def to_text(self) -> str:
        """A table: node, layer, output shape, parameters, operations, where from; and the sums.

        Below it stands one for each sub-model, under its name and what it takes.
        """
        return "\n".join([self._table(), *(f"{model._title()}\n{model._table()}" for model in self.models)])

    def _title(self) -> str:
        taken = ", ".join(f"{node.name} {shape_text(node.shape)}" for node in self.nodes if node.layer == INPUT)
        return f"sub-model {self.name}{' (frozen)' if self.frozen else ''}: takes {taken}"

    def _table(self) -> str:
        columns: dict[str, list[str]] = {
            "node": [node.name for node in self.nodes],
            "layer": [node.what for node in self.nodes],
            "output shape": [shape_text(node.shape) for node in self.nodes],
            "parameters": [_count(node.parameters) for node in self.nodes],
            "flops": [_count(node.flops) for node in self.nodes],
            "from": [", ".join(node.from_) for node in self.nodes],
        }
        if all(node.flops is None for node in self.nodes):
            del columns["flops"]
        padded = []
        for heading, cells in columns.items():
            width = max(len(cell) for cell in (heading, *cells))
            align = ">" if heading in ("parameters", "flops") else "<"
            padded.append([f"{cell:{align}{width}}" for cell in (heading, *cells)])
        lines = ["  ".join(row).rstrip() for row in zip(*padded, strict=True)]
        rule = "─" * max(len(line) for line in lines)
        notes = self._once()
        if self.stages:
            counts = [f"{'?' if count is None else f'{count:,}'} in {name}" for name, count in self.stages.items()]
            notes.append(f"parameters that train: {', '.join(counts)}")
        return "\n".join([lines[0], rule, *lines[1:], rule, f"{self.name}: {self._sums()}", *notes]) + "\n"

    def _once(self) -> list[str]:
        """What is computed once, by stage where that differs: none or one line."""
        different = {tuple(nodes) for nodes in self.early.values()}
        if different <= {()}:
            return []
        if len(different) == 1:
            return [f"computed once over the data, before training: {', '.join(next(iter(different)))}"]
        stages = [f"{', '.join(nodes)} in {name}" for name, nodes in self.early.items() if nodes]
        return [f"computed once over the data: {'; '.join(stages)}"]

    def _sums(self) -> str:
        if self.parameters is None or self.trainable is None:
            parameters = "parameters that the data decides"
        else:
            frozen = self.parameters - self.trainable
            parameters = f"{self.parameters:,} parameters, {self.trainable:,} trainable" + (
                f", {frozen:,} not" if frozen else ""
            )
        flops = f"; {_scaled(self.flops, 1000, ('', 'k', 'M', 'G', 'T'))}flops" if self.flops else ""
        memory = f" and {_scaled(self.memory, 1024, ('', 'k', 'M', 'G', 'T'))}B of activations" if self.memory else ""
        return f"{parameters}{flops}{memory}{' an example' if flops or memory else ''}"


def summarise(
    name: str, graph: Graph, types: Types, early: Early = NOTHING, stages: Mapping[str, Size] | None = None
) -> Summary:
    """The summary of a graph, from what inference found: no TensorFlow.

    Args:
        early: By stage of the training, the nodes that the engine computes once over the data.
        stages: By stage of the training, the parameters that it trains.
    """
    models: dict[str, Summary] = {}
    for inner in graph.called_models():
        nodes = _inferred(graph.models[inner], types.models[inner], models)
        models[inner] = Summary(inner, nodes, frozen=_is_frozen(graph, inner))
    return Summary(name, _inferred(graph, types, models, early), stages or {}, tuple(models.values()), early=early)


def _inferred(graph: Graph, types: Types, models: Mapping[str, Summary], early: Early = NOTHING) -> list[NodeSummary]:
    nodes = []
    frozen = _frozen(graph)
    needed, counts = graph.needed_nodes(), graph.contributing_nodes()
    for node in graph.nodes.values():
        answer = types.calls[node.name]
        weights = answer.weights if node.name in counts else []
        unused = node.kind != "input" and node.name not in needed
        first = answer.outputs[0]
        trainable = None if weights is None else sum(w.size for w in weights if w.trainable and node.name not in frozen)
        nodes.append(
            NodeSummary(
                name=node.name,
                layer=_layer(node, graph),
                shape=None if first.shape is None else list(first.shape),
                dtype=first.dtype,
                parameters=None if weights is None else sum(weight.size for weight in weights),
                trainable=trainable,
                flops=0 if node.kind == "input" or unused else answer.flops,
                from_=_from(node),
                hoisted=bool(early) and all(node.name in nodes for nodes in early.values()),
                unused=unused,
                is_model=node.kind == "model",
                inside=models[node.head].inside if node.kind == "model" else None,
            )
        )
    return nodes


def summarise_built(
    name: str, graph: Graph, built: Any, early: Early = NOTHING, stages: Mapping[str, Size] | None = None
) -> Summary:
    """The summary of a graph as Keras built it.

    Args:
        built: What `build_keras_model` gave.
        early: By stage of the training, the nodes that the engine computes once over the data.
        stages: By stage of the training, the parameters that it trains.
    """
    models: dict[str, Summary] = {}
    for inner in graph.called_models():
        nodes = _as_built(graph.models[inner], built.models[inner], models)
        models[inner] = Summary(inner, nodes, frozen=_is_frozen(graph, inner))
    return Summary(name, _as_built(graph, built, models, early), stages or {}, tuple(models.values()), early=early)


def _as_built(graph: Graph, built: Any, models: Mapping[str, Summary], early: Early = NOTHING) -> list[NodeSummary]:
    nodes = []
    counted: set[int] = set()
    needed, counts = graph.needed_nodes(), graph.contributing_nodes()
    for node in graph.nodes.values():
        values = built.values.get(node.name)
        if not values:
            continue
        layer = built.layers.get(node.name)
        weights = layer.weights if layer is not None and node.name in counts else []
        fresh = [weight for weight in weights if id(weight) not in counted]
        counted |= {id(weight) for weight in fresh}
        trains = {id(weight) for weight in layer.trainable_weights} if fresh else set()
        nodes.append(
            NodeSummary(
                name=node.name,
                layer=_layer(node, graph),
                shape=[None if size is None else int(size) for size in values[0].shape],
                dtype=str(values[0].dtype),
                parameters=sum(_size(weight.shape) for weight in fresh),
                trainable=sum(_size(weight.shape) for weight in fresh if id(weight) in trains),
                flops=None,
                from_=_from(node),
                hoisted=bool(early) and all(node.name in nodes for nodes in early.values()),
                unused=node.kind != "input" and node.name not in needed,
                is_model=node.kind == "model",
                inside=models[node.head].inside if node.kind == "model" else None,
            )
        )
    return nodes


def differences(ours: Summary, keras: Summary) -> list[str]:
    """What inference and Keras tell differently, a line each; what we do not know is no difference."""
    found = []
    for mine, theirs in zip(ours.nodes, keras.nodes, strict=True):
        for what in ("shape", "dtype", "parameters", "trainable"):
            said, built = getattr(mine, what), getattr(theirs, what)
            if not _agree(said, built):
                found.append(f"{mine.name}: {what} {said}, and Keras says {built}")
    for inner, theirs_inner in zip(ours.models, keras.models, strict=True):
        found += [f"{inner.name}/{line}" for line in differences(inner, theirs_inner)]
    return found


def _agree(said: Any, built: Any) -> bool:
    """An axis that is unknown to us can have any size: the data may decide it."""
    if isinstance(said, list) and isinstance(built, list):
        return len(said) == len(built) and all(s is None or s == b for s, b in zip(said, built, strict=True))
    return said is None or said == built


def _count(number: Size) -> str:
    return "?" if number is None else f"{number:,}" if number else ""


def _frozen(graph: Graph) -> set[str]:
    return {node.name for node in graph.calls if node.trainable is False}


def _is_frozen(graph: Graph, model: str) -> bool:
    inner = graph.models[model]
    return bool(inner.calls) and all(node.trainable is False for node in inner.calls)


def _layer(node: Node, graph: Graph) -> str:
    return INPUT if node.kind == "input" else graph.callee(node).head


def _from(node: Node) -> list[str]:
    return list(dict.fromkeys(tensor.node for tensor in node.tensors()))


def _sum(sizes: Any) -> Size:
    total = 0
    for size in sizes:
        if size is None:
            return None
        total += size
    return total


def _size(shape: tuple[int, ...]) -> int:
    size = 1
    for axis in shape:
        size *= int(axis)
    return size


def _scaled(number: int, step: int, units: tuple[str, ...]) -> str:
    value = float(number)
    for unit in units:
        if value < step or unit == units[-1]:
            return f"{value:.0f} {unit}" if not unit else f"{value:.1f} {unit}"
        value /= step
    return str(number)
