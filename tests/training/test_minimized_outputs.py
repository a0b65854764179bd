"""`loss: {kl: minimize}`: outputs that are losses themselves train as in a hand-written loop, under every engine."""

from __future__ import annotations

import csv

import keras
import numpy as np
import pytest
import tensorflow as tf

import kspec
from kspec.cli import main

ROWS, BATCH, RATE = 26, 4, 0.05
SCALES = {"y": 1.0, "kl": 0.5, "code": -0.2, "matrix": 2.0, "cube": 0.3}
SPEC = """\
kspec: 1
data:
  csv: table.csv
  inputs: [a, b, c]
  targets: {y: t}
  weights: w
  split: {validation: 0, test: 0}
inputs: {x: {shape: [3]}}
layers:
  - Dense: {units: 4, activation: tanh}
    name: code
  - Dense: {units: 1}
    name: y
  - op: square
    from: code
    name: squared
  - op: sum
    call: {axis: -1}
    name: kl
  - Reshape: {target_shape: [2, 2]}
    from: squared
    name: matrix
  - Reshape: {target_shape: [2, 1, 2]}
    from: squared
    name: cube
outputs: [y, kl, code, matrix, cube]
compile:
  optimizer: {SGD: {learning_rate: 0.05}}
  loss: {y: mse, kl: minimize, code: minimize, matrix: minimize, cube: minimize}
  loss_weights: {y: 1.0, kl: 0.5, code: -0.2, matrix: 2.0, cube: 0.3}
  metrics: {y: []}
fit: {epochs: 2, batch_size: 4, shuffle: false, engine: keras}
"""
ALONE = """\
kspec: 1
data: {csv: table.csv, inputs: [a, b, c]}
inputs: {x: {shape: [3]}}
layers:
  - Dense: {units: 2}
  - op: square
    name: energy
compile: {loss: minimize}
fit: {epochs: 1, engine: keras}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("minimized")
    table = np.random.default_rng(0).normal(size=(ROWS, 5)).round(3)
    table[:, 4] = np.abs(table[:, 4])
    with (folder / "table.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["a", "b", "c", "t", "w"], *table.tolist()])
    (folder / "spec.yaml").write_text(SPEC)
    (folder / "alone.yaml").write_text(ALONE)
    return folder


@pytest.fixture(scope="module")
def table(folder):
    return np.loadtxt(folder / "table.csv", delimiter=",", skiprows=1, dtype="float32")


@pytest.fixture(scope="module")
def by_hand(folder, table):
    """The model after a hand-written training loop, and its loss."""
    model = kspec.build(folder / "spec.yaml")

    def losses(batch):
        outputs = model(batch[:, :3])
        values = {"y": tf.square(outputs["y"][:, 0] - batch[:, 3])}
        for name in set(SCALES) - {"y"}:
            values[name] = tf.reduce_mean(tf.reshape(outputs[name], (len(batch), -1)), axis=1)
        return {name: tf.reduce_mean(batch[:, 4] * value) for name, value in values.items()}

    for _ in range(2):
        for start in range(0, ROWS, BATCH):
            with tf.GradientTape() as tape:
                total = sum(SCALES[name] * value for name, value in losses(table[start : start + BATCH]).items())
            variables = [variable.value for variable in model.trainable_variables]
            for variable, gradient in zip(variables, tape.gradient(total, variables), strict=True):
                variable.assign_sub(RATE * gradient)
    return model, {name: float(value) for name, value in losses(table).items()}


@pytest.fixture(scope="module")
def fused(folder):
    return kspec.run(folder / "spec.yaml", "fit.engine=fused", out=folder / "fused")


@pytest.mark.parametrize(
    "engine",
    [pytest.param("keras", marks=pytest.mark.slow), "fused", pytest.param("fused_xla", marks=pytest.mark.slow)],
)
def test_training_equals_a_hand_written_loop(engine, folder, by_hand, fused):
    is_fused = engine == "fused"
    run = fused if is_fused else kspec.run(folder / "spec.yaml", f"fit.engine={engine}", out=folder / engine)
    model, losses = by_hand
    for ours, theirs in zip(run.model.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)
    total = sum(SCALES[name] * value for name, value in losses.items())
    assert run.metrics["loss"] == pytest.approx(total, rel=1e-4)
    assert {f"{name}_loss" for name in SCALES} <= run.metrics.keys()
    assert not any("mean_absolute" in name for name in run.metrics)


def test_a_saved_run_evaluates_and_loads_in_keras_alone(folder, fused, capsys):
    run = fused
    assert main(["evaluate", str(run.folder), "--data", str(folder / "table.csv")]) == 0
    assert f"loss    {run.metrics['loss']:.4f}".split() == capsys.readouterr().out.splitlines()[1].split()
    assert not keras.models.load_model(run.folder / "model.keras").compiled
    assert (run.folder / "predictions.npz").exists()


def test_an_output_alone_needs_no_target_at_all(folder, table):
    run = kspec.run(folder / "alone.yaml", out=folder / "alone")
    values = run.model.predict(table[:, :3], verbose=0)
    rows = [int(row["row"]) - 1 for row in csv.DictReader((run.folder / "predictions.csv").open())]
    np.testing.assert_allclose(run.predictions["energy"], values[rows], rtol=1e-5)
    assert run.metrics["loss"] == pytest.approx(values[rows].mean(), rel=1e-5)


@pytest.mark.slow
def test_synthetic_data_has_no_target_for_it(folder):
    run = kspec.run(folder / "spec.yaml", ["data={synthetic: {examples: 30}}", "fit.epochs=1"], smoke=True)
    assert np.isfinite(run.metrics["loss"])
