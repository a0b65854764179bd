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
