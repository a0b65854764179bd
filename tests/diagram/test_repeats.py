"""Copies of an entry that differ only in their names share a box. Without TensorFlow."""

import re
from html import unescape

import pytest

from kspec.cli import main

SPEC = """\
kspec: 1
name: tower
task: regression
inputs: {x: {shape: [4]}, code: {shape: [2], dtype: int32}}
blocks:
  deep:
    params: [width]
    layers:
      - Dense: {units: $width}
        name: a
      - Add:
        from: [in, a]
        name: sum
models:
  encoder:
    inputs: {row: {shape: [4]}}
    layers:
      - Dense: {units: 4}
        repeat: 3
        name: inner
layers:
  - block: deep
    with: {width: 4}
    from: x
    repeat: 6
    name: stage
  - Dense: {units: 5}
    repeat: 3
    name: wide
  - Dense: {units: "${4 - index}"}
    repeat: 2
    name: narrow
  - Dense: {units: 4}
    name: again
  - model: encoder
  - Embedding: {input_dim: 3, output_dim: 4}
    from: code
    name: words
  - GlobalAveragePooling1D
  - Add:
    from: [again, encoder, global_average_pooling1d]
    name: y
"""


@pytest.fixture(params=["graphviz", "matplotlib"])
def plotted(request, tmp_path, monkeypatch, capsys):
    """Plots a spec as SVG and returns its texts."""
    if request.param == "matplotlib":
        monkeypatch.setitem(__import__("sys").modules, "pygraphviz", None)
    monkeypatch.chdir(tmp_path)

    def plot(text, *arguments):
        (tmp_path / "spec.yaml").write_text(text)
        assert main(["plot", "spec.yaml", *arguments]) == 0, capsys.readouterr().err
        svg = (tmp_path / "tower.svg").read_text(encoding="utf-8")
        return [unescape(each).replace("\xa0", " ") for each in re.findall(r"<text[^>]*>(.*?)</text>", svg)]

    return plot


@pytest.mark.parametrize("direction", [[], ["--left-to-right"]])
def test_equal_copies_share_a_box_with_their_number(plotted, direction):
    shown = plotted(SPEC, "--depth", "0", *direction)
    assert {"stage", "block deep, 2 nodes  × 6", "(null, 4)  ·  6 × 20 parameters"} <= set(shown)
    assert {"wide_0", "wide_1 … wide_2", "Dense 5  × 2"} <= set(shown)  # the first has an input of another size
    assert {"narrow_0", "narrow_1", "Dense 4", "Dense 3"} <= set(shown)
    assert not {"stage_0", "stage_5"} & set(shown)


def test_equal_copies_share_a_frame_and_a_sub_model_has_its_own(plotted):
    shown = plotted(SPEC)
    assert "stage × 6" in shown
    assert shown.count("sum") == 1
    assert {"inner", "Dense 4  × 3"} <= set(shown)


def test_all_copies_can_be_drawn(plotted):
    shown = plotted(SPEC, "--all-copies")
    assert {f"stage_{index}" for index in range(6)} <= set(shown)
    assert shown.count("sum") == 6


def test_a_copy_that_is_used_elsewhere_keeps_its_box(plotted):
    shown = plotted(SPEC.replace("[again, encoder,", "[stage_2, again, encoder,"), "--depth", "0")
    assert {"stage_0 … stage_2", "stage_3 … stage_5", "block deep, 2 nodes  × 3"} <= set(shown)


def test_a_diagram_has_a_heading_with_totals_and_shows_other_dtypes(plotted):
    shown = plotted(SPEC)
    assert "tower" in shown
    assert "24 nodes  ·  332 parameters" in shown
    assert "(null, 2) int32" in shown
