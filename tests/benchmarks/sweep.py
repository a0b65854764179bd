"""A random search by `kspec sweep`, by Optuna around hand-written Keras, and by KerasTuner, in one run.

    python -m tests.benchmarks.sweep [TRIALS] [TRIALS_BY_HAND]

The tutorial's network on the breast cancer table: learning rate, and units of a layer, 50 epochs; the same data in each,
and the same points, but for KerasTuner, which draws its own from the same ranges. Each way is a process of its own. Times
are those of the processors, for a trial, without imports and reading. By default 40 trials, and 4 of the others, which
take as long each. KerasTuner is left out where it is not installed: `pip install keras-tuner tensorboard`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[2] / "specs" / "data" / "breast_cancer.csv"
SPEC = """\
kspec: 1
name: searched
seed: 7
data: {csv: breast_cancer.csv, inputs: mean_*, targets: diagnosis, split: {validation: 0.1, test: 0.2}}
inputs: {visible: {shape: [10]}}
layers:
  - Normalization
  - Dense: {units: 10, activation: relu}
    name: hidden1
  - Dense: {units: 20, activation: relu}
  - Dense: {units: 10, activation: relu}
  - Dense: {units: 1, activation: sigmoid}
    name: malignant
compile: {optimizer: {Adam: {learning_rate: 1e-3}}, metrics: [accuracy, AUC]}
fit: {epochs: 50, batch_size: 10}
sweep:
  search:
    compile.optimizer.Adam.learning_rate: {log: [1e-4, 1e-1]}
    layers.hidden1.units: {choice: [5, 10, 20]}
  goal: {maximize: val_accuracy}
  trials: TRIALS
  sampler: {Random: {seed: 1}}
  then: null
"""


def by_kspec(trials: int) -> float:
    """The seconds of a trial."""
    from kspec.backend.tensorflow import import_tensorflow
    from kspec.language import load_file
    from kspec.sweep.sweep import run_sweep

    import_tensorflow()
    with tempfile.TemporaryDirectory(prefix="kspec-sweep-") as folder:
        (Path(folder) / "breast_cancer.csv").symlink_to(DATA)
        spec = Path(folder) / "searched.yaml"
        spec.write_text(SPEC.replace("TRIALS", str(trials)), encoding="utf-8")
        loaded = load_file(spec)
        started = time.process_time()
        run_sweep(loaded, out=Path(folder) / "runs")
        return (time.process_time() - started) / trials


def by_hand(trials: int) -> float:
    """The seconds of a trial."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    train, validation = _examples()

    def objective(trial: optuna.Trial) -> float:
        rate = trial.suggest_float("rate", 1e-4, 1e-1, log=True)
        model = _model(rate, trial.suggest_categorical("units", [5, 10, 20]), train)
        history = model.fit(*train, validation_data=validation, epochs=50, batch_size=10, verbose=0).history
        return float(history["val_accuracy"][-1])

    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=1))
    started = time.process_time()
    study.optimize(objective, n_trials=trials)
    return (time.process_time() - started) / trials


def by_keras_tuner(trials: int) -> float:
    """The seconds of a trial."""
    import keras_tuner

    train, validation = _examples()

    def build(point: Any) -> Any:
        return _model(point.Float("rate", 1e-4, 1e-1, sampling="log"), point.Choice("units", [5, 10, 20]), train)

    with tempfile.TemporaryDirectory(prefix="keras-tuner-") as folder:
        tuner = keras_tuner.RandomSearch(
            build, "val_accuracy", trials, seed=1, max_consecutive_failed_trials=1, directory=folder
        )
        started = time.process_time()
        tuner.search(*train, validation_data=validation, epochs=50, batch_size=10, verbose=0)
        return (time.process_time() - started) / trials


def _examples() -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """Inputs and targets for training, and for validation."""
    import csv

    import numpy as np

    table = list(csv.DictReader(DATA.open(encoding="utf-8")))
    columns = [name for name in table[0] if name.startswith("mean_")]
    x = np.array([[row[name] for name in columns] for row in table], dtype="float32")
    y = np.array([[row["diagnosis"] == "malignant"] for row in table], dtype="float32")
    order = np.random.default_rng(7).permutation(len(x))
    validation, train = order[114:171], order[171:]
    return (x[train], y[train]), (x[validation], y[validation])


def _model(rate: float, width: int, train: tuple[Any, Any]) -> Any:
    """The network, compiled.

    Args:
        rate: The learning rate.
        width: The units of the first layer.
        train: What the normalization adapts to.
    """
    import keras

    keras.utils.set_random_seed(7)
    normalization = keras.layers.Normalization()
    normalization.adapt(train[0])
    visible = keras.Input((10,))
    hidden = normalization(visible)
    for units in (width, 20, 10):
        hidden = keras.layers.Dense(units, activation="relu")(hidden)
    model = keras.Model(visible, keras.layers.Dense(1, activation="sigmoid")(hidden))
    model.compile(keras.optimizers.Adam(rate), "binary_crossentropy", metrics=["accuracy", "AUC"])
    return model


def main() -> None:
    if len(sys.argv) > 1 and sys.argv[1] in WAYS:
        print(WAYS[sys.argv[1]](int(sys.argv[2])))
        return
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    others = int(sys.argv[2]) if len(sys.argv) > 2 else 4
    own = measure(__spec__.name, "kspec", trials)
    print(f"kspec sweep: {own:.3f} s of CPU a trial")
    for way, name in (("hand", "Optuna around fit"), ("keras_tuner", "KerasTuner")):
        if way == "keras_tuner" and not (find_spec("keras_tuner") and find_spec("tensorboard")):
            print("KerasTuner is not installed: pip install keras-tuner tensorboard")
            continue
        seconds = measure(__spec__.name, way, others)
        print(f"{name}: {seconds:.2f} s; kspec sweep is {seconds / own:.1f} times as fast")


WAYS = {"kspec": by_kspec, "hand": by_hand, "keras_tuner": by_keras_tuner}


def measure(module: str, *arguments: object) -> float:
    """What a benchmark's module prints last, run with arguments in a process of its own."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    output = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    return float(output.split()[-1])


if __name__ == "__main__":
    main()
