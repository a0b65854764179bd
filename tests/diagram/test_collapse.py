"""The depth of a diagram: blocks and sub-models in frames, or one box each. Without TensorFlow."""

import re
from pathlib import Path

import pytest

from kspec.cli import main
from kspec.compiler.passes import analyse
from kspec.diagnostics import Report
from kspec.diagram.collapse import COLLAPSED_ABOVE, collapse, count_boxes
from kspec.diagram.draw_spec import node_info
from kspec.ir import Tensor
from kspec.summary.summary import summarise
from tests.conftest import SPECS, spec_of

SPEC = """\
kspec: 1
name: pair
task: regression
inputs: {left: {shape: [4]}, right: {shape: [4]}}
blocks:
  deep:
    layers:
      - Dense: {units: 4}
        name: a
      - Add:
        from: [in, a]
        name: sum
models:
  encoder:
    inputs: {row: {shape: [4]}}
    layers:
      - block: deep
      - Dense: {units: 3}
        name: code
      - op: exp
        from: row
        name: raised
    outputs: [code, raised]
layers:
  - model: encoder
    from: left
    as: [one, raised]
    name: first
  - model: encoder
    from: right
    as: [two, _]
    name: second
  - Concatenate:
    from: [one, two, raised]
  - Dense: {units: 1}
    name: y
"""


def drawn(depth, text=SPEC):
    spec = spec_of(text)
    analysis = analyse(spec, Report())
    return collapse(analysis.graph, node_info(summarise(spec.name, analysis.graph, analysis.types)), depth)


def test_depth_0_collapses_everything():
    diagram = drawn(0)
    assert list(diagram.boxes) == ["left", "right", "first", "second", "concatenate", "y"]
    assert diagram.info["first"].parameters == 35
    assert diagram.shared == {"second": "first"}
    assert diagram.outputs == {"y": ["y"]}


def test_depth_1_frames_models_and_collapses_their_blocks():
    diagram = drawn(1)
    assert [name for name in diagram.boxes if name.startswith("first")] == ["first/deep", "first/code", "first/raised"]
    assert diagram.collapsed["first/deep"] == "block deep, 2 nodes"
    assert diagram.titles == {"first": "first · model encoder", "second": "second · model encoder again"}
    assert (diagram.info["first/deep"].parameters, diagram.info["second/deep"].parameters) == (20, 0)
    assert diagram.info["first/deep"].shape_out == "(null, 4)"
    taken = list(diagram.boxes["concatenate"].tensors())
    assert taken == [Tensor("first/code"), Tensor("second/code"), Tensor("first/raised")]
    assert list(diagram.boxes["first/deep"].tensors()) == [Tensor("left")]  # once, although two nodes take it
    assert list(diagram.boxes["second/raised"].tensors()) == [Tensor("right")]
    assert diagram.shared.keys() & diagram.boxes.keys() == {"second/deep", "second/code"}  # an op has no weights


def test_depth_2_expands_everything():
    diagram = drawn(2)
    assert diagram.graph.callee(diagram.boxes["second/deep/a"]).name == "first/deep/a"
    assert diagram.collapsed == {}
    assert drawn(9).boxes == diagram.boxes


def test_a_collapsed_block_has_an_output_for_each_inner_node_referenced_from_outside():
    text = SPEC.replace("from: [one, two, raised]", "from: [inner/a, inner/sum]").replace(
        "  - Concatenate:", "  - block: deep\n    from: left\n    name: inner\n  - Concatenate:"
    )
    diagram = drawn(0, text)
    assert diagram.boxes["inner"].outputs == ("a", "sum")
    assert list(diagram.boxes["concatenate"].tensors()) == [Tensor("inner", 0), Tensor("inner", 1)]


def nested(levels):
    """A spec of sub-models that each call the one before twice."""
    models = ["  m0: {inputs: {v: {shape: [2]}}, layers: [Flatten]}"]
    models += [
        f"  m{n}: {{inputs: {{v: {{shape: [2]}}}}, layers: [{{model: m{n - 1}}}, {{model: m{n - 1}}}]}}"
        for n in range(1, levels)
    ]
    return "\n".join(
        ["kspec: 1", "inputs: {x: {shape: [2]}}", "models:", *models, f"layers: [{{model: m{levels - 1}}}]"]
    )


def test_boxes_are_counted_without_expanding_the_graph():
    analysis = analyse(spec_of(nested(4)), Report())
    counts = count_boxes(analysis.graph)
    assert counts.by_depth == (2, 3, 5, 9, 9)[: len(counts.by_depth)]
    for depth, count in enumerate(counts.by_depth):
        assert len(collapse(analysis.graph, {}, depth).boxes) == count


@pytest.mark.parametrize(
    ("arguments", "boxes", "note"),
    [
        ([], 67, True),
        (["--all-copies"], 23, True),
        (["--depth", "0"], 10, False),
        (["--depth", "3"], 95, False),
        (["--depth", "3", "--all-copies"], 175, False),
    ],
)
def test_a_large_graph_is_collapsed_by_default_with_a_note(arguments, boxes, note, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["plot", str(SPECS / "zoo/resnet50.yaml"), "-o", "a.dot", *arguments]) == 0
    printed = capsys.readouterr().out
    assert (f"blocks and sub-models are collapsed to {boxes} boxes; --depth 3 expands them all" in printed) == note
    assert len(re.findall(r'^"[^"]+" \[label=', Path("a.dot").read_text(), re.MULTILINE)) == boxes
    assert COLLAPSED_ABOVE < 175
