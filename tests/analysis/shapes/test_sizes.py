"""Sizes of nodes in arguments: known at check, and the same in the Keras model."""

import pytest

from kspec.compiler.passes import analyse
from kspec.diagnostics import Report
from tests.conftest import diagnostics_of, network, spec_of

SPEC = """\
kspec: 1
vars: {factor: 3, half: "${units_of(x) // 2}"}
inputs:
  x: {shape: [6, 8]}
  q: {shape: [null, 5]}
blocks:
  tower:
    params: [width, depth: {shape_of: in, axis: -1}]
    layers:
      - Dense: {units: $width}
        name: wide
      - Dense: {units: "${units_of(wide) * factor}"}
      - Dense: {units: $depth}
models:
  inner:
    inputs: {v: {shape: [4]}}
    layers:
      - Dense: {units: {units_of: v}}
layers:
  - Dense: {units: {shape_of: x, axis: 1}}
    from: x
    name: six
  - block: tower
    with: {width: {units_of: x}}
    name: t
  - block: tower
    with: {width: "${shape_of(t/wide, 2) + index}"}
    repeat: 2
    name: u
  - LSTM: {units: "${units_of(u/wide) // 2}", return_state: true}
    as: [sequence, h, c]
  - Dense: {units: {units_of: h}}
  - Dense: {units: $half}
    name: four
  - Bidirectional: {layer: {LSTM: {units: {units_of: four}}}}
    from: q
    name: both
  - Concatenate:
    from: [four, both]
  - op: reshape
    call: {newshape: [-1, {units_of: four}, "${units_of(six) // 2}"]}
  - Flatten
  - Dense: {units: 4}
  - model: inner
  - op: reshape
    call: {newshape: [-1, {units_of: four}]}
    name: last
"""


def test_sizes_are_known_at_check_and_equal_those_of_keras():
    from kspec.backend.keras_model import build_keras_model
    from kspec.summary.summary import differences, summarise, summarise_built

    report = Report()
    spec = spec_of(SPEC, report)
    analysis = analyse(spec, report)
    assert not report.has_errors, [each.message for each in report]
    network = build_keras_model(spec, analysis.graph, report)
    theirs = summarise_built("x", analysis.graph, network)
    assert differences(summarise("x", analysis.graph, analysis.types), theirs) == []
    units = {layer.name: layer.units for layer in network.model.layers if hasattr(layer, "units")}
    assert [units[f"t.{name}"] for name in ("wide", "dense", "dense_1")] == [8, 24, 6]
    assert [units[f"u_{index}.{name}"] for index in (0, 1) for name in ("wide", "dense")] == [8, 24, 9, 27]
    assert (units["six"], units["lstm"], units["dense"], units["four"]) == (6, 4, 4, 4)
    assert network.values["reshape"][0].shape == (None, 4, 3)
    assert network.models["inner"].model.count_params() == 20


@pytest.mark.parametrize(
    ("layers", "code", "message", "column"),
    [
        (
            "  - Dense: {units: {shape_of: q, axis: 1}}",
            "KS229",
            "`dense` depends on `shape_of(q, 1)`, which has no fixed size: the shape of `q` is (null, null, 5)",
            13,
        ),
        (
            "  - Dense: {units: {shape_of: q, axis: 0}}",
            "KS229",
            "`dense` depends on `shape_of(q, 0)`, which has no fixed size: the shape of `q` is (null, null, 5)",
            13,
        ),
        (
            "  - Dense: {units: {shape_of: q, axis: 3}}",
            "KS229",
            "`dense` refers to axis 3 of `q`, whose shape is (null, null, 5)",
            13,
        ),
        ('  - Dense: {units: "${units_of(q) // w + units_of(r)}"}', "KS201", "unknown node `r`", 51),
        (
            '  - Dense: {units: "${units_of(b)}"}\n  - Flatten:\n    name: b',
            "KS202",
            "`b` is used before its definition on line 7",
            32,
        ),
        (
            '  - Dense: {units: "${units_of(q) / 2}"}',
            "KS112",
            "`units` must be a positive integer, not 2.5: it is `units_of(q) / 2`",
            20,
        ),
        (
            '  - Dense: {units: "${1 // (units_of(q) - 5)}"}',
            "KS014",
            "`dense` has an invalid `units`: division by zero",
            13,
        ),
        (
            "  - Dense: {units: {vocabulary_of: q}}",
            "KS215",
            "`q` has no vocabulary: it is an input",
            36,
        ),
        (
            '  - Dense: {units: 1}\n    repeat: "${units_of(q)}"',
            "KS014",
            "`repeat` cannot depend on the size of a node",
            13,
        ),
        (
            "  - Dense: {units: {shape_of: q}}",
            "KS112",
            "`units` of `Dense` must be a positive integer, not a mapping",
            20,
        ),
    ],
)
def test_mistakes(layers, code, message, column):
    text = network(layers, inputs="{q: {shape: [null, 5]}}").replace("\n", "\nvars: {w: 2}\n", 1)
    (found,) = diagnostics_of(text)
    assert (found.code, found.message, found.span.column) == (code, message, column)


def test_a_block_does_not_see_outer_nodes_but_takes_their_sizes_as_parameters():
    text = """\
kspec: 1
inputs: {t: {shape: [1], dtype: string}}
blocks:
  branch:
    params: [rows: 5]
    layers:
      - Embedding: {input_dim: ROWS, output_dim: 4}
layers:
  - TextVectorization: {vocabulary: [good, bad]}
    name: words
  - block: branch
"""
    (found,) = diagnostics_of(text.replace("ROWS", "{vocabulary_of: words}").replace("    params: [rows: 5]\n", ""))
    assert (found.code, found.message) == ("KS201", "unknown node `words` in this block")
    assert "as a parameter" in found.help
    outside = text.replace("ROWS", "$rows") + "    with: {rows: {vocabulary_of: words}}\n"
    assert not diagnostics_of(outside)


def test_a_size_that_data_decides_is_no_error_for_what_follows():
    layers = """\
  - StringLookup:
    name: index
  - Embedding: {input_dim: {vocabulary_of: index}, output_dim: "${int(sqrt(vocabulary_of(index)))}"}
    name: code
  - Dense: {units: "${units_of(code) // 2}"}
  - Dense: {units: {units_of: code}}"""
    assert not diagnostics_of(network(layers, inputs="{x: {shape: [], dtype: string}}"))
