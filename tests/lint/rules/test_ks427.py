"""KS427: batches of another size than an input requires."""

import pytest

from tests.lint.rules.helpers import check, codes, fixed, spec

LAYERS = "LSTM: {units: 2, stateful: true}\nDense: {units: 1}"
INPUTS = "{x: {shape: [3, 2], batch_size: 4}}"


@pytest.mark.parametrize("step", ["fit", "evaluate", "predict"])
def test_a_step_with_another_size_is_reported_and_fixed(step):
    text = fixed("KS427", spec(LAYERS, f"{step}: {{batch_size: 32}}", INPUTS))
    assert f"{step}: {{batch_size: 4}}" in text
    assert check(text) == []


def test_two_inputs_with_different_sizes():
    inputs = "{a: {shape: [2], batch_size: 4}, b: {shape: [2], batch_size: 5}}"
    layers = "Add:\n    from: [a, b]\nDense: {units: 1}"
    assert "b: {shape: [2], batch_size: 4}" in fixed("KS427", spec(layers, "", inputs))


@pytest.mark.parametrize(("rows", "expected"), [(20, []), (22, ["KS427"])])
def test_the_number_of_examples(rows, expected, tmp_path):
    text = spec("Dense: {units: 1}", "data: {csv: t.csv, targets: y, split: {validation: 0, test: 0}}",
                "{x: {shape: [2], batch_size: 4}}")  # fmt: skip
    table = "\n".join(["a,b,y", *(f"{i % 7},{i % 5},{i / 3}" for i in range(rows))])
    assert codes(check(text, tmp_path, t=table)) == expected
