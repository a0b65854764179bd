"""KS439: a predicted node whose first axis is not that of the examples."""

import pytest

from tests.conftest import diagnostics_of

SPEC = """\
kspec: 1
inputs: {{x: {{shape: [4], batch_size: {batch}}}}}
layers:
  - op: {op}
    call: {call}
    name: inner
  - Add:
    from: [x, inner]
    name: y
task: regression
predict: {{nodes: inner}}
"""


@pytest.mark.parametrize(
    ("op", "call", "batch", "shape"),
    [
        ("mean", "{}", "null", "()"),
        ("mean", "{axis: 0}", "null", "(4,)"),
        ("mean", "{axis: 0, keepdims: true}", "null", "(1, 4)"),
        ("mean", "{axis: 1, keepdims: true}", "null", ""),
        ("mean", "{axis: 0, keepdims: true}", "5", "(1, 4)"),
        ("abs", "{}", "5", ""),
    ],
)
def test_the_first_axis_must_be_the_batch(op, call, batch, shape):
    found = [d for d in diagnostics_of(SPEC.format(op=op, call=call, batch=batch)) if d.code == "KS439"]
    messages = [f"`inner` has no value for each example: its shape is {shape}"] if shape else []
    assert [d.message for d in found] == messages
    assert all(d.span.text == "inner" for d in found)
