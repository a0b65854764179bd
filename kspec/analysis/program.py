"""The analysed spec: its graph, types and settings."""

from __future__ import annotations

from dataclasses import dataclass

from kspec.analysis.settings import Settings
from kspec.analysis.shapes.types import Types
from kspec.ir import Graph
from kspec.ir.layer_patterns import networks_by_path
from kspec.syntax.sizes import OF_DATA, sizes_in


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
            or any(size.word in OF_DATA for size in sizes_in([node.arguments, node.constants]))
            for network in networks_by_path(self.graph).values()
            for node in network.calls
        )

    @property
    def adapts(self) -> bool:
        """Whether a layer adapts to the training data before training."""
        return any(node.catalog is not None and node.catalog.adapts for node in self.graph.calls)
