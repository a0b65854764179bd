"""KS410: an op that a layer could replace."""

import pytest

from tests.lint.rules.helpers import check, codes, spec


@pytest.mark.parametrize(("op", "layer"), [("relu", "ReLU"), ("softmax", "Softmax"), ("elu", "ELU")])
def test_is_reported(op, layer):
    (diagnostic,) = check(spec(f"Dense: {{units: 3}}\nop: {op}\nDense: {{units: 1}}"))
    assert (diagnostic.code, diagnostic.severity) == ("KS410", "info")
    assert f"`{layer}`" in diagnostic.message


@pytest.mark.parametrize("op", ["tanh", "add\n    call: {x2: 1.0}", "leaky_relu\n    call: {negative_slope: 0.1}"])
def test_ops_without_a_layer_or_with_constants(op):
    assert "KS410" not in codes(check(spec(f"Dense: {{units: 3}}\nop: {op}\nDense: {{units: 1}}")))


def test_a_default_that_differs():
    """`op: leaky_relu` has a slope of 0.2, the layer one of 0.3."""
    assert "KS410" not in codes(check(spec("Dense: {units: 3}\nop: leaky_relu\nDense: {units: 1}")))


def two(op, inputs, more=""):
    text = f"kspec: 1\ntask: regression\ninputs: {inputs}\nlayers:\n  - op: {op}\n    from: [a, b]\n{more}"
    return codes(check(text + "  - Dense: {units: 1}\n"))


def test_what_a_merge_layer_computes():
    assert two("add", "{a: {shape: [3]}, b: {shape: [3]}}") == ["KS410"]
    assert two("concatenate", "{a: {shape: [3]}, b: {shape: [4]}}", "    call: {axis: -1}\n") == ["KS410"]


@pytest.mark.parametrize(
    ("op", "inputs"),
    [
        ("add", "{a: {shape: [4, 3]}, b: {shape: [3], batch_size: 4}}"),  # the op aligns the last axes
        ("add", "{a: {shape: [3], dtype: int32}, b: {shape: [3]}}"),  # the layer computes in float32
        ("average", "{a: {shape: [3]}, b: {shape: [3]}}"),  # the weighted mean of one tensor
        ("concatenate", "{a: {shape: [3]}, b: {shape: [3]}}"),  # joins the examples
    ],
)
def test_what_a_merge_layer_does_not_compute(op, inputs):
    assert "KS410" not in two(op, inputs)


def test_a_constant_has_no_examples():
    text = (
        "kspec: 1\ntask: regression\ninputs: {a: {shape: [4, 3]}}\nlayers:\n"
        "  - op: ones\n    from: []\n    call: {shape: [4, 3]}\n    name: k\n"
        "  - op: add\n    from: [a, k]\n  - Flatten\n  - Dense: {units: 1}\n"
    )
    assert codes(check(text)) == []
    (diagnostic,) = check(text.replace("op: add", "Add: {}"))
    assert diagnostic.code == "KS301"
    assert "`op: add`" in diagnostic.help
