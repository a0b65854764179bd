"""Targets of several yes/no columns: their spellings, what is no yes/no column, and training on them as numpy computes."""

import csv

import numpy as np
import pytest

import kspec
from kspec.data.targets.labels import Labels
from kspec.data.targets.yes_no import yes_no_pair
from tests.data.helpers import read

ROWS = 40
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(ROWS, 2)).round(3)
Y = np.stack([X[:, 0] > 0, X[:, 1] > 0, X.sum(axis=1) > 0], axis=1)
SPELLINGS = (("no", "yes"), ("N", "J"), ("0", "1"))
SPEC = """\
kspec: 1
name: yn
data: {csv: t.csv, inputs: [a, b], targets: [flu, cold, sore], split: {validation: 0.2, test: 0.2}}
inputs: {x: {shape: [2]}}
layers:
  - Dense: {units: 3, activation: sigmoid}
    name: y
fit: {epochs: 1, batch_size: 100, engine: keras, class_weight: {yes: 3}}
predict: {threshold: 0.4}
"""


def write(path, targets, rows=range(ROWS)):
    lines = [",".join([*map(str, X[row]), *targets[row]]) for row in rows]
    path.write_text("\n".join(["a,b,flu,cold,sore", *lines]) + "\n")


def spelled(y=Y):
    return [[pair[int(value)] for pair, value in zip(SPELLINGS, row, strict=True)] for row in y]


@pytest.mark.parametrize(
    ("texts", "pair"),
    [
        ({"yes", "no"}, ("no", "yes")),
        ({"Yes", "No"}, ("No", "Yes")),
        ({"NO"}, ("NO", "YES")),
        ({"J", "N"}, ("N", "J")),
        ({"TRUE", "FALSE"}, ("FALSE", "TRUE")),
        ({" true", "False"}, ("False", "true")),
        ({"yes", "no", "maybe"}, None),
        ({"yes", "false"}, None),
        (set(), None),
    ],
)
def test_the_usual_spellings(texts, pair):
    assert yes_no_pair(texts) == pair


def test_yes_no_columns_train_and_predict_as_numbers(tmp_path):
    write(tmp_path / "t.csv", spelled())
    (tmp_path / "spec.yaml").write_text(SPEC)
    run = kspec.run(tmp_path / "spec.yaml", out=tmp_path, quiet=True)
    with (run.folder / "predictions.csv").open() as file:
        table = list(csv.DictReader(file))
    rows = np.array([int(row["row"]) - 1 for row in table])
    raw = run.model.predict(X[rows], verbose=0)
    for number, (name, pair) in enumerate(zip(("flu", "cold", "sore"), SPELLINGS, strict=True)):
        probabilities = [float(row[f"y_{name}_probability"]) for row in table]
        np.testing.assert_allclose(probabilities, raw[:, number], rtol=1e-5)
        assert [row[f"y_{name}"] for row in table] == [pair[int(value > 0.4)] for value in raw[:, number]]
        assert [row[f"y_{name}_actual"] for row in table] == [pair[int(value)] for value in Y[rows, number]]
    trained = sorted(set(range(ROWS)) - set(rows) - _validation(run))
    first = kspec.build(run.folder / "resolved.yaml").predict(X[trained], verbose=0)
    truth = Y[trained]
    losses = -np.where(truth, np.log(first), np.log(1 - first)) * np.where(truth, 3, 1)
    assert run.history[0]["loss"] == pytest.approx(losses.mean(), rel=1e-4)


def _validation(run):
    """The rows of the validation split: 20% after the test split in the order of the seed."""
    order = np.random.default_rng([0, 0]).permutation(ROWS)
    return set(order[8:16].tolist())


def test_new_data_is_read_as_training_was(tmp_path):
    write(tmp_path / "t.csv", spelled())
    data = read(tmp_path, "{csv: t.csv, inputs: [a, b], targets: [flu, cold, sore]}").data
    labels = data.labels["y"] if data.labels else None
    assert labels is None or Labels.from_json(labels.to_json()) == labels
    assert data.splits["train"].targets["y"].tolist() == Y[data.splits["train"].rows - 1].astype(int).tolist()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("maybe", 'a target of 3 columns must be numeric or yes/no, but `flu` has text: "maybe" in row 5'),
        ("", "`flu` has 1 missing value: row 5"),
    ],
)
def test_a_third_text_is_named(tmp_path, value, expected):
    targets = spelled()
    targets[4][0] = value
    write(tmp_path / "t.csv", targets)
    assert expected in read(tmp_path, "{csv: t.csv, inputs: [a, b], targets: [flu, cold, sore]}").only


def test_a_number_among_yes_no_columns_is_named(tmp_path):
    targets = spelled()
    targets[6][2] = "2"
    write(tmp_path / "t.csv", targets)
    only = read(tmp_path, "{csv: t.csv, inputs: [a, b], targets: [flu, cold, sore]}").only
    assert 'but `flu` has text: "' in only
    assert "for yes/no columns `sore` has 2 in row 7" in only
