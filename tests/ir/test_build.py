"""Building a graph: names, inputs and outputs."""

import pytest

from kspec.diagnostics import Report
from kspec.ir import Tensor, build
from tests.conftest import diagnostics_of, network, spec_of


def graph_of(layers, **more):
    report = Report()
    spec = spec_of(network(layers, **more), report)
    assert spec is not None, [d.message for d in report]
    graph = build(spec, report)
    return graph, report


def test_an_entry_receives_the_previous_output():
    graph, report = graph_of("  - Dense: {units: 1}\n  - Dense: {units: 1}\n    name: b\n  - Flatten")
    assert not report.diagnostics
    assert list(graph.nodes) == ["x", "dense", "b", "flatten"]
    assert [node.feeds for node in graph.calls] == [{"inputs": Tensor(n)} for n in ("x", "dense", "b")]
    assert graph.outputs == {"flatten": Tensor("flatten")}


def test_automatic_names_skip_used_names():
    graph, _ = graph_of("  - Dense: {units: 1}\n    name: dense_1\n  - Dense: {units: 1}\n  - Dense: {units: 1}")
    assert list(graph.nodes) == ["x", "dense_1", "dense", "dense_2"]


@pytest.mark.parametrize(
    ("entry", "feeds"),
    [
        ("- Add:\n    from: [a, b]", {"inputs": [Tensor("a"), Tensor("b")]}),
        ("- op: add\n    from: [a, b]", {"x1": Tensor("a"), "x2": Tensor("b")}),
        (
            "- op: einsum\n    from: [a, b]\n    call: {subscripts: 'bi,bi->b'}",
            {"operands": [Tensor("a"), Tensor("b")]},
        ),
        ("- op: concatenate\n    from: [a, b]", {"xs": [Tensor("a"), Tensor("b")]}),
        ("- op: multiply\n    from: a\n    call: {x2: 0.5}", {"x1": Tensor("a")}),
        ("- op: subtract\n    from: b\n    call: {x1: 1}", {"x2": Tensor("b")}),
        ("- op: arange\n    from: []\n    call: {start: 3}", {}),
        (
            "- MultiHeadAttention: {num_heads: 1, key_dim: 2}\n    from: {query: a, value: b}",
            {"query": Tensor("a"), "value": Tensor("b")},
        ),
        (
            "- MultiHeadAttention: {num_heads: 1, key_dim: 2}\n    from: [a, b]",
            {"query": Tensor("a"), "value": Tensor("b")},
        ),
        (
            "- MultiHeadAttention: {num_heads: 1, key_dim: 2}\n    from: {value: a}",
            {"query": Tensor("b"), "value": Tensor("a")},
        ),
        (
            "- LSTM: {units: 2}\n    from: {initial_state: [a, b]}",
            {"sequences": Tensor("b"), "initial_state": [Tensor("a"), Tensor("b")]},
        ),
        ("- Attention:\n    from: [a, b]", {"inputs": [Tensor("a"), Tensor("b")]}),
        ("- reuse: a\n    from: b", {"inputs": Tensor("b")}),
    ],
)
def test_from_in_all_forms(entry, feeds):
    graph, report = graph_of(
        f"  - Dense: {{units: 4}}\n    name: a\n  - Dense: {{units: 4}}\n    name: b\n  {entry}\n    name: last"
    )
    assert not [d for d in report if d.is_error], [d.message for d in report]
    assert graph.nodes["last"].feeds == feeds


def test_as_names_outputs():
    graph, report = graph_of(
        "  - LSTM: {units: 3, return_state: true}\n    as: [sequence, _, c]\n  - Dense: {units: 1}\n  - Add:\n    from: [sequence, c]",
        inputs="{x: {shape: [5, 2]}}",
    )
    assert not [d for d in report if d.is_error]
    assert graph.nodes["dense"].feeds == {"inputs": Tensor("lstm")}
    assert graph.nodes["add"].feeds == {"inputs": [Tensor("lstm", 0), Tensor("lstm", 2)]}


def test_outputs():
    two = "  - Dense: {units: 1}\n    name: a\n  - Dense: {units: 1}\n    name: b"
    assert graph_of(two, more="outputs: [a, b]")[0].outputs == {"a": Tensor("a"), "b": Tensor("b")}
    assert graph_of(two, more="outputs: {first: a}")[0].outputs == {"first": Tensor("a")}
    assert graph_of(two, more="outputs: a")[0].outputs == {"a": Tensor("a")}


@pytest.mark.parametrize(
    ("layers", "code"),
    [
        ("  - Dense: {units: 1}\n    from: nope", "KS201"),
        ("  - Dense: {units: 1}\n    from: later\n  - Dense: {units: 1}\n    name: later", "KS202"),
        ("  - Dense: {units: 1}\n    from: me\n    name: me", "KS202"),
        ("  - Dense: {units: 1}\n    name: x", "KS203"),
        ("  - Dense: {units: 1}\n    name: a\n  - Dense: {units: 1}\n    name: a", "KS203"),
        ("  - Dense: {units: 1}\n    from: {input: x}", "KS205"),
        ("  - Dense: {units: 1}\n    name: a\n  - Dense: {units: 1}\n    from: [x, a]", "KS206"),
        ("  - op: add", "KS206"),
        ("  - Dense: {units: 1}\n    from: []", "KS206"),
        ("  - Dense: {units: 1}\n    name: lost\n  - Dense: {units: 1}\n    from: x", "KS207"),
        ("  - Dense: {units: 1}\n  - Dense: {units: 1}\n    from: dense", "KS213"),
        ("  - reuse: x", "KS211"),
        ("  - op: relu\n    name: r\n  - reuse: r", "KS211"),
        ("  - Dense: {units: 1}\n    name: a\n  - reuse: a\n    trainable: false", "KS211"),
        ("  - Dens: {units: 1}", "KS106"),
        ("  - op: meen", "KS106"),
        ("  - Lambda: {function: f}", "KS108"),
        ("  - my.module.Layer", "KS114"),
    ],
)
def test_each_mistake_is_reported_once(layers, code):
    _, report = graph_of(layers)
    assert [d.code for d in report.sorted()] == [code]


def test_several_inputs_must_be_named_for_a_block():
    text = "kspec: 1\ninputs: {a: {shape: [1]}, b: {shape: [1]}}\nblocks: {one: {layers: [Flatten]}}\nlayers:\n"
    assert [d.code for d in diagnostics_of(f"{text}  - block: one\n  - Dense: {{units: 1}}\n")] == ["KS204"]


def test_several_inputs_must_be_named():
    _, report = graph_of("  - Dense: {units: 1}", inputs="{a: {shape: [1]}, b: {shape: [1]}}")
    assert [d.code for d in report] == ["KS204"]


def test_unused_inputs_are_reported():
    _, report = graph_of("  - Dense: {units: 1}\n    from: a", inputs="{a: {shape: [1]}, b: {shape: [1]}}")
    assert [d.code for d in report] == ["KS208"]


def test_dependent_errors_are_not_reported():
    _, report = graph_of(
        "  - Dens: {units: 1}\n    name: a\n  - op: add\n  - Dense: {units: 2}\n    from: a\n  - reuse: a\n  - Flatten"
    )
    assert [d.code for d in report] == ["KS106", "KS206"] or [d.code for d in report] == ["KS106"]


def test_an_output_cannot_have_a_class_name():
    _, report = graph_of("  - Dense: {units: 1}\n    name: Accuracy", more="outputs: [Accuracy]")
    assert [d.code for d in report] == ["KS214"]


def test_reuse_of_an_unknown_node_is_reported_once(codes):
    assert codes(network("  - Dense: {units: 1}\n  - reuse: nope\n  - Flatten")) == ["KS201"]
