"""KS408: an output that contradicts its task."""

import pytest

from tests.lint.rules.helpers import BCE, SCE, check, codes, dense, fixed, spec

SCE_LOGITS = "{SparseCategoricalCrossentropy: {from_logits: true}}"


@pytest.mark.parametrize(
    ("task", "units", "activation", "loss", "after"),
    [
        ("binary_classification", 2, "softmax", None, "task: multiclass_classification"),
        ("binary_classification", 2, "softmax", SCE, "task: multiclass_classification"),
        ("binary_classification", 3, "sigmoid", None, "task: multilabel_classification"),
        ("multilabel_classification", 3, "softmax", None, "task: multiclass_classification"),
        ("multiclass_classification", 3, "sigmoid", None, "activation: softmax"),
        ("multiclass_classification", 1, "sigmoid", None, "task: binary_classification"),
        ("regression", 3, "softmax", SCE, "task: multiclass_classification"),
        ("binary_classification", 1, None, "mse", "task: regression"),
        ("binary_classification", 1, "tanh", "mse", "task: regression"),
        ("binary_classification", 1, "relu", None, "activation: sigmoid"),
        ("binary_classification", 1, "tanh", None, "activation: sigmoid"),
        ("multilabel_classification", 3, "tanh", None, "activation: sigmoid"),
        ("multilabel_classification", 3, None, SCE_LOGITS, "task: multiclass_classification"),
        ("multiclass_classification", 3, "relu", None, "activation: softmax"),
        ("regression", 3, "sigmoid", BCE, "task: multilabel_classification"),
        ("regression", 1, "sigmoid", BCE, "task: binary_classification"),
        ("regression", 1, "tanh", "hinge", "task: binary_classification"),
        ("regression", 1, None, "{BinaryCrossentropy: {from_logits: true}}", "task: binary_classification"),
    ],
)
def test_contradictions_are_fixed(task, units, activation, loss, after):
    assert after in fixed("KS408", dense(units, activation, loss, task))


def test_linear_units_for_a_yes_or_no():
    assert codes(check(dense(2, None, None, "binary_classification"))) == ["KS408"]


@pytest.mark.parametrize(
    ("task", "units", "activation", "loss"),
    [
        ("binary_classification", 1, "sigmoid", None),
        ("binary_classification", 1, "sigmoid", "mse"),
        ("binary_classification", 1, None, None),
        ("binary_classification", 1, None, "hinge"),
        ("multilabel_classification", 3, "sigmoid", None),
        ("multilabel_classification", 1, "sigmoid", None),
        ("multiclass_classification", 3, "softmax", None),
        ("multiclass_classification", 3, None, None),
        ("multiclass_classification", 3, "sigmoid", BCE),
        ("binary_classification", 1, "tanh", "hinge"),
        ("multilabel_classification", 3, None, "squared_hinge"),
        ("regression", 1, None, None),
        ("regression", 1, "sigmoid", None),
        ("regression", 3, "softmax", "kl_divergence"),
    ],
)
def test_what_agrees(task, units, activation, loss):
    assert check(dense(units, activation, loss, task)) == []


def test_one_message_for_one_mistake():
    assert codes(check(dense(1, "softmax", None, "binary_classification"))) == ["KS402"]
    assert codes(check(dense(3, "sigmoid", SCE, "multiclass_classification"))) == ["KS403"]


def test_by_output():
    text = "Dense: {units: 2, activation: softmax}\n    name: a\nDense: {units: 1}\n    from: x\n    name: b"
    tasks = "outputs: [a, b]\ntask: {a: binary_classification, b: regression}"
    assert "a: multiclass_classification" in fixed("KS408", spec(text, tasks))
