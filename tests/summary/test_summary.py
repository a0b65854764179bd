"""Totals of a summary."""

from kspec.compiler.passes import analyse
from kspec.diagnostics import Report
from kspec.summary.summary import summarise
from tests.conftest import spec_of

SPEC = """\
kspec: 1
inputs: {x: {shape: [2]}}
models:
  code:
    inputs: {v: {shape: [2]}}
    layers: [{Dense: {units: 3}}]
layers:
  - Dense: {units: 2}
    name: first
  - Dense: {units: 50}
    name: lost
  - model: code
    name: lost_code
    from: x
  - reuse: first
    name: again
    from: x
  - model: code
    name: used_code
  - Dense: {units: 1}
    name: y
"""


def test_nodes_that_reach_no_output_are_marked_and_not_counted():
    spec = spec_of(SPEC)
    analysis = analyse(spec, Report())
    summary = summarise("s", analysis.graph, analysis.types)
    assert [node.name for node in summary.nodes if node.unused] == ["first", "lost", "lost_code"]
    by_name = {node.name: node for node in summary.nodes}
    assert [by_name[name].parameters for name in ("first", "lost", "lost_code", "again", "used_code", "y")] == [
        6,
        0,
        9,
        0,
        0,
        4,
    ]
    assert (summary.parameters, summary.trainable) == (19, 19)
    assert by_name["lost"].flops == by_name["lost"].memory == 0
    assert "Dense (unused)" in summary.to_text()
    assert by_name["lost"].to_json()["unused"]
