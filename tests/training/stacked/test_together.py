"""Networks that train together yield what each yields alone."""

import csv

import numpy as np
import pytest

from kspec.data.shared_table import SharedTable
from kspec.language import load_file
from kspec.runs.part import Part
from kspec.runs.run_folder import RunFolder
from kspec.runs.trial import Trial, train_together
from kspec.training.shared_model import SharedModel
from kspec.training.stacked import together

SPEC = """\
kspec: 1
name: stacked
seed: 3
data: {{csv: table.csv, inputs: [a, b, c], targets: {targets}, split: {{validation: 0.3}}{data}}}
inputs: {{x: {{shape: [3]}}}}
layers:
  - Normalization
  - Dense: {{units: 6, activation: relu{dense}}}
{layers}  - Dense: {{units: {units}, activation: {activation}}}
    name: {target}
compile: {{optimizer: {{{optimizer}}}, loss: {loss}, metrics: [{metrics}]}}
fit: {{epochs: 4, batch_size: 8{fit}}}
sweep: null
"""
DEFAULTS = {
    "target": "kind",
    "targets": "kind",
    "data": "",
    "dense": "",
    "layers": "",
    "units": 1,
    "activation": "sigmoid",
    "optimizer": "Adam: {learning_rate: 0.01}",
    "loss": "null",
    "metrics": "accuracy, AUC",
    "fit": "",
}
MULTICLASS = {"target": "color", "targets": "color", "units": 3, "activation": "softmax"}
REGRESSION = {
    "target": "size",
    "targets": "{size: {column: size, scale: standard}}",
    "activation": "linear",
    "metrics": "MeanAbsoluteError, R2Score",
}
CASES = {
    "binary": {},
    "momentum": {"optimizer": "SGD: {learning_rate: 0.05, momentum: 0.9, nesterov: true}"},
    "clipped": {"optimizer": "AdamW: {learning_rate: 0.01, weight_decay: 0.1, clipnorm: 0.1}"},
    "rmsprop, sparse classes": {"optimizer": "RMSprop: {learning_rate: 0.01}", **MULTICLASS, "metrics": "accuracy"},
    "one-hot classes": {**MULTICLASS, "loss": "CategoricalCrossentropy", "metrics": "accuracy, F1Score"},
    "regression on a scaled target": REGRESSION,
    "class weights": {"fit": ", class_weight: balanced"},
    "sample weights": {"data": ", weights: heft", "metrics": "accuracy"},
    "regularized, with statistics of the batch": {
        "dense": ", kernel_regularizer: {L2: {l2: 0.01}}",
        "layers": "  - BatchNormalization\n",
    },
    "dropout": {"layers": "  - Dropout: {rate: 0.3}\n"},
    "a schedule": {
        "optimizer": "Adam: {learning_rate: {ExponentialDecay: "
        "{initial_learning_rate: 0.05, decay_steps: 9, decay_rate: 0.5}}}"
    },
    "the best weights": {
        "fit": ", keep: best, callbacks: [{EarlyStopping: {monitor: val_loss, patience: 1, min_delta: 0.01}}]"
    },
    "the weights that EarlyStopping restores": {
        "fit": ", callbacks: [{EarlyStopping: {monitor: val_accuracy, patience: 1, restore_best_weights: true}}]"
    },
}
RATES = (0.003, 0.05, 0.3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a table of 45 rows, whose last batch of training is smaller."""
    path = tmp_path_factory.mktemp("stacked")
    rng = np.random.default_rng(0)
    with (path / "table.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["a", "b", "c", "kind", "color", "size", "heft"])
        for a, b, c in rng.normal(size=(45, 3)).round(3):
            kind, color = ("no", "yes")[int(a + b * c > 0)], ("red", "green", "blue")[int(a > 0) + int(b > 0)]
            rows.writerow([a, b, c, kind, color, round(100 + 20 * a - b, 2), round(float(rng.uniform(0.5, 2)), 2)])
    return path


def trials_of(path, name, changes, points):
    spec = path / "spec.yaml"
    spec.write_text(SPEC.format(**{**DEFAULTS, **changes}))
    part = Part(SharedTable(), SharedModel())
    runs = RunFolder.create(path / name, "trials")
    return [
        Trial(load_file(spec, point), runs.part(str(number)), part, keeps_model=True)
        for number, point in enumerate(points)
    ]


def results_of(trials, is_hopeless=lambda _: False):
    found = []
    for trial in trials:
        run = trial.run_until(is_hopeless)
        model = trial.part.model.built.model
        state = [*model.get_weights(), *(variable.numpy() for variable in model.optimizer.variables)]
        found.append((run, [np.array(values) for values in state]))
    return found


def assert_equal(together, alone):
    for (one, state), (other, own) in zip(together, alone, strict=True):
        assert [list(row) for row in one.history] == [list(row) for row in other.history]
        for row, expected in zip(one.history, other.history, strict=True):
            assert row == pytest.approx(expected, rel=1e-6, abs=1e-6)
        assert one.validation == pytest.approx(other.validation, rel=1e-6, abs=1e-6)
        assert one.kept_epoch == other.kept_epoch
        for values, expected in zip(state, own, strict=True):
            np.testing.assert_allclose(values, expected, rtol=1e-5, atol=1e-6)


@pytest.fixture
def small(monkeypatch):
    """Stacks also trainings that are too short to pay."""
    monkeypatch.setattr(together, "MIN_STEPS", 1)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
@pytest.mark.usefixtures("small")
def test_each_yields_what_it_yields_alone(folder, case):
    changes = CASES[case]
    head = next(iter(changes.get("optimizer", DEFAULTS["optimizer"]).split(":")))
    points = [[f"compile.optimizer.{head}.learning_rate={rate}"] for rate in RATES]
    if case == "a schedule":
        points = [[f"seed={seed}", "data.seed=3"] for seed in (3, 4, 5)]
    alone = results_of(trials_of(folder, f"alone {case}", changes, points))
    trials = trials_of(folder, f"together {case}", changes, points)
    train_together(trials, [lambda _: False] * len(trials))
    assert all(trial.record is not None for trial in trials)
    assert_equal(results_of(trials), alone)


@pytest.mark.slow
@pytest.mark.usefixtures("small")
def test_each_has_hyperparameters_of_its_own(folder):
    dropout, noise = "  - {Dropout: {rate: 0.3}, name: drop}\n", "  - {GaussianNoise: {stddev: 0.1}, name: noise}\n"
    dense = ", kernel_regularizer: {L2: {l2: 0.01}}, bias_regularizer: {L1L2: {l1: 0.01}}}\n    name: first\n  - Dense: {units: 6"
    changes = {"layers": dropout + noise, "dense": dense, "fit": ", class_weight: balanced"}
    points = [
        [f"layers.drop.rate={rate}", f"layers.noise.stddev={rate}", f"layers.first.kernel_regularizer.L2.l2={rate}"]
        for rate in (0.1, 0.45, 0.8)
    ]
    alone = results_of(trials_of(folder, "own numbers, alone", changes, points))
    trials = trials_of(folder, "own numbers", changes, points)
    train_together(trials, [lambda _: False] * len(trials))
    assert all(trial.record is not None for trial in trials)
    assert_equal(results_of(trials), alone)
    assert len({run.history[-1]["loss"] for run, _ in alone}) == len(points)


@pytest.mark.usefixtures("small")
def test_what_fails_in_a_stack_trains_alone_and_says_so(folder, monkeypatch):
    def fail(*_):
        raise RuntimeError("no rule for this operation")

    monkeypatch.setattr(together, "StackProgram", fail)
    trials = trials_of(folder, "failing", {}, [[f"compile.optimizer.Adam.learning_rate={rate}"] for rate in RATES])
    with pytest.warns(RuntimeWarning, match="train alone: RuntimeError: no rule"):
        train_together(trials, [lambda _: False] * len(trials))
    assert [trial.record for trial in trials] == [None] * len(trials)
    assert trials[0].engine_notes == ["trained alone: RuntimeError: no rule for this operation"]


@pytest.mark.slow
@pytest.mark.usefixtures("small")
def test_one_that_ends_leaves_the_others_as_they_are(folder):
    points = [[f"compile.optimizer.Adam.learning_rate={rate}"] for rate in RATES]
    alone = results_of(trials_of(folder, "all epochs", {}, points))
    trials = trials_of(folder, "pruned", {}, points)
    ends = [lambda history, last=last: history[-1]["epoch"] >= last for last in (9, 2, 3)]
    train_together(trials, ends)
    assert [len(trial.record.epochs) for trial in trials] == [4, 2, 3]
    found = [results_of([trial], end)[0][0] for trial, end in zip(trials, ends, strict=True)]
    for run, (other, _) in zip(found, alone, strict=True):
        assert len(run.history) in (2, 3, 4)
        for row, expected in zip(run.history, other.history, strict=False):
            assert row == pytest.approx(expected, rel=1e-6, abs=1e-6)


@pytest.mark.slow
@pytest.mark.usefixtures("small")
def test_those_with_other_examples_train_alone(folder):
    points = [["seed=3"], ["seed=4"]]
    alone = results_of(trials_of(folder, "own splits, alone", {}, points))
    trials = trials_of(folder, "own splits", {}, points)
    train_together(trials, [lambda _: False] * 2)
    assert [trial.record for trial in trials] == [None, None]
    found = results_of(trials)
    assert [run.history for run, _ in found] == [run.history for run, _ in alone]  # to the bit


def test_what_is_short_is_not_worth_a_program(folder):
    trials = trials_of(folder, "short", {}, [["seed=3", "data.seed=3"], ["seed=4", "data.seed=3"]])
    train_together(trials, [lambda _: False] * 2)
    assert [trial.record for trial in trials] == [None, None]
