"""KS535 to KS539: doubtful columns of inputs."""

import random

import pytest

from tests.lint.rules.helpers import check, codes, spec

chance = random.Random(2)
ROWS = 60
NOISE = [chance.gauss(0, 1) for _ in range(ROWS)]
OUTCOME = [chance.choice(["no", "yes"]) for _ in range(ROWS)]


def table(**columns):
    columns = {"noise": NOISE, **columns, "y": OUTCOME}
    return "\n".join([",".join(columns), *(",".join(map(str, row)) for row in zip(*columns.values(), strict=True))])


def found(tmp_path, layers="Normalization\nDense: {units: 1, activation: sigmoid}", data="", shape="[2]", **columns):
    text = spec(layers, f"data: {{csv: t.csv, targets: y{data}}}", f"{{x: {{shape: {shape}}}}}")
    return check(text, tmp_path, t=table(**columns))


@pytest.mark.parametrize(
    ("code", "values"),
    [
        ("KS535", [int(word == "yes") for word in OUTCOME]),
        ("KS536", list(range(1, ROWS + 1))),
        ("KS537", [3] * ROWS),
        ("KS538", [*NOISE[:-1], -999]),
        ("KS538", [-999 if row % 9 == 4 else value for row, value in enumerate(NOISE)]),
    ],
)
def test_a_doubtful_column_is_named_once(code, values, tmp_path):
    problems = found(tmp_path, other=values)
    assert codes(problems) == [code]
    assert "`other`" in problems[0].message


def test_a_lookup_with_an_entry_for_each_row(tmp_path):
    names = [f"person{row}" for row in range(ROWS)]
    layers = "StringLookup: {output_mode: multi_hot}\nDense: {units: 1, activation: sigmoid}"
    text = spec(layers, "data: {csv: t.csv, targets: y}", "{x: {shape: [2], dtype: string}}")
    assert codes(check(text, tmp_path, t=table(other=names))) == ["KS536"]


@pytest.mark.parametrize(
    "values",
    [
        [row * 2 for row in range(ROWS)],  # measured
        [chance.randint(0, 50) for _ in range(ROWS)],
        [*[0] * (ROWS - 1), 40],  # most are 0, a few are not
        [chance.lognormvariate(0, 1) for _ in range(ROWS)],
    ],
)
def test_a_usual_column_is_none(values, tmp_path):
    assert found(tmp_path, other=values) == []


def test_drift_is_that_of_the_split(tmp_path):
    rising = [row * 2 + chance.random() for row in range(ROWS * 2)]
    rows = "\n".join(["a,y", *(f"{value},{chance.choice(['no', 'yes'])}" for value in rising)])
    layers = "Normalization\nDense: {units: 1, activation: sigmoid}"
    split = "data: {csv: t.csv, targets: y, split: {order: true, test: 0.3, validation: 0}}"
    problems = check(spec(layers, split, "{x: {shape: [1]}}"), tmp_path, t=rows)
    assert codes(problems) == ["KS539"]
    assert "`a` (test, by 100%)" in problems[0].message
