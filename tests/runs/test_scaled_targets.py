"""A run of scaled targets: all that it prints and writes but the loss is in the unit of the columns."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

import kspec
from kspec.diagnostics import SpecError
from kspec.export.export import export
from kspec.language import Permissions
from kspec.runs.run_evaluation import evaluate_and_compare
from kspec.runs.run_folder import RunFolderError
from kspec.runs.run_loader import load_run, predictions_of, read_examples
from tests.support.pictures import no_pictures  # noqa: F401

SPEC = """\
kspec: 1
data:
  csv: data.csv
  inputs: [a, b]
  targets: {price: {column: price, scale: standard}, both: {columns: [price, size], scale: minmax}}
inputs: {x: {shape: [2]}}
layers:
  - Dense: {units: 4, activation: relu}
    name: h
  - Dense: {units: 1}
    name: price
    from: h
  - Dense: {units: 2}
    name: both
    from: h
outputs: [price, both]
compile: {metrics: [mae, r2_score]}
fit: {epochs: 2, batch_size: 16, engine: fused, keep: best, monitor: val_price_mean_absolute_error}
"""
RANDOM = np.random.default_rng(0)
INPUTS = RANDOM.normal(size=(90, 2))
PRICE = 2e5 + 5e4 * INPUTS[:, 0] + RANDOM.normal(size=90) * 3e3
TARGETS = np.column_stack([PRICE, 80 + INPUTS[:, 1]])


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scaled")
    with (folder / "data.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("a", "b", "price", "size"), *np.hstack([INPUTS, TARGETS]).tolist()])
    (folder / "spec.yaml").write_text(SPEC)
    return kspec.run(folder / "spec.yaml", out=folder / "runs")


def test_metrics_baseline_and_history_are_in_units(run):
    rows = np.loadtxt(run.folder / "predictions.csv", delimiter=",", skiprows=1)
    numbers, predicted = rows[:, 0].astype(int) - 1, rows[:, 1]
    error = np.abs(predicted - PRICE[numbers])
    np.testing.assert_allclose(run.metrics["price_mean_absolute_error"], error.mean(), rtol=1e-6)
    train = kspec.compiler.compile.compile_spec(run.folder.parents[2] / "spec.yaml", data="always").dataset
    mean = PRICE[train.splits["train"].rows - 1].mean()
    constant = np.abs(PRICE[numbers] - mean).mean()
    np.testing.assert_allclose(run.baseline["price_mean_absolute_error"], constant, rtol=1e-6)
    assert run.metrics["price_loss"] < 10 < 1000 < run.history[-1]["val_price_mean_absolute_error"]
    assert run.kept_epoch == int(np.argmin([row["val_price_mean_absolute_error"] for row in run.history])) + 1


def test_evaluate_and_predict(run):
    loaded = load_run(str(run.folder), allow_outside=True)
    part, _ = read_examples(loaded, None, None, need_targets=True)
    values, baseline, *_ = evaluate_and_compare(loaded, part)
    np.testing.assert_allclose([values[name] for name in values], [run.metrics[name] for name in values], rtol=1e-6)
    assert baseline.metrics["price"]["price_mean_absolute_error"] == run.baseline["price_mean_absolute_error"]
    for name, array in predictions_of(load_run(str(run.folder), allow_outside=True), part)[0].items():
        np.testing.assert_allclose(array, run.predictions[name], rtol=1e-6)


def test_an_exported_model_predicts_in_units(run, tmp_path):
    import keras

    exported = export(str(run.folder), "keras", tmp_path / "model", permissions=Permissions(outside=True))
    assert exported.verification is not None
    assert exported.verification.difference <= 1e-6  # of rows far beyond those of training, too
    model = keras.models.load_model(exported.path)
    part, _ = read_examples(load_run(str(run.folder), allow_outside=True), None, None, need_targets=False)
    for name, array in model.predict(dict(zip("ab", part.inputs["x"].T, strict=True)), verbose=0).items():
        np.testing.assert_allclose(array, np.squeeze(run.predictions[name]), rtol=1e-5)


def test_what_cannot_scale_says_so(run, tmp_path):
    with pytest.raises(SpecError) as raised:
        export(str(run.folder.parents[2] / "spec.yaml"), "python", tmp_path / "model.py")
    (problem,) = raised.value.diagnostics
    assert problem.code == "KS620"
    assert "`r2_score`" in problem.message
    exported = export(str(run.folder.parents[2] / "spec.yaml"), "json", tmp_path / "model.json")
    assert "on the scale of training" in exported.note


def test_a_record_without_the_scale_is_damaged(run, tmp_path):
    record = run.folder / "run.json"
    text = record.read_text()
    plain = json.loads(text)
    del plain["data"]["fitted"]["scales"]["price"]
    try:
        record.write_text(json.dumps(plain))
        with pytest.raises(RunFolderError, match="lacks the scale of `price`"):
            load_run(str(run.folder), allow_outside=True)
    finally:
        record.write_text(text)
