"""The exported file evaluates the slices that are columns."""

from __future__ import annotations

import csv

import pytest

from kspec.diagnostics import SpecError
from tests.codegen.data_part import assert_same_examples


def spec(folder, slices, more="", step=""):
    rows = [[n / 9, n % 2, n % 3, "" if n == 5 else n % 2] for n in range(40)]
    with (folder / "t.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["a", "y", 'so "big"', "gaps"], *rows])
    path = folder / "spec.yaml"
    path.write_text(
        f"kspec: 1\ndata: {{csv: t.csv, inputs: a, targets: y{more}}}\ninputs: {{x: {{shape: [1]}}}}\n"
        "layers:\n  - Dense: {units: 1, activation: sigmoid}\n    name: y\n"
        f"evaluate: {{slices: [{slices}]{step}}}\n"
    )
    return path


def test_columns(tmp_path):
    path = spec(tmp_path, 'y, \'"so ""big"""\', old', ", columns: {old: a > 2}")
    code = " ".join(assert_same_examples(path).split())
    assert r'{"y": y_2, "so \"big\"": so__big_, "old": old}.items()' in code


@pytest.mark.parametrize(
    ("slices", "step", "what"),
    [
        ("a > 2", "", "compute the slices"),
        ("gaps", "", "`gaps`, which has gaps"),
        ("y", ", data: t.csv", "slices of other data"),
    ],
)
def test_what_is_refused(slices, step, what, tmp_path):
    with pytest.raises(SpecError, match=f"KS620.*{what}"):
        assert_same_examples(spec(tmp_path, slices, step=step))
