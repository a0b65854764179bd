"""The diagram of a spec or of a built model, with shapes and parameters."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from kspec.analysis.known_numbers import with_known_numbers
from kspec.compiler.build import build_structure
from kspec.compiler.compile import compile_spec
from kspec.ir import Graph
from kspec.language import Spec
from kspec.summary.summary import Summary

if TYPE_CHECKING:
    from kspec.compiler.define import BuiltModel
    from kspec.diagram.diagram import Drawing, Format
    from kspec.diagram.diagram_graph import NodeInfo


class SizedGraph(NamedTuple):
    """A graph with what a diagram shows of it.

    Args:
        graph: The graph, with the sizes that data decides.
        info: Shapes and parameters by `info_key`.
        heading: The spec's name, and totals.
    """

    graph: Graph
    info: dict[str, NodeInfo]
    heading: list[str]


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

    graph, info, heading = _sized(built)
    draw(graph, info, path, format, heading=heading)


def draw_spec(
    spec: Spec,
    path: Path,
    format: Format,
    *,
    shapes: bool = True,
    depth: int | None = None,
    sideways: bool = False,
    all_copies: bool = False,
) -> tuple[int, Drawing]:
    """Draws a spec's graph; TensorFlow is imported only if a size depends on the data.

    Args:
        spec: The spec.
        path: The file to write.
        format: The format of the diagram.
        shapes: Whether to show shapes and parameters.
        depth: How deep to expand blocks and sub-models; None goes as deep as is readable.
        sideways: Whether to draw from left to right.
        all_copies: Whether to draw every copy of a repeat, even those that differ only in their names.

    Returns:
        The number of nodes of the graph, and the size of the diagram.

    Raises:
        SpecError: With all errors of the spec.
        GraphTooLarge: If the graph is too large for a layout.
    """
    from kspec.diagram.diagram import draw

    sized = sized_graph(spec) if shapes else _without_shapes(spec)
    drawing = draw(
        sized.graph, sized.info, path, format, depth,
        heading=sized.heading, sideways=sideways, all_copies=all_copies,
    )  # fmt: skip
    return len(sized.graph.entries), drawing


def sized_graph(spec: Spec) -> SizedGraph:
    """A spec's graph, with shapes and parameters.

    Raises:
        SpecError: With all errors of the spec.
    """
    from kspec.summary.summary import summarise

    _, analysis = compile_spec(spec).unwrap()
    if analysis.needs_data:
        return _sized(build_structure(spec))
    summary = summarise(spec.name, analysis.graph, analysis.types)
    return SizedGraph(with_known_numbers(analysis.graph, analysis.types), node_info(summary), _heading(summary))


def _without_shapes(spec: Spec) -> SizedGraph:
    _, analysis = compile_spec(spec).unwrap()
    return SizedGraph(with_known_numbers(analysis.graph, analysis.types), {}, [spec.name])


def _sized(built: BuiltModel) -> SizedGraph:
    from kspec.summary.summary import summarise_built

    summary = summarise_built(built.spec.name, built.graph, built.network)
    return SizedGraph(built.graph_with_numbers(), node_info(summary), _heading(summary))


def _heading(summary: Summary) -> list[str]:
    """The name, and the numbers of nodes and parameters."""
    count = len(summary.nodes)
    totals = [f"{count} node{'' if count == 1 else 's'}"]
    if summary.parameters is not None and summary.trainable is not None:
        totals.append(f"{summary.parameters:,} parameters")
        if summary.trainable != summary.parameters:
            totals[-1] += f" ({summary.trainable:,} trainable)"
    return [summary.name, "  ·  ".join(totals)]


def node_info(summary: Summary) -> dict[str, NodeInfo]:
    """Shapes and parameters from a summary, by `info_key`; a dtype is shown where it is not float32."""
    from kspec.diagram.diagram_graph import NodeInfo, info_key
    from kspec.syntax.yaml_flow import shape_text

    info: dict[str, NodeInfo] = {}
    for part in (summary, *summary.models):
        shapes = {
            node.name: shape_text(node.shape) + (f" {node.dtype}" if node.dtype != "float32" else "")
            for node in part.nodes
        }
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
