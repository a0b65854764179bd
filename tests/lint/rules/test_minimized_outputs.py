"""Outputs that are losses themselves: what they must be, and which settings they cannot have."""

import pytest

from tests.conftest import diagnostics_of

SPEC = """\
kspec: 1
inputs: {{x: {{shape: [4]}}}}
layers:
  - Dense: {{units: 1}}
    name: y
  - op: square
    from: x
    name: each
  - op: mean
    from: x
    name: scalar
  - op: argmax
    from: x
    call: {{axis: -1}}
    name: index
outputs: [y, {output}]
{settings}
"""


@pytest.mark.parametrize(
    ("output", "settings", "code", "message"),
    [
        ("each", "compile: {loss: {each: minimize}}", "", ""),
        ("each", "compile: {loss: {each: minimize}, metrics: [mae]}", "", ""),
        ("each", "compile: {loss: {each: minimise}}", "KS106", "unknown loss `minimise`"),
        ("scalar", "compile: {loss: {scalar: minimize}}", "KS439", "no value for each example: its shape is ()"),
        ("index", "compile: {loss: {index: minimize}}", "KS103", "its dtype is int32, which has no gradient"),
        ("each", "compile: {loss: {each: minimize}, metrics: {each: [mae]}}", "KS413", "it has no target"),
        ("each", "compile: {loss: {each: minimize}}\nfit: {class_weight: {each: {a: 2}}}", "KS217", "no classes"),
    ],
)
def test_a_minimized_output(output, settings, code, message):
    text = SPEC.format(output=output, settings=settings).replace("outputs: [y,", "task: {y: regression}\noutputs: [y,")
    found = [d for d in diagnostics_of(text) if d.is_error]
    assert [d.code for d in found] == [code] * bool(code)
    assert all(message in d.message for d in found)


def test_a_misspelt_minimize_is_suggested():
    text = SPEC.format(output="each", settings="compile: {loss: {each: minimise}}")
    assert any("`minimize`" in d.label for d in diagnostics_of(text) if d.code == "KS106")


def test_it_has_no_target_in_the_data(project):
    import kspec

    text = SPEC.format(output="each", settings="compile: {loss: {each: minimize}}").replace("[4]", "[2]")
    path = project(text.replace("inputs:", "data: {csv: table.csv, targets: {y: size, each: weight}}\ninputs:", 1))
    assert [d.message for d in kspec.check(path, data=True) if d.is_error] == [
        "`each` is minimized, so it has no target"
    ]
