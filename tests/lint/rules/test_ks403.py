"""KS403: an activation and the crossentropy of another task."""

import pytest

from tests.lint.rules.helpers import BCE, CCE, SCE, check, codes, dense, fixed, spec


def test_one_sigmoid_and_classes():
    diagnostics = check(dense(1, "sigmoid", CCE))
    assert codes(diagnostics) == ["KS403"]
    assert diagnostics[0].is_error
    assert BCE in fixed("KS403", dense(1, "sigmoid", CCE))


@pytest.mark.parametrize("activation", ["linear", "tanh"])
def test_one_logit_and_classes(activation):
    right = fixed("KS403", dense(1, activation, "{CategoricalCrossentropy: {from_logits: true}}"))
    assert "BinaryCrossentropy: {from_logits: true}" in right


@pytest.mark.parametrize("loss", [CCE, SCE, "CategoricalFocalCrossentropy"])
def test_several_sigmoids_and_classes(loss):
    assert not check(dense(3, "sigmoid", loss))[0].is_error
    assert "activation: softmax" in fixed("KS403", dense(3, "sigmoid", loss))


def test_softmax_and_yes_or_no():
    diagnostics = check(dense(3, "softmax", BCE))
    assert codes(diagnostics) == ["KS403"]
    assert not diagnostics[0].edits


@pytest.mark.parametrize(("targets", "loss"), [("label", SCE), ("[a, b, c]", CCE)])
def test_softmax_by_the_target(targets, loss):
    assert f"loss: {loss}" in fixed("KS403", dense(3, "softmax", BCE) + f"data: {{csv: a.csv, targets: {targets}}}")


@pytest.mark.parametrize(
    ("units", "activation", "loss"),
    [(1, "sigmoid", BCE), (3, "sigmoid", BCE), (3, "softmax", CCE), (3, "softmax", SCE), (3, "softmax", "mse"),
     (3, "sigmoid", "CategoricalHinge"), (3, "sigmoid", "unheard_of"), (3, "softmax", "KLDivergence")],
)  # fmt: skip
def test_pairs_that_belong_together(units, activation, loss):
    assert "KS403" not in codes(check(dense(units, activation, loss)))


def test_by_output():
    text = "Dense: {units: 3, activation: softmax}\n    name: a\nDense: {units: 3, activation: sigmoid}\n    from: x\n    name: b"
    diagnostics = check(spec(text, f"outputs: [a, b]\ncompile: {{loss: {{a: {SCE}, b: {SCE}}}}}"))
    assert codes(diagnostics) == ["KS403"]
    assert "`b`" in diagnostics[0].message
