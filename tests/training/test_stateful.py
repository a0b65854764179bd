"""Stateful layers: training, evaluation and prediction start from zero states."""

from __future__ import annotations

import json

import keras
import numpy as np
import pytest

import kspec
from kspec.cli import main
from kspec.training.engine import engine_of

SPEC = """\
kspec: 1
data: {synthetic: {examples: 40}, split: {validation: 0.2, test: 0.2}}
inputs:
  x: {shape: [5, 3], batch_size: 4}
layers:
  - LSTM: {units: 4, stateful: true}
  - Dense: {units: 1}
    name: y
task: regression
fit: {shuffle: false, epochs: 2}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stateful")
    (folder / "spec.yaml").write_text(SPEC)
    return kspec.run(folder / "spec.yaml", out=folder / "runs")


def test_a_loaded_run_evaluates_to_the_same_loss(run, capsys):
    """No file holds the states, so a loaded run has none."""
    assert main(["evaluate", str(run.folder), "--format", "json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["metrics"]["loss"] == pytest.approx(run.metrics["loss"], rel=1e-6)
    x = np.random.default_rng(0).normal(size=(8, 5, 3)).astype("float32")
    model = keras.models.load_model(run.folder / "model.keras")
    whole = run.model.predict(x, batch_size=4, verbose=0)
    assert not np.array_equal(run.model.predict(x, batch_size=4, verbose=0), whole)  # Keras goes on where it was
    assert np.array_equal(_engine(run.model).predict(_batches(x)), model.predict(x, batch_size=4, verbose=0))


def test_stateful_layers_cannot_be_exported_to_python(run, capsys):
    assert main(["export", str(run.folder / "spec.yaml"), "--to", "python", "-o", "-"]) == 1
    assert "reset the states of stateful layers" in capsys.readouterr().err


def test_examples_that_do_not_fill_batches_are_reported(run, tmp_path, capsys):
    assert (
        main(["run", str(run.folder / "spec.yaml"), "--set", "data.synthetic.examples=42", "--out", str(tmp_path)]) == 1
    )
    told = capsys.readouterr()
    assert "error[KS427]: the batch size 4 does not divide the examples" in told.out + told.err
    np.savez(tmp_path / "new.npz", x=np.zeros((6, 5, 3), "float32"))
    assert main(["predict", str(run.folder), "--data", str(tmp_path / "new.npz")]) != 0
    told = capsys.readouterr()
    assert "6 is no multiple of 4: give it 4" in told.out + told.err


def _engine(model):
    return engine_of(model, "auto")


def _batches(x):
    from kspec.data.pipeline import Batches

    return Batches({"x": x}, {}, {}, batch_size=4, shuffle=False, seed=0)
