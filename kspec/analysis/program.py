"""The analysed spec: its graph, types and settings."""

from __future__ import annotations

from dataclasses import dataclass

from kspec.analysis.adapted_layers import adapts
from kspec.analysis.settings import Settings
from kspec.analysis.shapes.types import Types
from kspec.ir import Graph
from kspec.ir.layer_patterns import networks_by_path
from kspec.ir.preset import is_preset
from kspec.syntax.sizes import OF_DATA, Size, sizes_in


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
        """Whether a size of the model depends on the data: on a learned vocabulary, or on the classes of a target."""
        return any(
            (adapts(node) and node.head != "Normalization")
            or any(_is_of_data(size, network) for size in sizes_in([node.arguments, node.constants]))
            for network in networks_by_path(self.graph).values()
            for node in network.calls
        )

    @property
    def adapts(self) -> bool:
        """Whether a layer adapts to the training data before training."""
        return any(adapts(node) for node in self.graph.calls)


def _is_of_data(size: Size, network: Graph) -> bool:
    """Whether the data decides a size: that of a vocabulary which the spec states does not depend on it."""
    node = network.nodes.get(size.name) if size.word == "vocabulary_of" else None
    return size.word in OF_DATA and (node is None or not is_preset(network.callee(node).arguments))
