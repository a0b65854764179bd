"""The graph → its nodes with their shapes and parameters: as a table, and as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from kspec.graph import Graph, Node


@dataclass(frozen=True, slots=True)
class NodeSummary:
    """One node as built.

    Args:
        layer: The class or op; `Input` for an input.
        shape: With the batch first; null for an unknown size. Of the first output, where there are several.
        parameters: Of the layer; 0 where it is counted at an earlier node.
        from_: The nodes that it takes its tensors from.
    """

    name: str
    layer: str
    shape: list[int | None]
    dtype: str
    parameters: int
    trainable: int
    from_: list[str]


@dataclass(frozen=True, slots=True)
class Summary:
    """A model as built: parameters in all, those that train, and its nodes in order."""

    name: str
    parameters: int
    trainable: int
    nodes: list[NodeSummary]

    def to_json(self) -> dict[str, Any]:
        """Plain values, for `--format json`."""
        nodes = []
        for node in self.nodes:
            plain = asdict(node)
            plain["from"] = plain.pop("from_")
            nodes.append(plain)
        return {"name": self.name, "parameters": self.parameters, "trainable": self.trainable, "nodes": nodes}

    def to_text(self) -> str:
        """A table: node, layer, output shape, parameters, where from."""
        rows = [("node", "layer", "output shape", "parameters", "from")]
        for node in self.nodes:
            shape = "(" + ", ".join("null" if s is None else str(s) for s in node.shape) + ")"
            parameters = f"{node.parameters:,}" if node.parameters else ""
            rows.append((node.name, node.layer, shape, parameters, ", ".join(node.from_)))
        widths = [max(len(row[column]) for row in rows) for column in range(5)]
        lines = []
        for number, (name, layer, shape, parameters, source) in enumerate(rows):
            cells = (
                f"{name:<{widths[0]}}  {layer:<{widths[1]}}  {shape:<{widths[2]}}  {parameters:>{widths[3]}}  {source}"
            )
            lines.append(cells.rstrip())
            if number == 0:
                lines.append("─" * (sum(widths) + 8))
        frozen = self.parameters - self.trainable
        tail = f", {frozen:,} not" if frozen else ""
        lines.append("─" * (sum(widths) + 8))
        lines.append(f"{self.name}: {self.parameters:,} parameters, {self.trainable:,} trainable{tail}")
        return "\n".join(lines) + "\n"


def summarise(name: str, graph: Graph, built: Any) -> Summary:
    """The summary of a built graph.

    Args:
        built: What `build_keras_model` gave.
    """
    nodes = []
    counted: set[int] = set()
    for node in graph.nodes.values():
        values = built.values.get(node.name)
        if not values:
            continue
        layer = built.layers.get(node.name)
        parameters = trainable = 0
        if layer is not None and id(layer) not in counted:
            counted.add(id(layer))
            parameters = int(layer.count_params()) if layer.built else 0
            trainable = sum(int(_size(weight.shape)) for weight in layer.trainable_weights)
        nodes.append(
            NodeSummary(
                name=node.name,
                layer=_layer(node, graph),
                shape=[None if size is None else int(size) for size in values[0].shape],
                dtype=str(values[0].dtype),
                parameters=parameters,
                trainable=trainable,
                from_=list(dict.fromkeys(tensor.node for tensor in node.tensors())),
            )
        )
    total = int(built.model.count_params())
    training = sum(int(_size(weight.shape)) for weight in built.model.trainable_weights)
    return Summary(name, total, training, nodes)


def _layer(node: Node, graph: Graph) -> str:
    if node.kind == "input":
        return "Input"
    return graph.callee(node).head


def _size(shape: tuple[int, ...]) -> int:
    size = 1
    for axis in shape:
        size *= axis
    return size
