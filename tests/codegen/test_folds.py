"""Exported files make the folds that kspec makes, and name what they cannot do for each fold."""

from __future__ import annotations

import random

import pytest

from kspec.diagnostics import SpecError
from tests.codegen.data_part import assert_same_examples

SPEC = """\
kspec: 1
data:
  csv: t.csv
  inputs: {{n: [k, a]}}
  targets: {target}
  split: {{{split}}}
inputs:
  n: {{shape: [2]}}
layers:
  - Dense: {{{head}}}
    name: y
{more}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A table with groups, numbered groups and classes of unequal size."""
    place, chance = tmp_path_factory.mktemp("folds"), random.Random(4)
    rows = [
        f"{n},{chance.random()},g{chance.randrange(14)},{chance.randrange(8, 15)},{'abcc'[n % 4]},{n % 3 == 0},{n + 1}"
        for n in range(61)
    ]
    (place / "t.csv").write_text("\n".join(["k,a,group,number,y,flag,day", *rows]) + "\n")
    return place


def exported(folder, split, target="y", more=""):
    path = folder / "spec.yaml"
    head = "units: 3, activation: softmax" if target == "y" else "units: 1"
    path.write_text(SPEC.format(split=split, target=target, head=head, more=more))
    return assert_same_examples(path)


@pytest.mark.parametrize("fold", [1, 4])
@pytest.mark.parametrize(
    "split",
    [
        "folds: 4",
        "folds: 4, stratify: true",
        "folds: 4, stratify: number",
        "folds: 4, stratify: flag",
        "folds: 4, group: group",
        "folds: 4, group: number, stratify: true",
        "folds: 4, order: true, gap: 3",
    ],
)
def test_one_fold(split, fold, folder):
    exported(folder, f"{split}, fold: {fold}")


@pytest.mark.parametrize(
    ("split", "target", "more", "what"),
    [
        ("folds: 3, time: day", "y", "", "make folds in time"),
        ("folds: 3, test: 0.2", "y", "", "hold out a test split from folds"),
        ("folds: 3", "{y: {column: a, scale: standard}}", "", "learn the scale of a target for each fold"),
        ("folds: 3", "y", "fit: {stages: [{epochs: 1}, {epochs: 1}]}\n", "train each fold in stages"),
        ("folds: 3", "y", "fit: {callbacks: [{CSVLogger: {filename: log.csv}}]}\n", "give `CSVLogger` other files"),
        ("folds: 3", "y", "evaluate: {split: train}\n", "evaluate another split than validation"),
        ("folds: 3", "y", "predict: {data: t.csv}\n", "predict other data by the models of all folds"),
    ],
)
def test_what_is_refused(split, target, more, what, folder):
    with pytest.raises(SpecError) as raised:
        exported(folder, split, target, more)
    (problem,) = [each for each in raised.value.diagnostics if each.is_error]
    assert problem.code == "KS620"
    assert what in problem.message
