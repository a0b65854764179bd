"""What a spec's model looks like, without training it: its summary and its picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from kspec.analysis import Analysis, analyse
from kspec.diagnostics import Report
from kspec.ir import Graph
from kspec.ir.layer_patterns import networks_by_path
from kspec.language import Spec
from kspec.summary.summary import Summary
from kspec.training.define import Defined, define, read_data

if TYPE_CHECKING:
    from kspec.diagram.diagram import Drawn, Format, NodeFacts


def describe(spec: Spec, report: Report | None = None) -> Defined:
    """Builds a spec's model; adapting layers are adapted where there is data and something depends on it.

    Raises:
        SpecError: with everything that is wrong.
    """
    report = report if report is not None else Report(list(spec.diagnostics))
    analysis = analyse(spec, report)
    report.raise_errors()
    defined = _define(spec, analysis, report)
    report.raise_errors()
    assert defined is not None
    return defined


def try_build(spec: Spec, analysis: Analysis, report: Report) -> None:
    """Builds a spec's model for what Keras has to say of it."""
    _define(spec, analysis, report)


def _define(spec: Spec, analysis: Analysis, report: Report) -> Defined | None:
    dataset = None
    if needs_data(analysis):
        dataset = read_data(spec, analysis, report)
        if report.has_errors:
            return None
    return define(spec, analysis, report, dataset, must_adapt=False)


def needs_data(analysis: Analysis) -> bool:
    """Whether sizes or shapes of the model depend on the data: on a vocabulary or on labels."""
    return any(
        (node.catalog is not None and node.catalog.adapts and node.head != "Normalization")
        or _cites_data(node.arguments)
        for network in networks_by_path(analysis.graph).values()
        for node in network.calls
    )


def _cites_data(value: Any) -> bool:
    if isinstance(value, dict):
        return bool({"vocabulary_of", "classes_of"} & set(value)) or any(_cites_data(item) for item in value.values())
    return any(_cites_data(item) for item in value) if isinstance(value, list) else False


def draw_model(defined: Defined, path: Path, format: Format) -> None:
    """Draws a built model.

    Raises:
        ValueError: when the graph is too large to lay out.
    """
    from kspec.diagram.diagram import draw

    draw(defined.graph, _facts(_summary_of(defined)), path, format)


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

    graph, facts = sized_graph(spec) if shapes else (_analysed(spec).graph, {})
    return len(graph.nodes), draw(graph, facts, path, format, depth)


def sized_graph(spec: Spec) -> tuple[Graph, dict[str, NodeFacts]]:
    """A spec's graph and, by node, shapes and parameters.

    Raises:
        SpecError: with everything that is wrong.
    """
    from kspec.summary.summary import summarise

    analysis = _analysed(spec)
    if needs_data(analysis):
        summary = _summary_of(describe(spec))
    else:
        summary = summarise(spec.name, analysis.graph, analysis.types)
    return analysis.graph, _facts(summary)


def _analysed(spec: Spec) -> Analysis:
    report = Report(list(spec.diagnostics))
    analysis = analyse(spec, report)
    report.raise_errors()
    return analysis


def _summary_of(defined: Defined) -> Summary:
    from kspec.summary.summary import summarise_built

    return summarise_built(defined.spec.name, defined.graph, defined.built)


def _facts(summary: Summary) -> dict[str, NodeFacts]:
    from kspec.diagram.diagram import NodeFacts, inner_key
    from kspec.summary.summary import shape_text

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


def build_model(spec: Spec) -> Any:
    """The Keras model of a spec, adapted on its data where a layer adapts; see `kspec.build`.

    Raises:
        SpecError: with everything that is wrong.
    """
    return define_adapted(spec).model


def define_adapted(spec: Spec) -> Defined:
    """Builds a spec's model, adapted on its data where a layer adapts.

    Raises:
        SpecError: with everything that is wrong; that a layer adapts and there is no data, too.
    """
    report = Report(list(spec.diagnostics))
    analysis = analyse(spec, report)
    report.raise_errors()
    adapts = any(node.catalog is not None and node.catalog.adapts for node in analysis.graph.calls)
    dataset = read_data(spec, analysis, report) if adapts or needs_data(analysis) else None
    report.raise_errors()
    defined = define(spec, analysis, report, dataset)
    report.raise_errors()
    assert defined is not None
    return defined
