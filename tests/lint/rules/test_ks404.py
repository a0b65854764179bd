"""KS404: an activation before a loss that expects logits."""

import pytest

from tests.lint.rules.helpers import check, codes, dense, fixed, spec


@pytest.mark.parametrize(
    ("units", "activation", "loss"),
    [(1, "sigmoid", "BinaryCrossentropy"), (3, "softmax", "CategoricalCrossentropy"),
     (3, "softmax", "SparseCategoricalCrossentropy"), (3, "sigmoid", "BinaryFocalCrossentropy")],
)  # fmt: skip
def test_is_reported_and_fixed(units, activation, loss):
    after = fixed("KS404", dense(units, activation, f"{{{loss}: {{from_logits: true}}}}"))
    assert "from_logits: false" in after


def test_a_softmax_layer():
    more = "compile: {loss: {SparseCategoricalCrossentropy: {from_logits: true}}}"
    assert codes(check(spec("Dense: {units: 3}\nSoftmax", more))) == ["KS404"]


@pytest.mark.parametrize("activation", [None, "linear", "log_softmax"])
def test_logits_are_not_reported(activation):
    assert check(dense(3, activation, "{SparseCategoricalCrossentropy: {from_logits: true}}")) == []
