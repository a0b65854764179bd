"""The head `expr`: the same numbers as Keras operators, and its mistakes."""

import numpy as np
import pytest

from kspec.compiler.passes import analyse
from kspec.diagnostics import Report
from tests.conftest import diagnostics_of, network, spec_of

SPEC = """\
kspec: 1
vars: {scale: 0.5}
inputs:
  x: {shape: [3, 4]}
  n: {shape: [1, 4], dtype: int32}
blocks:
  cross:
    params: [factor]
    inputs: [x0, in]
    layers:
      - Dense: {units: 4, kernel_initializer: ones}
        from: in
        name: h-1
      - expr: x0 * 'h-1' * $factor + in
layers:
  - block: cross
    from: [x, x]
    with: {factor: 3}
    name: c
  - expr: ((c > 1) * abs(c) - $scale) / ${sqrt(units_of(x))} + n % 3
    name: y
  - expr: 2 ** -tanh(y)
    when: "${scale == 0.5}"
    name: powered
  - expr: y * 2
    when: false
    name: same
outputs: {out: powered, c: c, same: same}
"""


def test_an_expression_computes_what_python_does():
    from kspec.backend.keras_model import build_keras_model
    from kspec.summary.summary import differences, summarise, summarise_built

    report = Report()
    spec = spec_of(SPEC, report)
    analysis = analyse(spec, report)
    assert not report.diagnostics, [each.message for each in report]
    network = build_keras_model(spec, analysis.graph, report)
    inferred = summarise("x", analysis.graph, analysis.types)
    assert differences(inferred, summarise_built("x", analysis.graph, network)) == []
    rows = {node.name: node for node in inferred.nodes}
    assert list(rows) == ["x", "n", "c/h-1", "c/expr", "y", "powered"]
    assert (rows["y"].layer, rows["y"].from_) == (
        "((c > 1) * abs(c) - 0.5) / 2 + n % 3",
        ["c/expr", "n"],
    )
    assert inferred.parameters == 20
    x = np.linspace(-2, 2, 24, dtype="float32").reshape(2, 3, 4)
    n = np.arange(8, dtype="int32").reshape(2, 1, 4)
    found = network.model({"x": x, "n": n})
    h = x.sum(-1, keepdims=True) * np.ones(4, "float32")
    c = x * h * 3 + x
    y = ((c > 1) * abs(c) - 0.5) / 2 + n % 3
    np.testing.assert_allclose(found["c"], c, rtol=1e-5)
    np.testing.assert_allclose(found["same"], y, rtol=1e-5)
    np.testing.assert_allclose(found["out"], 2 ** -np.tanh(y), rtol=1e-5)


@pytest.mark.parametrize(
    ("entry", "code", "message", "columns"),
    [
        ("  - expr: late + x", "KS202", "`late` is used before its definition on line 9", (11, 15)),
        ('  - expr: "x * (q - 1)"', "KS201", "unknown node `q`", (17, 18)),
        ("  - expr: a + x", "KS201", "unknown node `a`", (11, 12)),
        ("  - expr: x * 2 + z", "KS301", "`expr` cannot add (null, 3) to (null, 4)", (11, 20)),
        ("  - expr: x / 0", "KS302", "`expr` divides by zero", (15, 16)),
        ("  - expr: x * 2 % (2 - 2)", "KS302", "`expr` divides by zero", (20, 25)),
        ("  - expr: x // ${units_of(x) - 4}", "KS302", "`expr` divides by zero", (16, 34)),
        ("  - expr: x / 1e-60", "KS302", "`expr` divides by zero", (15, 20)),
        ("  - expr: 1e39 * x", "KS302", "`expr` has the number 1e+39, which is infinite in float32", (11, 15)),
        ("  - op: divide\n    from: {x1: x}\n    call: {x2: 0}", "KS302", "`divide` divides by zero", (12, 14)),
        ("  - expr: x + 1\n    name: 5", "KS109", "a name must be text, not 5", (11, 12)),
        (
            "  - Dropout: {rate: 0.1}\n    from: x\n    name: a b\n    repeat: 2",
            "KS109",
            "invalid name `a b`",
            (11, 14),
        ),
        ("  - expr: x * 2 + mean(z)", "KS014", "unknown function `mean`", (19, 26)),
        ("  - expr: 3", "KS104", "`expr` must be an expression, not 3", (11, 12)),
        ("  - expr: x + 1\n    from: x", "KS104", "`from` cannot stand next to `expr`", (5, 9)),
        ("  - expr: x + 1\n    repeat: 2", "KS104", "`repeat` cannot stand next to `expr`", (5, 11)),
        ("  - expr: x + 1\n    each: [x]", "KS104", "`each` cannot stand next to `expr`", (5, 9)),
        ("  - Flatten:\n    expr: x + 1", "KS104", "`Flatten` cannot stand next to `expr`", (5, 12)),
        (
            "  - expr: x + z\n    when: false",
            "KS221",
            "`when` cannot leave out an entry with several inputs or outputs",
            (11, 16),
        ),
    ],
)
def test_mistakes(entry, code, message, columns):
    layers = f"  - Dense: {{units: 4}}\n    from: x\n    name: a-b\n{entry}\n  - Dense: {{units: 1}}\n    name: late"
    errors = [d for d in diagnostics_of(network(layers, "{x: {shape: [4]}, z: {shape: [3]}}")) if d.is_error]
    (found,) = errors
    assert (found.code, found.message.partition(":")[0]) == (code, message)
    assert (found.span.column, found.span.end_column) == columns
    if "a + x" in entry:
        assert "'a-b'" in found.label + found.help  # as it must be written here
    assert "." not in "".join(found.help.split("nodes:")[1:])


def test_a_parameter_in_an_expression_is_used():
    text = network("  - block: b\n    with: {f: 2}\n  - Dense: {units: 1}").replace(
        "layers:", "blocks: {b: {params: [f], layers: [{expr: $f * in}]}}\nlayers:", 1
    )
    assert not diagnostics_of(text)


def test_the_batch_of_a_tensor_of_lower_rank_meets_no_other_axis():
    text = "kspec: 1\ntask: regression\ninputs: {x: {shape: [3, 4]}, n: {shape: [4]}}\nlayers:\n  - expr: x + n\n"
    (found,) = diagnostics_of(text)
    assert found.code == "KS301"
    assert "takes the batch of (null, 4) for the axis of 3 in (null, 3, 4)" in found.message
