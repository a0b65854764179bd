"""The analysed spec: its graph, types and settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kspec.analysis.settings import Settings
from kspec.analysis.shapes.types import Types
from kspec.ir import Graph
from kspec.ir.layer_patterns import networks_by_path


@dataclass(slots=True)
class Analysis:
    """The result of analysing a spec.

    Args:
        graph: Its nodes, in topological order.
        types: Shape, dtype and parameters of each node.
        settings: The resolved settings of training; None if the graph has errors.
    """

    graph: Graph
    types: Types
    settings: Settings | None

    @property
    def needs_data(self) -> bool:
        """Whether a size of the model depends on the data: on a vocabulary, or on the classes of a target."""
        return any(
            (node.catalog is not None and node.catalog.adapts and node.head != "Normalization")
            or _refers_to_data(node.arguments)
            for network in networks_by_path(self.graph).values()
            for node in network.calls
        )

    @property
    def adapts(self) -> bool:
        """Whether a layer adapts to the training data before training."""
        return any(node.catalog is not None and node.catalog.adapts for node in self.graph.calls)


def _refers_to_data(value: Any) -> bool:
    if isinstance(value, dict):
        return bool({"vocabulary_of", "classes_of"} & set(value)) or any(map(_refers_to_data, value.values()))
    return isinstance(value, list) and any(map(_refers_to_data, value))
