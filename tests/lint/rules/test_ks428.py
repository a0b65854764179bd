"""KS428: a `training` argument of a call."""

import pytest

from tests.lint.rules.helpers import check, codes, spec


@pytest.mark.parametrize(
    ("layer", "help"),
    [
        ("BatchNormalization:\n    call: {training: false}", "freeze it"),
        ("Dropout: {rate: 0.5}\n    call: {training: true}", "`fit` is training"),
    ],
)
def test_is_reported(layer, help):
    (diagnostic,) = check(spec(f"{layer}\nDense: {{units: 1}}"))
    assert diagnostic.code == "KS428"
    assert help in diagnostic.help


def test_calls_without_it():
    assert codes(check(spec("Dropout: {rate: 0.5}\nDense: {units: 1}"))) == []
