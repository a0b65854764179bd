"""Exported files split the examples as kspec does."""

from __future__ import annotations

import datetime
import random

import pytest

from kspec.diagnostics import SpecError
from tests.codegen.data_part import assert_same_examples

NETWORK = """\
inputs:
  n: {shape: [2]}
layers:
  - Dense: {units: 3, activation: softmax}
    name: y
"""
FORMATS = {
    "iso": "%Y-%m-%d",
    "dotted": "%d.%m.%Y",
    "american": "%m/%d/%y %I:%M %p",
    "whole": "%Y%m%d",
    "week": "%G-W%V",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A table with times, keys and groups."""
    place, chance = tmp_path_factory.mktemp("splits"), random.Random(4)
    start = datetime.datetime(2024, 1, 1)
    rows = []
    for n in range(60):
        day = start + datetime.timedelta(days=chance.randrange(40))
        times = [day.strftime(each) for each in FORMATS.values()]
        group, kind = f"g{chance.randrange(14)}", "abc"[chance.randrange(3)]
        rows.append([n, chance.random(), *times, chance.randrange(1900, 1930), group, f"id-{n}", kind])
    lines = [",".join(["k", "a", *FORMATS, "year", "group", "key", "y"]), *(",".join(map(str, row)) for row in rows)]
    (place / "t.csv").write_text("\n".join(lines) + "\n")
    (place / "train.txt").write_text("\n".join(f"id-{n}" for n in range(0, 60, 2)))
    (place / "test.txt").write_text("\n".join(f"id-{n} " for n in range(1, 50, 4)))
    (place / "numbers.txt").write_text("\n".join(map(str, range(40))))
    return place


def exported(folder, split):
    path = folder / "spec.yaml"
    path.write_text(
        f"kspec: 1\ndata:\n  csv: t.csv\n  inputs: {{n: [k, a]}}\n  targets: y\n  split: {{{split}}}\n{NETWORK}"
    )
    return assert_same_examples(path)


@pytest.mark.parametrize(
    "split",
    [
        "order: true",
        "order: true, validation: 0, test: 0.3, gap: 4",
        "order: true, gap: 3",
        *(f"time: {name}, test: 0.15" for name in FORMATS),
        "time: iso, validation: 0.25, test: 0, gap: 2 days",
        "time: iso, validation: 2024-01-11, test: 2024-01-25 12:00, gap: 36 hours",
        "time: american, validation: 0.2, test: 2024-01-25",
        "time: whole, validation: 20240111, test: 0.2",
        "time: year, validation: 1915, test: 1920.5, gap: 2",
        "time: year",
        "group: group",
        "group: group, test: 0, validation: 0.4",
        "group: group, stratify: true",
        "hash: key",
        "hash: k, test: 0, validation: 0.3",
        "lists: {train: train.txt, test: test.txt}, key: key",
        "lists: {train: numbers.txt}, key: k",
        "stratify: group",
    ],
)
def test_splits(split, folder):
    exported(folder, split)


def test_a_time_column_may_lack_values(tmp_path):
    lines = ["a,d,y", *(f"{n},{'' if n % 7 == 3 else f'2024-02-{n:02}'},{n % 2}" for n in range(1, 29))]
    (tmp_path / "t.csv").write_text("\n".join(lines) + "\n")
    path = tmp_path / "spec.yaml"
    path.write_text(
        "kspec: 1\ndata:\n  csv: t.csv\n  inputs: {n: a}\n  targets: y\n  missing: {d: drop_row}\n  split: {time: d}\n"
        "inputs:\n  n: {shape: [1]}\nlayers:\n  - Dense: {units: 1, activation: sigmoid}\n    name: y\n"
    )
    assert "row_numbers" in assert_same_examples(path)


@pytest.mark.parametrize(
    ("split", "what"),
    [
        ("hash: a", "7 and 007"),
        ("time: iso, test: 2025-01-01", "a split without rows"),
        ("group: key, stratify: group", "one alone has a class"),
    ],
)
def test_what_is_refused(split, what, folder):
    with pytest.raises(SpecError) as raised:
        exported(folder, split)
    (problem,) = [each for each in raised.value.diagnostics if each.is_error]
    assert problem.code == "KS620"
    assert what in problem.message
