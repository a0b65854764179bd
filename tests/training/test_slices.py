"""Slices of an evaluation, and intervals of its metrics, against numpy on every kind of target."""

from __future__ import annotations

import csv
import json

import keras
import numpy as np
import pytest

import kspec
from tests.cli.run_cli import run_cli

SPEC = """\
kspec: 1
name: sliced
data:
  csv: t.csv
  inputs: [a, b]
  targets: {price: {column: p, scale: standard}, kind: k, flags: [f, g]}
  split: {validation: 0, test: 0.6}
inputs: {x: {shape: [2]}}
layers:
  - {Dense: {units: 1}, name: price, from: x}
  - {Dense: {units: 3, activation: softmax}, name: kind, from: x}
  - {Dense: {units: 2, activation: sigmoid}, name: flags, from: x}
outputs: [price, kind, flags]
compile:
  metrics:
    price: [mean_absolute_error, {RootMeanSquaredError: {name: rmse}}, {R2Score: {name: r2}}]
    kind: [accuracy]
    flags: [binary_accuracy, {AUC: {name: auc}}]
evaluate: {intervals: true, slices: [city, "b > 0 and a > 0"]}
fit: {epochs: 1, engine: fused}
"""
ROWS = 90


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sliced")
    rng = np.random.default_rng(0)
    lines = ["a,b,p,k,f,g,city"]
    for row in range(ROWS):
        a, b = rng.normal(size=2)
        f, g = rng.integers(0, 2, 2)
        city = ["Bern", "Rome", ""][row % 3]
        lines.append(f"{a},{b},{100 + 5 * a + rng.normal()},{'pqr'[row % 3]},{f},{g},{city}")
    (folder / "t.csv").write_text("\n".join(lines))
    (folder / "s.yaml").write_text(SPEC)
    return kspec.run(folder / "s.yaml", out=folder / "runs")


@pytest.fixture(scope="module")
def examples(run):
    """What each metric is the mean of, by example; and the values of the expressions."""
    with (run.folder / "predictions.csv").open(newline="") as file:
        rows = [int(line["row"]) for line in csv.DictReader(file)]
    with (run.folder.parents[2] / "t.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    lines = [lines[row - 1] for row in rows]
    price = np.array([float(line["p"]) for line in lines])
    kind = np.array(["pqr".index(line["k"]) for line in lines])
    flags = np.array([[int(line["f"]), int(line["g"])] for line in lines])
    predicted = {name: np.float64(values) for name, values in run.predictions.items()}
    error = price - predicted["price"].ravel()
    return {
        "city": np.array([line["city"] for line in lines]),
        "both": np.array([float(line["b"]) > 0 and float(line["a"]) > 0 for line in lines]),
        "price": price,
        "flags": flags,
        "price_mean_absolute_error": abs(error),
        "squares": error**2,
        "kind_accuracy": predicted["kind"].argmax(axis=1) == kind,
        "kind_loss": -np.log(predicted["kind"][np.arange(len(kind)), kind]),
        "flags_binary_accuracy": ((predicted["flags"] > 0.5) == flags).mean(axis=1),
    }


MEANS = ("price_mean_absolute_error", "kind_accuracy", "kind_loss", "flags_binary_accuracy")


def test_slices_are_the_metrics_of_their_examples(run, examples):
    saved = json.loads((run.folder / "metrics.json").read_text())["slices"]
    assert saved == run.slices
    assert [each["value"] for each in saved["city"]] == [None, "Bern", "Rome"]
    assert [each["value"] for each in saved["b > 0 and a > 0"]] == ["false", "true"]
    for each in saved["city"]:
        own = examples["city"] == (each["value"] or "")
        assert each["examples"] == own.sum()
        for name in MEANS:
            assert each[name] == pytest.approx(examples[name][own].mean(), rel=1e-5), name
        assert each["price_rmse"] == pytest.approx(np.sqrt(examples["squares"][own].mean()), rel=1e-5)
        spread = ((examples["price"][own] - examples["price"][own].mean()) ** 2).sum()
        assert each["price_r2"] == pytest.approx(1 - examples["squares"][own].sum() / spread, rel=1e-4)
        auc = keras.metrics.AUC()
        auc.update_state(examples["flags"][own], run.predictions["flags"][own])
        assert each["flags_auc"] == pytest.approx(float(auc.result()), rel=1e-5)
    for each in saved["b > 0 and a > 0"]:
        own = examples["both"] == (each["value"] == "true")
        assert each["kind_loss"] == pytest.approx(examples["kind_loss"][own].mean(), rel=1e-5)


def test_intervals_are_quantiles_of_resamples(run, examples):
    count = len(examples["price"])
    draws = np.random.default_rng([0, 4]).multinomial(count, np.full(count, 1 / count), size=1000)
    for name in MEANS:
        expected = np.quantile(draws @ examples[name].astype(float) / count, [0.025, 0.975])
        np.testing.assert_allclose(run.intervals[name], expected, rtol=1e-4, err_msg=name)
    roots = np.sqrt(draws @ examples["squares"] / count)
    np.testing.assert_allclose(run.intervals["price_rmse"], np.quantile(roots, [0.025, 0.975]), rtol=1e-4)
    centers = draws @ examples["price"] / count
    spreads = draws @ examples["price"] ** 2 - count * centers**2
    scores = 1 - draws @ examples["squares"] / spreads
    np.testing.assert_allclose(run.intervals["price_r2"], np.quantile(scores, [0.025, 0.975]), rtol=1e-3)
    assert set(run.intervals) == {name for name, value in run.metrics.items() if isinstance(value, float)}


@pytest.mark.slow
def test_evaluate_slices_other_data(run, capsys, monkeypatch):
    monkeypatch.chdir(run.folder.parents[2])
    data = run.folder.parents[2] / "t.csv"
    found = json.loads(run_cli(["evaluate", str(run.folder), "--format", "json", "--split", "test"], capsys))
    assert found["slices"] == run.slices
    assert found["intervals"]["kind_accuracy"] == pytest.approx(run.intervals["kind_accuracy"])
    lines = data.read_text().splitlines()
    other = data.with_name("bern.csv")
    other.write_text("\n".join([lines[0], *(line for line in lines if line.endswith("Bern"))]))
    found = json.loads(run_cli(["evaluate", str(run.folder), "--data", str(other), "--format", "json"], capsys))
    (only,) = found["slices"]["city"]
    assert {**found["metrics"], "value": "Bern", "examples": 30} == pytest.approx(only)


@pytest.mark.slow
def test_many_examples_are_drawn_in_groups(tmp_path, monkeypatch):
    monkeypatch.setattr("kspec.training.intervals.MOST_GROUPS", 100)
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(1)
    values = rng.normal(size=(2000, 2))
    np.savez("t.npz", x=values, y=(values.sum(axis=1) + rng.normal(size=2000) > 0).astype(int))
    (tmp_path / "s.yaml").write_text(
        "kspec: 1\ndata: {npz: t.npz, inputs: x, targets: y, split: {validation: 0, test: 0.5}}\n"
        "inputs: {x: {shape: [2]}}\nlayers: [{Dense: {units: 1, activation: sigmoid}, name: y}]\n"
        "evaluate: {intervals: true}\nfit: {epochs: 3, engine: keras}\n"
    )
    run = kspec.run("s.yaml")
    share = run.metrics["accuracy"]
    deviation = np.sqrt(share * (1 - share) / 1000)
    low, high = run.intervals["accuracy"]
    assert (high - low) / (2 * 1.96 * deviation) == pytest.approx(1, abs=0.2)
    assert low < share < high


@pytest.mark.slow
def test_slices_and_intervals_of_a_network_for_batches_of_one_size(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(2)
    rows = [f"{rng.normal()},{100 + rng.normal()},{'ab'[i % 3 == 0]}" for i in range(30)]
    (tmp_path / "t.csv").write_text("x,y,g\n" + "\n".join(rows))
    (tmp_path / "s.yaml").write_text(
        "kspec: 1\ndata: {csv: t.csv, inputs: {x: [x]}, targets: y, split: {validation: 0, test: 0.5}}\n"
        "inputs: {x: {shape: [1], batch_size: 5}}\nlayers:\n  - {Reshape: {target_shape: [1, 1]}}\n"
        "  - {LSTM: {units: 2, stateful: true}}\n  - {Dense: {units: 1}, name: y}\n"
        "evaluate: {intervals: true, slices: [g]}\nfit: {epochs: 1, batch_size: 5}\n"
    )
    run = kspec.run("s.yaml")
    with (run.folder / "predictions.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    error = np.array([abs(float(line["y"]) - float(line["y_actual"])) for line in lines])
    group = np.array([rows[int(line["row"]) - 1][-1] for line in lines])
    for each in run.slices["g"]:
        own = error[group == each["value"]]
        assert each["examples"] == len(own)
        assert each["mean_absolute_error"] == pytest.approx(own.mean(), rel=1e-5)
        assert each["loss"] == pytest.approx((own**2).mean(), rel=1e-5)
    low, high = run.intervals["mean_absolute_error"]
    assert low < error.mean() < high
