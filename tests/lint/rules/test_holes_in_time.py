"""KS569: windows over times with holes."""

import pytest

import kspec
from kspec.cli import main

SPEC = """\
kspec: 1
data:
  csv: t.csv
  window: {length: 2, time: day, every: EVERY}
  inputs: {x: {columns: v, window: past}}
  targets: v
inputs: {x: {shape: [2, 1]}}
layers: [Flatten, {Dense: {units: 1}}]
"""


@pytest.mark.parametrize(
    ("every", "holes"),
    [
        ("1 day", "`day` has 1 hole in its steps of 1 day: 2024-03-07 to 2024-03-10"),
        ("row", None),
    ],
)
def test_a_hole_is_a_note_at_the_column_of_time(every, holes, tmp_path, capsys):
    rows = [f"2024-03-{day:02},{day}" for day in range(1, 31) if day not in (8, 9)]
    (tmp_path / "t.csv").write_text("\n".join(["day,v", *rows]))
    (tmp_path / "s.yaml").write_text(SPEC.replace("EVERY", every))
    found = [each for each in kspec.check(tmp_path / "s.yaml", data=True) if each.code == "KS569"]
    assert [(each.message, each.span.line, each.span.column) for each in found] == ([(holes, 4, 29)] if holes else [])
    if holes:
        main(["data", str(tmp_path / "s.yaml")])
        shown = capsys.readouterr()
        assert (shown.out + shown.err).count(holes) == 1
