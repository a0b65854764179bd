"""What every rule receives: a spec, what the passes before have learnt of it, and the report."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from kspec.analysis.data_profile import DataProfile
from kspec.analysis.settings import Settings
from kspec.analysis.shapes.types import Types
from kspec.diagnostics import Report
from kspec.ir import Graph, Node
from kspec.language import Spec
from kspec.language.removed_values import MayLackValues


@dataclass(slots=True)
class RuleContext(MayLackValues):
    """A network, seen by the rules.

    Args:
        spec: The spec.
        graph: The network: the spec's own, or a sub-model's.
        report: Receives the diagnostics.
        types: Shapes and dtypes; None before they are inferred.
        settings: The training settings with every default; None where the graph has errors. Without what depends on
            invalid values of the spec.
        profile: Facts about the data; None where it has not been read.
        invalid_nodes: Nodes whose arguments have errors, so that nothing can be concluded from them.
        outer: The spec's own network, where `graph` is a sub-model's.
    """

    spec: Spec
    graph: Graph
    report: Report
    types: Types | None = None
    settings: Settings | None = None
    profile: DataProfile | None = None
    invalid_nodes: set[str] = field(default_factory=set)
    outer: Graph | None = None

    @contextmanager
    def checking(self, node: Node) -> Iterator[None]:
        """Adds a node to `invalid_nodes` if the checks in the block report errors."""
        before = self.report.errors
        yield
        if self.report.errors > before:
            self.invalid_nodes.add(node.name)
