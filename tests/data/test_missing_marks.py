"""Numbers that stand for a missing value."""

import json

import numpy as np
import pytest

from kspec.data.profile.profiling import profile_column
from kspec.data.table import Column
from kspec.data.table_preview import profile_file
from kspec.diagnostics import Report

TEMPERATURES = [12.5, -3.0, 18.0, 7.5, 21.0, 0.0] * 5


def marks(values):
    values = np.asarray(values)
    kind = "integer" if values.dtype.kind == "i" else "float"
    return profile_column(Column("t", kind, values, np.zeros(len(values), bool))).marks


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([*TEMPERATURES, -999, -999, -999], {"-999": 3}),
        ([*TEMPERATURES, -999.9, -999.9, 9999, 9999], {"-999.9": 2, "9999": 2}),
        ([*TEMPERATURES, *[-999] * 60], {"-999": 60}),
        ([1, 2, 3, 4, 5, 6, 7, 99, 99], {"99": 2}),
        ([300, 800, 5, 0, 1000, -99, -99], {"-99": 2}),  # the only negative number
        ([*TEMPERATURES, -999], {}),  # a single one may be a mistake
        ([95, 96, 97, 98, 99, 99], {}),
        ([0, 40, 80, 99, 99, 12], {}),
        ([999, 999, 999], {}),
        ([101, 205, 101, 999, 999, 205], {}),  # codes of classes
        ([0, 1, 0, 1, 99, 99], {"99": 2}),
        ([*TEMPERATURES, 1000, 1000], {}),
        ([*TEMPERATURES, np.nan, np.inf, -999, -999], {"-999": 2}),
    ],
)
def test_marks_are_nines_far_from_all_others(values, expected):
    assert marks(values) == expected


def test_a_preview_takes_them_for_gaps_in_any_source(tmp_path):
    rows = [{"t": -999 if at in (3, 8) else at % 7, "w": at / 4, "y": at % 2} for at in range(40)]
    (tmp_path / "t.csv").write_text("t,w,y\n" + "".join(f"{r['t']},{r['w']},{r['y']}\n" for r in rows))
    (tmp_path / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    csv, lines = (profile_file(tmp_path / name, Report()) for name in ("t.csv", "t.jsonl"))
    assert csv.options["missing"] == {"t": [-999]}
    assert lines.columns["t"].expression == 'nullif("t", -999)'
    for preview in (csv, lines):
        assert preview.profile.column("t").missing == 2
        assert (preview.profile.column("t").minimum, preview.profile.column("t").maximum) == (0, 6)


def test_words_and_numbers_can_both_stand_for_missing_values(tmp_path):
    rows = [("?" if at in (2, 9) else at % 5, 999 if at in (4, 7) else at % 3) for at in range(40)]
    (tmp_path / "t.csv").write_text("a,b\n" + "".join(f"{a},{b}\n" for a, b in rows))
    preview = profile_file(tmp_path / "t.csv", Report())
    assert preview.options["missing"] == {"a": ["?"], "b": [999]}
    assert [preview.profile.column(name).missing for name in "ab"] == [2, 2]
