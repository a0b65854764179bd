"""Totals of a summary."""

from pathlib import Path

from kspec.cli import main
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


def test_the_data_decides_the_number_of_classes(project, capsys):
    rows = [f"{number},{'abc'[number % 3]}" for number in range(30)]
    Path("kinds.csv").write_text("\n".join(["x,kind", *rows]))
    spec = project(
        "kspec: 1\nname: kinds\ndata: {csv: kinds.csv, targets: kind}\ninputs: {x: {shape: [1]}}\nlayers:\n"
        "  - Dense: {units: {classes_of: kind}, activation: softmax}\n    name: kind\n"
    )
    assert main(["summary", spec]) == 0
    printed = capsys.readouterr()
    assert "kinds: 6 parameters" in printed.out
    assert not printed.err
    Path("kinds.csv").unlink()
    assert main(["summary", spec]) == 0
    printed = capsys.readouterr()
    assert "the number of parameters depends on the data" in printed.out
    assert printed.err == "sizes that depend on the data are unknown: see `kspec check --data`\n"
