"""The network of a run: its diagram, and its nodes with shapes, parameters and arguments."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from kspec.report.chart import number
from kspec.report.run_facts import RunFacts
from kspec.report.section import Section
from kspec.syntax.yaml_flow import shape_text, to_yaml

MOST_SVG = 400_000
"""Characters of the largest diagram in a page."""


def network_section(facts: RunFacts) -> Section | None:
    """The diagram, which can be enlarged, and a line for each node."""
    if facts.analysis is None or facts.spec is None:
        return None
    from kspec.summary.summary import summarise

    graph = facts.analysis.graph
    summary = summarise(facts.spec.name, graph, facts.analysis.types)
    nodes = [
        {
            "name": node.name,
            "layer": node.label,
            "shape": shape_text(node.shape),
            "parameters": number(node.parameters),
            "from": ", ".join(node.from_),
            "arguments": _arguments(facts, node.name),
        }
        for node in summary.nodes
    ]
    count = "an unknown number of" if summary.parameters is None else f"{summary.parameters:,}"
    notes = [f"{len(nodes)} nodes, {count} parameters."]
    values = {"diagram": _diagram(facts), "nodes": nodes}
    return Section("network", "Network", notes, template="network.html.j2", values=values)


def _arguments(facts: RunFacts, name: str) -> str:
    assert facts.analysis is not None
    node = facts.analysis.graph.nodes.get(name)
    if node is None or node.kind == "input":
        return ""
    arguments = facts.analysis.graph.callee(node).arguments
    return ", ".join(f"{key}: {to_yaml(value)}" for key, value in arguments.items())


def _diagram(facts: RunFacts) -> str:
    """The diagram as SVG, drawn from the spec, since a file in a run folder may hold anything; empty without one."""
    from kspec.diagram.draw_spec import draw_spec

    assert facts.spec is not None
    assert facts.analysis is not None
    if facts.analysis.needs_data:
        return ""
    with tempfile.TemporaryDirectory(prefix="kspec-report-") as folder:
        path = Path(folder) / "model.svg"
        try:
            draw_spec(facts.spec, path, "svg")
        except (ValueError, ImportError, OSError):  # too large for a layout, or no Graphviz
            return ""
        text = path.read_text(encoding="utf-8")
    text = text[text.index("<svg") :]
    text = text.replace('<polygon fill="white" stroke="none"', '<polygon fill="none" stroke="none"', 1)  # its ground
    return re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL) if len(text) <= MOST_SVG else ""
