"""Exported files fill gaps, scale targets and balance classes as kspec does."""

from __future__ import annotations

import random

import pytest

from kspec.diagnostics import SpecError
from tests.codegen.data_part import assert_same_examples

REGRESSION = """\
inputs:
  n: {shape: [%d]}
layers:
  - Dense: {units: 1}
    name: y
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A table with gaps."""
    place, chance = tmp_path_factory.mktemp("prepared"), random.Random(4)
    lines = ["day,a,b,c,kind,y"]
    for n in range(70):
        a, b, c = (f"{chance.random():.3f}" if chance.random() < 0.7 else "" for _ in range(3))
        lines.append(f"2024-{n // 28 + 1:02}-{n % 28 + 1:02},{a},{b},{c},{'xxxyz'[chance.randrange(5)]},{n**2 + 7}")
    (place / "t.csv").write_text("\n".join(lines) + "\n")
    return place


def exported(folder, data, size=3, network=REGRESSION):
    path = folder / "spec.yaml"
    path.write_text(f"kspec: 1\ndata:\n  csv: t.csv\n  {data}\n{network % size}")
    return assert_same_examples(path)


@pytest.mark.parametrize(
    ("data", "size"),
    [
        ("inputs: [a, b, c]\n  targets: y\n  missing: {a: {fill: median, indicator: true}, b: 0, c: mean}", 4),
        ("inputs: [a, b, c]\n  targets: y\n  missing: {'*': {fill: most_frequent, indicator: true}}", 6),
        (
            "inputs: [a, b, c]\n  targets: y\n  missing: {a: {fill: forward, else: median}, b: {fill: backward, else: -1, "
            "indicator: true}, c: 0}",
            4,
        ),
        (
            "inputs: [a, b]\n  targets: y\n  split: {time: day}\n  missing: {a: {fill: forward, else: 0}, "
            "b: {fill: forward, else: mean}}",
            2,
        ),
        ("inputs: [b, c]\n  targets: {y: {column: y, scale: standard}}\n  missing: 0", 2),
        ("inputs: [b, c]\n  targets: {y: {column: y, scale: minmax}}\n  missing: 0\n  split: {order: true}", 2),
        ("inputs: [b, c]\n  targets: {y: {column: y, scale: log}}\n  missing: 0", 2),
    ],
)
def test_preparation(data, size, folder):
    exported(folder, data, size)


@pytest.mark.parametrize(
    ("missing", "what"),
    [
        ("{a: {fill: forward, else: 0}, b: 0}\n  split: {group: kind}", "neighbors in groups"),
        ("{a: {fill: forward, else: 0}, b: 0}\n  split: {order: true, gap: 3}", "in no split"),
    ],
)
def test_what_is_refused(missing, what, folder):
    with pytest.raises(SpecError, match=what):
        exported(folder, f"inputs: [a, b]\n  targets: y\n  missing: {missing}", 2)
