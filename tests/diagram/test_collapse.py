"""How deep a picture goes: blocks and sub-models in frames, or each in one box. No TensorFlow."""

from pathlib import Path

import pytest

from kspec.cli import main
from kspec.compiler.build import _facts
from kspec.compiler.passes import analyse
from kspec.diagnostics import Report
from kspec.diagram.collapse import FOLDED_ABOVE, picture, sizes
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
    return picture(analysis.graph, _facts(summarise(spec.name, analysis.graph, analysis.types)), depth)


def test_folded_whole():
    found = drawn(0)
    assert list(found.shown) == ["left", "right", "first", "second", "concatenate", "y"]
    assert found.facts["first"].parameters == 35
    assert found.same == {"second": "first"}
    assert found.outputs == {"y": ["y"]}


def test_models_in_frames_with_their_blocks_folded():
    found = drawn(1)
    assert [name for name in found.shown if name.startswith("first")] == ["first/deep", "first/code", "first/raised"]
    assert found.folded["first/deep"] == "block deep, 2 nodes"
    assert found.titles == {"first": "first · model encoder", "second": "second · model encoder again"}
    assert (found.facts["first/deep"].parameters, found.facts["second/deep"].parameters) == (20, 0)
    assert found.facts["first/deep"].shape_out == "(null, 4)"
    taken = list(found.shown["concatenate"].tensors())
    assert taken == [Tensor("first/code"), Tensor("second/code"), Tensor("first/raised")]
    assert list(found.shown["first/deep"].tensors()) == [Tensor("left")]  # once, though two nodes take it
    assert list(found.shown["second/raised"].tensors()) == [Tensor("right")]
    assert found.same.keys() & found.shown.keys() == {"second/deep", "second/code"}  # an op has no weights


def test_all_written_out():
    found = drawn(2)
    assert found.graph.callee(found.shown["second/deep/a"]).name == "first/deep/a"
    assert found.folded == {}
    assert drawn(9).shown == found.shown


def test_what_leaves_a_block_in_several_places():
    text = SPEC.replace("from: [one, two, raised]", "from: [inner/a, inner/sum]").replace(
        "  - Concatenate:", "  - block: deep\n    from: left\n    name: inner\n  - Concatenate:"
    )
    found = drawn(0, text)
    assert found.shown["inner"].outputs == ("a", "sum")
    assert list(found.shown["concatenate"].tensors()) == [Tensor("inner", 0), Tensor("inner", 1)]


def nested(levels):
    """Sub-models that each call the one before twice."""
    models = ["  m0: {inputs: {v: {shape: [2]}}, layers: [Flatten]}"]
    models += [
        f"  m{n}: {{inputs: {{v: {{shape: [2]}}}}, layers: [{{model: m{n - 1}}}, {{model: m{n - 1}}}]}}"
        for n in range(1, levels)
    ]
    return "\n".join(
        ["kspec: 1", "inputs: {x: {shape: [2]}}", "models:", *models, f"layers: [{{model: m{levels - 1}}}]"]
    )


def test_depths_are_counted_before_anything_is_written_out():
    analysis = analyse(spec_of(nested(4)), Report())
    counts = sizes(analysis.graph)
    assert counts.by_depth == (2, 3, 5, 9, 9)[: len(counts.by_depth)]
    for depth, count in enumerate(counts.by_depth):
        assert len(picture(analysis.graph, {}, depth).shown) == count


@pytest.mark.parametrize(("arguments", "boxes", "note"), [([], 23, True), (["--depth", "0"], 10, False), (["--depth", "3"], 175, False)])  # fmt: skip
def test_a_large_graph_folds_by_itself_and_says_so(arguments, boxes, note, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["plot", str(SPECS / "zoo/resnet50.yaml"), "-o", "a.dot", *arguments]) == 0
    said = capsys.readouterr().out
    assert ("blocks and sub-models are folded, 23 boxes in all; --depth 3 draws all" in said) == note
    assert Path("a.dot").read_text().count("[label=") == boxes
    assert FOLDED_ABOVE < 175
