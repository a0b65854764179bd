"""KS563 and KS565: classes that cannot be balanced, and that are twice."""

import pytest

from tests.lint.rules.helpers import check

TEXT = """\
kspec: 1
data: {{csv: t.csv, inputs: {{x: [a, b]}}, targets: {{y: t, z: u}}, balance: {balance}}}
inputs: {{x: {{shape: [2]}}}}
layers:
- Dense: {{units: 1, activation: {first}}}
  name: y
- Dense: {{units: 1, activation: {second}}}
  name: z
  from: x
outputs: [y, z]
{more}
"""


@pytest.mark.parametrize(
    ("first", "second", "balance", "more", "expected"),
    [
        ("sigmoid", "linear", "oversample", "", []),
        ("linear", "linear", "oversample", "", ["KS563"]),
        ("sigmoid", "sigmoid", "oversample", "", ["KS563"]),
        ("sigmoid", "sigmoid", "{by: undersample, target: z}", "", []),
        ("sigmoid", "linear", "{by: undersample, target: z}", "", ["KS563"]),
        ("sigmoid", "linear", "{by: undersample, target: w}", "", ["KS563"]),
        ("sigmoid", "linear", "oversample", "fit: {class_weight: {y: balanced}}", ["KS565"]),
    ],
)
def test_balance(first, second, balance, more, expected):
    text = TEXT.format(first=first, second=second, balance=balance, more=more)
    assert [each.code for each in check(text) if each.code in ("KS563", "KS565")] == expected
