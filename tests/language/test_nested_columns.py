"""Problems within the mapping of an input or a target are reported at their own place."""

import pytest

import kspec

SPEC = """\
kspec: 1
data:
  csv: t.csv
  inputs: {x: INPUT}
  targets: {y: TARGET}
inputs: {x: {shape: [3]}}
layers: [{Dense: {units: 1}, name: y}]
"""


@pytest.mark.parametrize(
    ("input", "target", "word"),
    [
        ("{columns: v, window: passt}", "w", "passt"),
        ("{column: v, length: none}", "w", "none"),
        ("v", "{column: w, scale: standrad}", "standrad"),
        ("v", "{column: w, lenght: 3}", "lenght"),
        ("v", "{column: w, shift: -1}", "-1"),
    ],
)
def test_the_place_is_that_of_the_mistake(input, target, word, tmp_path):
    text = SPEC.replace("INPUT", input).replace("TARGET", target)
    (tmp_path / "s.yaml").write_text(text)
    (tmp_path / "t.csv").write_text("v,w\n1,2\n")
    spans = [problem.span for problem in kspec.check(tmp_path / "s.yaml") if problem.is_error]
    line = next(line for line in text.splitlines() if word in line)
    assert [span.column for span in spans if span is not None] == [line.index(word) + 1]


@pytest.mark.parametrize(
    ("setting", "word"),
    [
        ("read: {v: imag}", "imag"),
        ("resize: {v: crpo}", "crpo"),
        ("missing: {v: [1]}", "[1]"),
        ("missing: {v: {fil: 0}}", "fil"),
        ("missing: {v: {fill: .inf}}", ".inf"),
        ("missing: {v: {fill: mean, indicator: perhaps}}", "perhaps"),
        ("missing: {v: {fill: mean, else: 0}}", "else"),
        ("missing: {v: {else: 0}}", "v:"),
    ],
)
def test_the_place_within_the_setting_of_a_column(setting, word, tmp_path):
    text = SPEC.replace("INPUT", "v").replace("TARGET", "w").replace("inputs: {x: v}", f"inputs: {{x: v}}\n  {setting}")
    (tmp_path / "s.yaml").write_text(text)
    (tmp_path / "t.csv").write_text("v,w\n1,2\n")
    spans = [problem.span for problem in kspec.check(tmp_path / "s.yaml") if problem.is_error]
    assert [(span.line, span.column) for span in spans] == [(5, 3 + setting.index(word))]


@pytest.mark.parametrize(
    ("input", "target", "known"),
    [
        ("v", "{column: w, lenght: 3}", "length"),
        ("v", "{column: w, scael: log}", "scale"),
        ("{column: v, lenght: 3}", "w", "length"),
        ("{columns: v, windw: past}", "w", "window"),
    ],
)
def test_a_misspelled_key_has_a_suggestion(input, target, known, tmp_path):
    (tmp_path / "s.yaml").write_text(SPEC.replace("INPUT", input).replace("TARGET", target))
    labels = [problem.label for problem in kspec.check(tmp_path / "s.yaml") if problem.code == "KS101"]
    assert labels == [f"did you mean `{known}`?"]
