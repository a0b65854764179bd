"""Targets that are lists of unequal length: numbers equal those of NumPy over real positions alone."""

import csv

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import kspec
from kspec.runs.run_evaluation import evaluate_run
from kspec.runs.run_loader import load_run, predict_run, read_examples
from tests.support.pictures import no_pictures  # noqa: F401
from tests.support.project import make_project

SPEC = """\
kspec: 1
name: tagging
seed: 3
data:
  parquet: lists.parquet
  inputs: {words: {column: words}}
  targets: {tag: {column: tags}, score: {column: scores}, flag: {column: flags}}
  weights: {score: weights}
inputs: {words: {shape: [6], dtype: int32}}
layers:
  - {Embedding: {input_dim: 10, output_dim: 4, mask_zero: true}, name: embedding}
  - {STATES, name: states}
  - {Dense: {units: {classes_of: tag}, activation: softmax}, name: tag}
  - {Dense: {units: 1}, name: score, from: states}
  - {Dense: {units: 1, activation: sigmoid}, name: flag, from: states}
outputs: [tag, score, flag]
compile:
  loss: {tag: sparse_categorical_crossentropy, score: mse, flag: binary_crossentropy}
  metrics: {tag: [accuracy], score: [mae], flag: [accuracy, AUC]}
fit: {epochs: 2, batch_size: 8, class_weight: {tag: {b: 2}}, engine: ENGINE}
"""
STATES = {"dense": "Dense: {units: 4, activation: tanh}", "lstm": "LSTM: {units: 4, return_sequences: true}"}


def _write(path):
    rng = np.random.default_rng(0)
    words = [rng.integers(1, 10, rng.integers(1, 9)).tolist() for _ in range(60)]
    columns = {
        "words": words,
        "tags": [["abc"[word % 3] for word in row] for row in words],
        "scores": [[word / 2 for word in row] for row in words],
        "flags": [[word % 2 for word in row] for row in words],
        "weights": [[1.0 + word % 4 for word in row] for row in words],
    }
    pq.write_table(pa.table(columns), path)
    return columns


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Runs the spec; and the folder of its table."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        folder = tmp_path_factory.mktemp("lists")
        write = make_project(folder, monkeypatch)

        def run(engine, states="dense"):
            text = SPEC.replace("ENGINE", engine).replace("STATES", STATES[states])
            return kspec.run(write(text.replace("tagging", f"{states}-{engine}"), f"{states}-{engine}.yaml"))

        yield run, folder


@pytest.fixture(scope="module")
def runs(project):
    """A finished run of the engine keras, the table, and its folder."""
    run, folder = project
    columns = _write(folder / "lists.parquet")
    return run("keras"), columns, folder


def _real(columns, rows, name, length=6):
    return [columns[name][row - 1][:length] for row in rows]


def test_losses_and_metrics_equal_numpy_over_real_positions(runs):
    run, columns, _ = runs
    with open(run.folder / "predictions.csv", newline="") as file:
        lines = list(csv.DictReader(file))
    rows = [int(line["row"]) for line in lines]
    arrays = np.load(run.folder / "predictions.npz")
    real = np.array([[step < len(row) for step in range(6)] for row in _real(columns, rows, "words")])
    tags = np.concatenate([["abc".index(tag) for tag in row] for row in _real(columns, rows, "tags")])
    chances = arrays["tag_probability"][real]
    loss = -np.log(chances[np.arange(len(tags)), tags])
    assert run.metrics["tag_loss"] == pytest.approx(loss.mean(), rel=1e-5)
    assert run.metrics["tag_accuracy"] == pytest.approx((chances.argmax(1) == tags).mean(), rel=1e-6)
    scores = np.concatenate(_real(columns, rows, "scores"))
    weights = np.concatenate(_real(columns, rows, "weights"))
    error = arrays["score"][real][:, 0] - scores
    assert run.metrics["score_loss"] == pytest.approx((error**2 * weights).sum() / len(scores), rel=1e-5)
    assert run.metrics["score_mean_absolute_error"] == pytest.approx(np.abs(error).mean(), rel=1e-5)
    flags = np.concatenate(_real(columns, rows, "flags"))
    positive = arrays["flag_probability"][real][:, 0]
    crossentropy = -np.log(np.where(flags == 1, positive, 1 - positive)).mean()
    assert run.metrics["flag_loss"] == pytest.approx(crossentropy, rel=1e-5)
    assert run.metrics["flag_accuracy"] == pytest.approx(((positive > 0.5) == flags).mean(), rel=1e-6)
    commonest = "abc".index(run.baseline["answers"]["tag"].split("`")[1])
    assert run.baseline["tag_accuracy"] == pytest.approx((tags == commonest).mean(), rel=1e-6)
    assert np.isnan(arrays["score"][~real]).all()
    assert (arrays["tag"][~real] == "").all()


@pytest.mark.parametrize(
    ("engine", "states"),
    [
        ("fused", "dense"),
        *(pytest.param(*each, marks=pytest.mark.slow) for each in [("fused", "lstm"), ("fused_xla", "dense")]),
    ],
)
def test_engines_agree(project, runs, engine, states):
    plain = runs[0] if states == "dense" else project[0]("keras", states)
    other = project[0](engine, states)
    assert other.metrics == pytest.approx(plain.metrics, rel=1e-5)
    assert len(other.history) == 2
    for row, known in zip(other.history, plain.history, strict=True):
        assert row == pytest.approx(known, rel=1e-5)


def test_predictions_have_their_real_length(runs):
    trained, columns, folder = runs
    with open(trained.folder / "predictions.csv", newline="") as file:
        for line in csv.DictReader(file):
            tags = columns["tags"][int(line["row"]) - 1][:6]
            assert line["tag_actual"] == " ".join(tags)
            assert len(line["tag"].split()) == len(line["score"].split()) == len(tags)
    pq.write_table(pa.table({"words": [[1, 2], [3], [4, 5, 6]]}), folder / "new.parquet")
    run = load_run(str(trained.folder))
    examples, _ = read_examples(run, str(folder / "new.parquet"), None, need_targets=False)
    (table, _), count = predict_run(run, examples, folder / "new.csv")
    with table.open(newline="") as file:
        assert [len(line["tag"].split()) for line in csv.DictReader(file)] == [2, 1, 3]
    assert count == 3


def test_a_saved_run_evaluates_to_the_same_numbers(runs):
    trained, *_ = runs
    run = load_run(str(trained.folder))
    examples, _ = read_examples(run, None, "test", need_targets=True)
    values = evaluate_run(run, examples)
    assert values == pytest.approx({name: trained.metrics[name] for name in values}, rel=1e-6)
