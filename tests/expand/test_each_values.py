"""`each` with a value for each node."""

import pytest

from kspec.diagnostics import Report
from kspec.ir import Tensor, build
from tests.conftest import diagnostics_of, network, spec_of

INPUTS = "{city: {shape: [1], dtype: int32}, job: {shape: [1], dtype: int32}}"
ENTRY = """\
  - Embedding: {input_dim: "${value * f + index}", output_dim: $value}
    each: {city: 8, job: 4}
    name: code
"""


def test_each_copy_has_its_own_value():
    text = network(ENTRY + "  - Concatenate\n  - Flatten\n  - Dense: {units: 1}", INPUTS, "vars: {f: 10}\n")
    assert not diagnostics_of(text)
    graph = build(spec_of(text), Report())
    assert graph.nodes["code_city"].arguments == {"input_dim": 80, "output_dim": 8}
    assert graph.nodes["code_job"].arguments == {"input_dim": 41, "output_dim": 4}
    assert graph.nodes["concatenate"].feeds == {"inputs": [Tensor("code_city"), Tensor("code_job")]}


def test_values_can_be_mappings_and_reach_blocks_and_other_groups():
    text = f"""\
kspec: 1
inputs: {INPUTS}
blocks:
  tower:
    params: [units]
    layers:
      - Dense: {{units: $units}}
        each: {{in: $units}}
        name: d
      - Dense: {{units: $value}}
        each: {{d_in: "${{units + 1}}"}}
layers:
  - Flatten:
    each: [city, job]
    name: flat
  - block: tower
    with: {{units: "${{value['units']}}"}}
    each: {{flat_city: {{units: 3}}, flat_job: {{units: 5}}}}
    name: t
  - Dense: {{units: $value}}
    each: {{t: 2}}
    name: e
  - Concatenate
  - Dense: {{units: 1}}
"""
    assert not diagnostics_of(text)
    graph = build(spec_of(text), Report())
    units = [node.arguments["units"] for node in graph.calls if node.head == "Dense"]
    assert units == [3, 4, 5, 6, 2, 2, 1]


def test_each_use_of_a_block_computes_its_own_values():
    text = """\
kspec: 1
inputs: {x: {shape: [2]}}
blocks:
  tower:
    params: [{units: 3}, {node: a}]
    layers:
      - {Dense: {units: 4}, name: a}
      - {Dense: {units: 4}, name: c}
      - {Dense: {units: $value}, each: {a: $units, c: 2}, name: g}
      - {Dense: {units: 7}, each: [$node], name: h}
      - {Concatenate: {}, from: [g, h]}
layers:
  - {block: tower, name: one}
  - {block: tower, with: {units: 8, node: c}, name: two}
"""
    assert not diagnostics_of(text)
    graph = build(spec_of(text), Report())
    assert [graph.nodes[f"{use}/g_a"].arguments["units"] for use in ("one", "two")] == [3, 8]
    assert {"one/h_a", "two/h_c"} < set(graph.nodes)


@pytest.mark.parametrize(
    ("each", "code", "message", "column"),
    [
        ("{city: 8, jbo: 4}", "KS201", "unknown node `jbo`", 21),
        ("{}", "KS221", "`each` must be a list of nodes, or a mapping from nodes to values", 11),
        ("[city, job]", "KS013", "unknown variable `value`", None),
    ],
)
def test_mistakes(each, code, message, column):
    entry = ENTRY.replace("{city: 8, job: 4}", each).replace("${value * f + index}", "${20 * f}")
    text = network(entry + "  - Concatenate\n  - Flatten\n  - Dense: {units: 1}", INPUTS, "vars: {f: 10}\n")
    (found,) = [d for d in diagnostics_of(text) if d.is_error]
    assert (found.code, found.message) == (code, message)
    assert column is None or found.span.column == column
