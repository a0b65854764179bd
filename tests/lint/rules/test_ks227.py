"""KS227: layers that adapt to values which do not show what they must learn."""

import pytest

from tests.lint.rules.helpers import check, codes

HEAD = "kspec: 1\n{task}inputs: {{x: {{shape: [3]}}}}\nlayers:\n"


def found(layers, task="task: regression\n"):
    return [d for d in check(HEAD.format(task=task) + layers) if d.code == "KS227"]


@pytest.mark.parametrize(
    ("layers", "reason"),
    [
        ("  - Normalization: {invert: true}\n  - Dense: {units: 1}\n", "is not at an output"),
        (
            "  - Dense: {units: 1, activation: sigmoid}\n  - Normalization: {invert: true}\n",
            "is not at a regression, but at a binary_classification",
        ),
    ],
)
def test_nothing_to_scale_back_to(layers, reason):
    task = "task: binary_classification\n" if "binary" in reason else "task: regression\n"
    (diagnostic,) = found(layers, task)
    assert reason in diagnostic.message
    assert diagnostic.is_error
    assert "`mean` and `variance`" in diagnostic.help


def test_words_of_indices():
    text = HEAD.format(task="").replace("[3]", "[1], dtype: int64")
    text += "  - StringLookup: {invert: true}\n    name: word\n  - StringLookup: {vocabulary: [a]}\n"
    text += "  - Rescaling: {scale: 1.0}\n  - Dense: {units: 1}\n"
    (diagnostic,) = [d for d in check(text) if d.code == "KS227"]
    assert diagnostic.message == "`word` cannot learn its vocabulary from indices"


def test_an_input_that_training_changes():
    (diagnostic,) = found("  - Dense: {units: 4}\n  - Normalization\n  - Dense: {units: 1}\n")
    assert not diagnostic.is_error
    assert diagnostic.help == "write `BatchNormalization`"


@pytest.mark.parametrize(
    "layers",
    [
        "  - Normalization\n  - Dense: {units: 1}\n  - Normalization: {invert: true}\n",
        "  - Dense: {units: 1}\n  - Normalization: {invert: true, mean: 3.0, variance: 2.0}\n",
        "  - Rescaling: {scale: 2.0}\n  - Normalization\n  - Dense: {units: 1}\n",
        "  - Dense: {units: 3}\n    trainable: false\n  - Normalization\n  - Dense: {units: 1}\n",
    ],
)
def test_what_can_be_learned(layers):
    assert found(layers) == []


def test_the_task_of_a_scaled_output():
    layers = "  - Dense: {units: 1}\n  - Normalization: {invert: true}\n"
    assert codes(check(HEAD.format(task="") + layers)) == []
