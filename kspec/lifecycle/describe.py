"""What a spec's model looks like, without training it: its summary and its picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kspec.checker import Analysis, analyse
from kspec.diagnostics import Report
from kspec.graph import Graph
from kspec.lifecycle.define import Defined, define, read_data
from kspec.spec import Spec
from kspec.targets.summary import Summary


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
        for node in analysis.graph.calls
    )


def _cites_data(value: Any) -> bool:
    if isinstance(value, dict):
        return bool({"vocabulary_of", "classes_of"} & set(value)) or any(_cites_data(item) for item in value.values())
    return any(_cites_data(item) for item in value) if isinstance(value, list) else False


def draw_model(defined: Defined, path: Path, format: str) -> None:
    """Draws a built model.

    Raises:
        ValueError: when the graph is too large to lay out.
    """
    from kspec.targets.summary import summarise_built

    draw_summarised(defined.graph, summarise_built(defined.spec.name, defined.graph, defined.built), path, format)


def draw_summarised(graph: Graph, summary: Summary, path: Path, format: str) -> None:
    """Draws a graph whose shapes and parameters are known.

    Raises:
        ValueError: when it is too large to lay out.
    """
    from kspec.targets.diagram import NodeFacts, draw
    from kspec.targets.summary import shape_text

    shapes = {node.name: shape_text(node.shape) for node in summary.nodes}
    facts = {
        node.name: NodeFacts(
            shape_in=", ".join(shapes[name] for name in node.from_),
            shape_out=shapes[node.name],
            parameters=node.parameters or 0,
            trainable=not node.parameters or bool(node.trainable),
        )
        for node in summary.nodes
    }
    draw(graph, facts, path, format)  # type: ignore[arg-type]


def build_model(spec: Spec) -> Any:
    """The Keras model of a spec, adapted on its data where a layer adapts; see `kspec.build`.

    Raises:
        SpecError: with everything that is wrong.
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
    return defined.model
