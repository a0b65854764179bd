"""`predict: {nodes}`: which tensors the names stand for, and what is wrong with others."""

import pytest

from tests.conftest import diagnostics_of, network

LAYERS = """\
  - Dense: {units: 4}
    name: hidden
  - op: ones
    from: []
    call: {shape: [1, 4]}
    name: constant
  - op: transpose
    from: hidden
    name: turned
  - op: matmul
    from: [hidden, turned]
    name: product
  - op: sum
    from: product
    call: {axis: 1, keepdims: true}
    name: row
  - Add:
    from: [hidden, constant, row]
    name: y
  - Dense: {units: 2}
    from: hidden
    name: unused"""


@pytest.mark.parametrize(
    ("node", "code", "message"),
    [
        ("hiden", "KS201", "unknown node `hiden`"),
        ("unused", "KS207", "`unused` reaches no output, so the model does not contain it"),
        ("constant", "KS212", "`constant` depends on no input, so it is the same for all examples"),
        ("hidden", None, ""),
        ("x", None, ""),
    ],
)
def test_a_node_must_have_a_value_for_each_example(node, code, message):
    more = f"outputs: y\ntask: regression\npredict: {{nodes: [{node}]}}"
    found = [d for d in diagnostics_of(network(LAYERS, more=more)) if d.is_error]
    assert [(d.code, d.message) for d in found] == ([(code, message)] if code else [])
    assert all(d.span.text == node for d in found)


def test_an_unused_node_is_reported_once():
    more = "outputs: y\ntask: regression\npredict: {nodes: unused}"
    assert [d.code for d in diagnostics_of(network(LAYERS, more=more)) if d.code == "KS207"] == ["KS207"]


def test_a_node_with_the_name_of_another_output_is_ambiguous():
    more = "outputs: {hidden: y}\ntask: regression\npredict: {nodes: [hidden]}"
    assert [d.code for d in diagnostics_of(network(LAYERS, more=more)) if d.is_error] == ["KS214"]


@pytest.mark.parametrize("nodes", ["3", "[hidden, 3]", "{hidden: y}", "null"])
def test_nodes_are_named_in_a_list(nodes):
    more = f"outputs: y\ntask: regression\npredict: {{nodes: {nodes}}}"
    assert [d.code for d in diagnostics_of(network(LAYERS, more=more)) if d.is_error] == ["KS103"]
