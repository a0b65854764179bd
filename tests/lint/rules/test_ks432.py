"""KS432: losses that have no meaning for their output."""

import pytest

from tests.lint.rules.helpers import check, codes, dense, fixed, spec


@pytest.mark.parametrize(
    ("units", "activation", "loss", "right"),
    [
        (1, "linear", "poisson", "activation: softplus"),
        (3, "tanh", "poisson", "activation: softplus"),
        (3, "linear", "kl_divergence", "activation: softmax"),
        (3, "linear", "dice", "activation: sigmoid"),
        (1, "tanh", "tversky", "activation: sigmoid"),
        (1, "linear", "cosine_similarity", "loss: mean_squared_error"),
        (1, "sigmoid", "kl_divergence", "loss: binary_crossentropy"),
        (1, "linear", "categorical_hinge", "loss: hinge"),
    ],
)
def test_the_cure(units, activation, loss, right):
    assert right in fixed("KS432", dense(units, activation, loss))


@pytest.mark.parametrize(
    ("units", "activation", "loss"),
    [
        *((1, activation, "poisson") for activation in ("relu", "softplus", "exponential", "sigmoid")),
        (3, "softmax", "kl_divergence"), (1, "sigmoid", "dice"), (3, "softmax", "tversky"),
        (3, "linear", "cosine_similarity"), (3, "linear", "categorical_hinge"), (3, "linear", "circle"),
        (1, "linear", "mean_squared_logarithmic_error"), (1, "linear", "huber"), (1, "linear", "log_cosh"),
    ],
)  # fmt: skip
def test_losses_that_suit(units, activation, loss):
    assert "KS432" not in codes(check(dense(units, activation, loss)))


@pytest.mark.parametrize(("loss", "shape", "wrong"), [("ctc", "[4]", True), ("ctc", "[6, 4]", False),
                                                       ("circle", "[4]", False), ("circle", "[6, 4]", True)])  # fmt: skip
def test_positions(loss, shape, wrong):
    text = spec("Dense: {units: 3}\n    name: y", f"compile: {{loss: {loss}}}", inputs=f"{{x: {{shape: {shape}}}}}")
    mine = [problem for problem in check(text) if problem.code == "KS432"]
    assert [problem.is_error for problem in mine] == [True] * wrong


@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_ctc_takes_logits(activation):
    layer = f"Dense: {{units: 3, activation: {activation}}}\n    name: y"
    assert "activation: linear" in fixed("KS432", spec(layer, "compile: {loss: ctc}", inputs="{x: {shape: [6, 4]}}"))
