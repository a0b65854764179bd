"""What summaries, diagrams and editors show of `expr` and of sizes: numbers, where they are known."""

import json

import pytest

from kspec.compiler.compile import compile_spec
from kspec.diagram.draw_spec import draw_spec
from kspec.summary.summary import summarise
from tests.cli.run_cli import run_cli
from tests.conftest import spec_of

SPEC = """\
kspec: 1
task: regression
vars: {scale: 0.5, exponent: -2, third: "${1 / 3}"}
inputs: {x: {shape: [3, 4]}, y: {shape: [3, 4]}}
blocks:
  cross:
    params: [factor, of]
    inputs: [x0, in]
    layers:
      - Dense: {units: {units_of: in}}
        from: in
        name: h-1
      - expr: x0 * 'h-1' * $factor + in / ${units_of(h-1) + 1} + $of
layers:
  - block: cross
    from: [x, y]
    with: {factor: 3, of: {shape_of: y, axis: 1}}
    name: c
  - expr: >-
      ((c > 1) * abs(c) - $scale) /
      ${sqrt(units_of(c) * 3)} + x * (1e-3) ** $exponent
    name: e
  - Dense: {units: "${units_of(e) // 2}"}
  - op: reshape
    call: {newshape: [-1, {shape_of: c, axis: 1}, 2]}
    name: r
  - expr: r * $third
    name: o
"""
FORMULAS = {
    "c/expr": "x0 * 'h-1' * 3 + in / 5 + 3",
    "e": "((c > 1) * abs(c) - 0.5) / 3.4641 + x * 1e+06",
    "o": "r * 0.333333",
}


def test_numbers_in_a_summary_and_in_a_diagram(tmp_path):
    spec = spec_of(SPEC)
    _, analysis = compile_spec(spec).unwrap()
    rows = {node.name: node.layer for node in summarise("s", analysis.graph, analysis.types).nodes}
    assert {name: rows[name] for name in FORMULAS} == FORMULAS
    count, _ = draw_spec(spec, tmp_path / "s.dot", "dot", shapes=False)
    assert count == len(rows) == 8
    drawn = (tmp_path / "s.dot").read_text().replace("&gt;", ">").replace("&#x27;", "'").replace("&#39;", "'")
    for text in (*FORMULAS.values(), "Dense 4", "Dense 2", "op reshape newshape (-1, 3, 2)"):
        assert text in drawn


def test_a_size_without_data_stays_as_it_is_written():
    spec = spec_of(
        "kspec: 1\ninputs: {x: {shape: [3]}}\nlayers:\n  - expr: x * ${classes_of(y) + 1} - 2\n    name: y\n"
    )
    _, analysis = compile_spec(spec).unwrap()
    assert summarise("s", analysis.graph, analysis.types).nodes[-1].layer == "x * (classes_of(y) + 1) - 2"


@pytest.mark.parametrize("verb", ["summary", "plot"])
def test_sizes_of_data(verb, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text("x,kind\n" + "".join(f"{i},{'abc'[i % 3]}\n" for i in range(30)))
    (tmp_path / "s.yaml").write_text(
        "kspec: 1\ndata: {csv: t.csv, targets: kind}\ninputs: {x: {shape: [1]}}\nlayers:\n"
        "  - expr: x / ${classes_of(kind)}\n    name: scaled\n"
        "  - Dense: {units: {classes_of: kind}, activation: softmax}\n    name: kind\n"
    )
    if verb == "summary":
        rows = json.loads(run_cli(["summary", "s.yaml", "--format", "json"], capsys))["nodes"]
        assert rows[1]["layer"] == "x / 3"
    else:
        run_cli(["plot", "s.yaml", "-o", "s.mmd"], capsys)
        drawn = (tmp_path / "s.mmd").read_text()
        assert "x / 3" in drawn
        assert "Dense 3, softmax" in drawn
