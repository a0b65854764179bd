"""Drawings of a spec or of a built model, with shapes and parameters."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kspec.compiler.build import build_structure
from kspec.compiler.compile import compile_spec
from kspec.ir import Graph
from kspec.language import Spec
from kspec.summary.summary import Summary

if TYPE_CHECKING:
    from kspec.compiler.define import BuiltModel
    from kspec.diagram.diagram import Drawn, Format, NodeFacts


def draw_model(built: BuiltModel, path: Path, format: Format) -> None:
    """Draws a built model.

    Raises:
        ValueError: when the graph is too large to lay out.
    """
    from kspec.diagram.diagram import draw

    draw(built.graph, _facts(_summary_of(built)), path, format)


def draw_spec(
    spec: Spec, path: Path, format: Format, *, shapes: bool = True, depth: int | None = None
) -> tuple[int, Drawn]:
    """Draws a spec's graph; TensorFlow is imported only where the data decides a size.

    Args:
        shapes: Whether shapes and parameters are shown too.
        depth: How deep blocks and sub-models are written out; None goes as deep as can be read.

    Returns:
        How many nodes it has, and what was drawn of them.

    Raises:
        SpecError: with everything that is wrong.
        ValueError: when the graph is too large to lay out.
    """
    from kspec.diagram.diagram import draw

    graph, facts = sized_graph(spec) if shapes else (compile_spec(spec).unwrap()[1].graph, {})
    return len(graph.nodes), draw(graph, facts, path, format, depth)


def sized_graph(spec: Spec) -> tuple[Graph, dict[str, NodeFacts]]:
    """A spec's graph and, by node, shapes and parameters.

    Raises:
        SpecError: with everything that is wrong.
    """
    from kspec.summary.summary import summarise

    _, analysis = compile_spec(spec).unwrap()
    if analysis.needs_data:
        summary = _summary_of(build_structure(spec))
    else:
        summary = summarise(spec.name, analysis.graph, analysis.types)
    return analysis.graph, _facts(summary)


def _summary_of(built: BuiltModel) -> Summary:
    from kspec.summary.summary import summarise_built

    return summarise_built(built.spec.name, built.graph, built.network)


def _facts(summary: Summary) -> dict[str, NodeFacts]:
    from kspec.diagram.diagram import NodeFacts, inner_key
    from kspec.syntax.yaml_flow import shape_text

    found: dict[str, NodeFacts] = {}
    for part in (summary, *summary.models):
        shapes = {node.name: shape_text(node.shape) for node in part.nodes}
        model = "" if part is summary else part.name
        found |= {
            inner_key(model, node.name): NodeFacts(
                shape_in=", ".join(shapes[name] for name in node.from_),
                shape_out=shapes[node.name],
                parameters=node.parameters or 0,
                trainable=not node.parameters or bool(node.trainable),
            )
            for node in part.nodes
        }
    return found
