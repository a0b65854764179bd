"""The diagram of a spec or of a built model, with shapes and parameters."""

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
    from kspec.diagram.diagram import Drawing, Format
    from kspec.diagram.diagram_graph import NodeInfo


def draw_model(built: BuiltModel, path: Path, format: Format) -> None:
    """Draws a built model.

    Args:
        built: The model and its graph.
        path: The file to write.
        format: The format of the diagram.

    Raises:
        GraphTooLarge: If the graph is too large for a layout.
    """
    from kspec.diagram.diagram import draw

    draw(built.graph, node_info(_summary_of(built)), path, format)


def draw_spec(
    spec: Spec, path: Path, format: Format, *, shapes: bool = True, depth: int | None = None
) -> tuple[int, Drawing]:
    """Draws a spec's graph; TensorFlow is imported only if a size depends on the data.

    Args:
        spec: The spec.
        path: The file to write.
        format: The format of the diagram.
        shapes: Whether to show shapes and parameters.
        depth: How deep to expand blocks and sub-models; None goes as deep as is readable.

    Returns:
        The number of nodes of the graph, and the size of the diagram.

    Raises:
        SpecError: With all errors of the spec.
        GraphTooLarge: If the graph is too large for a layout.
    """
    from kspec.diagram.diagram import draw

    graph, info = sized_graph(spec) if shapes else (compile_spec(spec).unwrap()[1].graph, {})
    return len(graph.nodes), draw(graph, info, path, format, depth)


def sized_graph(spec: Spec) -> tuple[Graph, dict[str, NodeInfo]]:
    """A spec's graph, with shapes and parameters by `info_key`.

    Raises:
        SpecError: With all errors of the spec.
    """
    from kspec.summary.summary import summarise

    _, analysis = compile_spec(spec).unwrap()
    if analysis.needs_data:
        summary = _summary_of(build_structure(spec))
    else:
        summary = summarise(spec.name, analysis.graph, analysis.types)
    return analysis.graph, node_info(summary)


def _summary_of(built: BuiltModel) -> Summary:
    from kspec.summary.summary import summarise_built

    return summarise_built(built.spec.name, built.graph, built.network)


def node_info(summary: Summary) -> dict[str, NodeInfo]:
    """Shapes and parameters from a summary, by `info_key`."""
    from kspec.diagram.diagram_graph import NodeInfo, info_key
    from kspec.syntax.yaml_flow import shape_text

    info: dict[str, NodeInfo] = {}
    for part in (summary, *summary.models):
        shapes = {node.name: shape_text(node.shape) for node in part.nodes}
        model = "" if part is summary else part.name
        info |= {
            info_key(model, node.name): NodeInfo(
                shape_in=", ".join(shapes[name] for name in node.from_),
                shape_out=shapes[node.name],
                parameters=node.parameters or 0,
                trainable=not node.parameters or bool(node.trainable),
            )
            for node in part.nodes
        }
    return info
