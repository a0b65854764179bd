"""What training logs: a name for each value, and means over examples, in the history, the evaluation and monitors."""

import json
import re

import numpy as np
import pytest

import kspec
from kspec.export.export import export
from tests.support.metric_values import value
from tests.support.scripts import printed_by

ROWS = 45
SPEC = """\
kspec: 1
data: {csv: table.csv, inputs: [a, b], targets: {tumour: tumour, size: [width, height]}, weights: weight,
       split: {validation: 0.4, test: 0.2}}
inputs: {x: {shape: [2]}}
layers:
  - Dense: {units: 3, activation: softmax}
    name: tumour
  - Dense: {units: 2}
    from: x
    name: size
outputs: [tumour, size]
compile:
  optimizer: {SGD: {learning_rate: 0}}
  loss: {tumour: categorical_crossentropy, size: mse}
  metrics: {tumour: [F1Score, {Precision: {thresholds: [0.2, 0.4]}}], size: [{R2Score: {class_aggregation: null}}]}
  weighted_metrics: {tumour: [F1Score], size: [mae]}
fit:
  epochs: 2
  batch_size: 8
  shuffle: false
  callbacks: [{EarlyStopping: {monitor: val_tumour_f1_score_benign, mode: max, patience: 9}}]
"""
LABELS = ["benign", "malign", "unclear"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(1)
    rows = ["a,b,tumour,width,height,weight"]
    for index in range(ROWS):
        numbers = rng.normal(size=4).round(3)
        rows.append(f"{numbers[0]},{numbers[1]},{LABELS[index % 3]},{numbers[2]},{numbers[3]},{1 + index % 2}.5")
    (tmp_path / "table.csv").write_text("\n".join(rows) + "\n")
    return tmp_path


def expected(model, x, tumour, size, weights):
    """NumPy's values of the metrics and losses, over all examples."""
    predicted = model.predict(x, verbose=0)
    one_hot = np.eye(3)[tumour]
    scores = value("F1Score", one_hot, predicted["tumour"])
    weighted = value("F1Score", one_hot, predicted["tumour"], weights)
    crossentropy = -np.log((predicted["tumour"] * one_hot).sum(axis=1))
    squares = ((predicted["size"] - size) ** 2).mean(axis=1)
    found = {f"tumour_f1_score_{label}": score for label, score in zip(LABELS, scores, strict=True)}
    found |= {f"tumour_weighted_f1_score_{label}": score for label, score in zip(LABELS, weighted, strict=True)}
    precision = value("Precision", one_hot, predicted["tumour"], thresholds=[0.2, 0.4])
    found |= {"tumour_precision_0.2": precision[0], "tumour_precision_0.4": precision[1]}
    r2 = value("R2Score", size, predicted["size"], class_aggregation=None)
    found |= {"size_r2_score_width": r2[0], "size_r2_score_height": r2[1]}
    found["size_mean_absolute_error"] = value("MeanAbsoluteError", size, predicted["size"], weights)
    found |= {"tumour_loss": (weights * crossentropy).mean(), "size_loss": (weights * squares).mean()}
    found["loss"] = found["tumour_loss"] + found["size_loss"]
    return found


@pytest.mark.parametrize(
    "engine",
    [pytest.param("keras", marks=pytest.mark.slow), "fused", pytest.param("fused_xla", marks=pytest.mark.slow)],
)
def test_a_run_logs_numpys_values(folder, engine):
    (folder / "spec.yaml").write_text(SPEC + f"  engine: {engine}\n")
    run = kspec.run(kspec.load("spec.yaml"))
    table = np.genfromtxt("table.csv", delimiter=",", skip_header=1, usecols=(0, 1, 3, 4, 5)).astype("float32")
    tumour = np.arange(ROWS) % 3
    order = np.random.default_rng([0, 0]).permutation(ROWS)
    parts = {"test": np.sort(order[:9]), "validation": np.sort(order[9:27])}
    wanted = {}
    for part, rows in parts.items():
        wanted[part] = expected(run.model, table[rows, :2], tumour[rows], table[rows, 2:4], table[rows, 4])
    logged = {name: run.history[-1][f"val_{name}"] for name in wanted["validation"]}
    assert logged == pytest.approx(wanted["validation"], rel=1e-4)
    evaluated = {name: run.metrics[name] for name in wanted["test"]}
    assert evaluated == pytest.approx(wanted["test"], rel=1e-4)
    assert set(run.history[-1]) == {"epoch", *wanted["test"], *(f"val_{name}" for name in wanted["test"])}
    stored = json.loads((run.folder / "metrics.json").read_text())
    assert stored["evaluate"]["tumour_f1_score_malign"] == run.metrics["tumour_f1_score_malign"]
    if engine == "keras":
        from kspec.runs.run_evaluation import evaluate_run
        from kspec.runs.run_loader import load_run, read_examples

        loaded = load_run(run.folder)
        again = evaluate_run(loaded, read_examples(loaded, None, "test", need_targets=True)[0])
        assert {name: again[name] for name in wanted["test"]} == pytest.approx(evaluated, rel=1e-6)


@pytest.mark.slow
def test_exported_python_prints_the_same_values(folder):
    (folder / "spec.yaml").write_text(SPEC)
    run = kspec.run(kspec.load("spec.yaml"))
    export("spec.yaml", "python", folder / "spec.py")
    printed = printed_by("spec.py")
    shown = dict(re.findall(r"^test (.+): (-?[\d.]+)$", printed, re.MULTILINE))
    wanted = {name: number for name, number in run.metrics.items() if name not in ("split", "examples")}
    assert {name: float(number) for name, number in shown.items()} == pytest.approx(wanted, abs=1e-4)
