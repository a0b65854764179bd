"""KS435: names in the logs that two losses or metrics would share."""

import pytest

from tests.lint.rules.helpers import check


def spec(first, second, more="", split=""):
    return f"""\
kspec: 1
inputs: {{x: {{shape: [4]}}}}
data: {{synthetic: {{examples: 100}}{split}}}
layers:
  - Dense: {{units: 8}}
    name: hidden
  - Dense: {{units: 1, activation: sigmoid}}
    name: p
  - Dense: {{units: 1}}
    from: hidden
    name: q
outputs: {{{first}: p, {second}: q}}
{more}"""


NAMED = "compile: {metrics: {%s: [{BinaryAccuracy: {name: %s}}]}}"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (spec("val", "b"), "val_loss"),
        (spec("val_b", "b"), "val_b_loss"),
        (spec("a", "a_b", NAMED % ("a", "b_loss")), "a_b_loss"),
        (spec("a", "b", NAMED % ("a", "loss")), "a_loss"),
        (spec("learning", "b", NAMED % ("learning", "rate")), "learning_rate"),
        (spec("a", "b", "compile: {metrics: {a: [accuracy]}}").replace("{a: p, b: q}", "p")
         .replace("{a: [accuracy]}", "[{BinaryAccuracy: {name: loss}}]"), "loss"),
        (spec("a", "b").replace("{a: p, b: q}", "p")
         + "compile: {metrics: [accuracy, {BinaryAccuracy: {name: val_accuracy}}]}\n", "val_accuracy"),
        (spec("a", "b").replace("{a: p, b: q}", "p") + "compile: {metrics: [{BinaryAccuracy: {name: split}}]}\n", "split"),
    ],
)  # fmt: skip
def test_two_quantities_with_one_name(text, name):
    found = [d for d in check(text) if d.code == "KS435"]
    assert len(found) == 1
    assert f"`{name}`" in found[0].message
    assert found[0].is_error


@pytest.mark.parametrize(
    "text",
    [
        spec("a", "b"),
        spec("loss", "b"),
        spec("val_b", "b", split=", split: {validation: 0, test: 0.2}"),
        spec("a", "b", "compile: {metrics: {a: [accuracy, accuracy, AUC, AUC], b: [mae]}}"),
        spec("a", "b", "compile: {metrics: {a: [accuracy]}, weighted_metrics: {a: [accuracy]}}"),
    ],
)
def test_names_that_differ(text):
    assert not [d for d in check(text) if d.code == "KS435"]
