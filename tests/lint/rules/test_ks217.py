"""KS217: class weights."""

import pytest

from tests.lint.rules.helpers import check, codes, dense, spec

TWO = spec(
    "Dense: {units: 1, activation: sigmoid}\n    name: a\nDense: {units: 1}\n    from: x\n    name: b",
    "outputs: [a, b]",
)


@pytest.mark.parametrize("weights", ["balanced", "{no: 1, yes: 2.5}", "{no: 0}", "{y: balanced}", "{y: {no: 1}}"])
def test_valid_weights(weights):
    assert check(dense(1, "sigmoid") + f"fit: {{class_weight: {weights}}}\n") == []


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ("{y: balance}", '`class_weight` must be `balanced`, or a mapping from labels to weights, not "balance"'),
        ("{y: 3}", "`class_weight` must be `balanced`, or a mapping from labels to weights, not 3"),
        ("{no: -1}", "the weight of `no` must be a non-negative number"),
        ("{no: much}", "the weight of `no` must be a non-negative number"),
    ],
)
def test_invalid_weights(weights, message):
    (diagnostic,) = check(dense(1, "sigmoid") + f"fit: {{class_weight: {weights}}}\n")
    assert (diagnostic.code, diagnostic.message) == ("KS217", message)


@pytest.mark.parametrize(("first", "second"), [("1", "1.0"), ("True", "true"), ("0", "0e1")])
def test_a_label_in_two_spellings(first, second):
    (diagnostic,) = check(dense(1, "sigmoid") + f"fit: {{class_weight: {{no: 1, {first}: 2, {second}: 3}}}}\n")
    assert diagnostic.message == f"`{first}` and `{second}` are the same label, and it can have one weight only"


def test_a_misspelt_word_is_fixed():
    (diagnostic,) = check(dense(1, "sigmoid") + "fit: {class_weight: {y: balance}}\n")
    assert diagnostic.edits[0].replacement == "balanced"


def test_several_outputs_need_a_mapping():
    assert codes(check(TWO + "fit: {class_weight: {no: 1}}\n")) == ["KS217"]
    assert check(TWO + "fit: {class_weight: {a: balanced}}\n") == []


def test_a_regression_has_no_classes():
    (diagnostic,) = check(TWO + "fit: {class_weight: {b: balanced}}\n")
    assert (diagnostic.code, "`b` is a regression output" in diagnostic.message) == ("KS217", True)
