"""KS406: a bounded activation at the end of a regression."""

import pytest

from tests.lint.rules.helpers import BCE, check, codes, dense, fixed


def test_relu():
    assert "activation: linear" in fixed("KS406", dense(1, "relu", "mse"))


@pytest.mark.parametrize("activation", ["softplus", "sigmoid", "tanh", "gelu", "leaky_relu", None])
def test_others_are_not_reported_without_data(activation):
    assert check(dense(1, activation, "mse", "regression")) == []


@pytest.mark.parametrize("loss", ["poisson", "msle", BCE])
def test_losses_of_positive_numbers(loss):
    assert "KS406" not in codes(check(dense(1, "relu", loss)))


@pytest.mark.parametrize(
    ("activation", "numbers", "expected"),
    [("relu", "0 1 2.5", []), ("relu", "0 -1 2.5", ["KS406"]), ("sigmoid", "0 0.5 1", []), ("sigmoid", "0 40 7", ["KS406"]),
     ("tanh", "-1 0.5 1", []), ("tanh", "-1 0.5 2", ["KS406"]), ("softplus", "-3 1 2", ["KS406"]), (None, "-3 1 2", [])],
)  # fmt: skip
def test_by_the_target(activation, numbers, expected, tmp_path):
    rows = [f"{i},{i % 7},{i % 3},{i % 5},{number}" for i, number in enumerate(numbers.split() * 10)]
    text = dense(1, activation, "mse", "regression") + "data: {csv: t.csv, targets: t}\n"
    assert codes(check(text, tmp_path, t="a,b,c,d,t\n" + "\n".join(rows))) == expected


def test_synthetic_data_is_not_considered():
    assert check(dense(1, "relu", "mse") + "data: {synthetic: {examples: 10}}") == []
