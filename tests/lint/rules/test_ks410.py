"""KS410: an op that a layer could replace."""

import pytest

from tests.lint.rules.helpers import check, codes, spec


@pytest.mark.parametrize(("op", "layer"), [("relu", "ReLU"), ("softmax", "Softmax"), ("leaky_relu", "LeakyReLU")])
def test_is_reported(op, layer):
    (diagnostic,) = check(spec(f"Dense: {{units: 3}}\nop: {op}\nDense: {{units: 1}}"))
    assert (diagnostic.code, diagnostic.severity) == ("KS410", "info")
    assert f"`{layer}`" in diagnostic.message


@pytest.mark.parametrize("op", ["tanh", "add\n    call: {x2: 1.0}", "leaky_relu\n    call: {negative_slope: 0.1}"])
def test_ops_without_a_layer_or_with_constants(op):
    assert "KS410" not in codes(check(spec(f"Dense: {{units: 3}}\nop: {op}\nDense: {{units: 1}}")))
