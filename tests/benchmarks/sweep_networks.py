"""A random search over the CNN and the LSTM of specs/, by `kspec sweep` and by Optuna around hand-written Keras.

    python -m tests.benchmarks.sweep_networks [TRIALS] [TRIALS_BY_HAND]

The learning rate and the units of a layer are searched; data, epochs and batches are those of the specs. Each way is a
process of its own. Times are those of the processors, for a trial, without imports; each way reads the data once. By
default 32 trials, and 2 by hand, which take as long each. Beside it stands the gain of one run: a trial that shares
nothing, with the engine that `kspec run` chooses, against one by hand, at the same point, after a first epoch of each, in
one process.
"""

from __future__ import annotations

import functools
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.benchmarks.sweep import measure

SPECS = Path(__file__).parents[2] / "specs"
OPTIMIZER = "compile.optimizer={Adam: {learning_rate: 1e-3}}"
SWEEP = """sweep={
  search: {compile.optimizer.Adam.learning_rate: {log: [1e-4, 1e-2]}, layers.hidden.units: {choice: [5, 10, 20]}},
  goal: {minimize: val_loss}, sampler: {Random: {seed: 1}}, then: null, trials: TRIALS}"""
EPOCHS = {"cnn": 6, "rnn": 25}


def by_kspec(name: str, trials: int) -> float:
    """The seconds of a trial."""
    from kspec.backend.tensorflow import import_tensorflow
    from kspec.language import load_file
    from kspec.sweep.sweep import run_sweep

    import_tensorflow()
    text = " ".join(SWEEP.replace("TRIALS", str(trials)).split())
    spec = load_file(SPECS / f"{name}.yaml", [OPTIMIZER, text])
    with tempfile.TemporaryDirectory(prefix="kspec-sweep-") as folder:
        started = time.process_time()
        run_sweep(spec, out=folder)
        return (time.process_time() - started) / trials


def one_run(name: str, _: int) -> float:
    """How many times as fast as hand-written Keras one run is."""
    from kspec.backend.tensorflow import import_tensorflow
    from kspec.data.shared_table import SharedTable
    from kspec.language import load_file
    from kspec.runs.part import Part
    from kspec.runs.run_folder import RunFolder
    from kspec.runs.trial import Trial

    import_tensorflow()
    from kspec.training.shared_model import SharedModel

    with tempfile.TemporaryDirectory(prefix="kspec-run-") as folder:

        def run(epochs: int) -> None:
            spec = load_file(SPECS / f"{name}.yaml", [OPTIMIZER, f"fit.epochs={epochs}"])
            own = RunFolder.create(folder, name)
            Trial(spec, own, Part(SharedTable(), SharedModel()), keeps_model=False).run_until(lambda _: False)

        def hand(epochs: int) -> None:
            _train(name, _examples(name), 1e-3, 10, epochs)

        run(1)
        hand(1)
        own, other = (_seconds(functools.partial(way, EPOCHS[name])) for way in (run, hand))
    return other / own


def _seconds(function: Callable[[], object]) -> float:
    """The time of the processors that a call takes."""
    started = time.process_time()
    function()
    return time.process_time() - started


def by_hand(name: str, trials: int) -> float:
    """The seconds of a trial."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    started = time.process_time()
    examples = _examples(name)

    def objective(trial: optuna.Trial) -> float:
        rate = trial.suggest_float("rate", 1e-4, 1e-2, log=True)
        return _train(name, examples, rate, trial.suggest_categorical("units", [5, 10, 20]), EPOCHS[name])

    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    study.optimize(objective, n_trials=trials)
    return (time.process_time() - started) / trials


def _train(name: str, examples: Any, rate: float, units: int, epochs: int) -> float:
    """The loss on the validation split after training.

    Args:
        name: The network.
        examples: Inputs and targets for training, and for validation.
        rate: The learning rate.
        units: Those of the hidden layer.
        epochs: How long it trains.
    """
    import keras

    train, validation = examples
    keras.utils.set_random_seed(7)
    inputs = keras.Input(train[0].shape[1:])
    hidden = keras.layers.Dense(units, activation="relu")(_body(name, inputs))
    model = keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(hidden))
    model.compile(keras.optimizers.Adam(rate), "binary_crossentropy", metrics=["accuracy"])
    fit = model.fit(*train, validation_data=validation, epochs=epochs, batch_size=16, verbose=0)
    return float(fit.history["val_loss"][-1])


def _examples(name: str) -> Any:
    return _digits() if name == "cnn" else _weeks()


def _body(name: str, inputs: Any) -> Any:
    """What the network is below its hidden layer."""
    from keras import layers

    if name == "rnn":
        return layers.LSTM(10)(inputs)
    hidden = layers.Rescaling(1 / 255)(inputs)
    for filters in (32, 16):
        hidden = layers.MaxPooling2D()(layers.Conv2D(filters, 4, activation="relu")(hidden))
    return layers.Flatten()(hidden)


def _digits() -> Any:
    """The pictures: inputs and targets for training, and for validation."""
    import keras
    import numpy as np

    folder = SPECS / "data" / "digits"
    files = [(file, label) for label, kind in enumerate(sorted(folder.iterdir())) for file in sorted(kind.iterdir())]
    size = {"color_mode": "grayscale", "target_size": (64, 64)}
    x = np.stack([keras.utils.img_to_array(keras.utils.load_img(file, **size)) for file, _ in files])
    y = np.array([[label] for _, label in files], "float32")
    order = np.random.default_rng(7).permutation(len(x))
    test, validation = len(x) // 5, len(x) // 10
    parts = order[test + validation :], order[test : test + validation]
    return [(x[part], y[part]) for part in parts]


def _weeks() -> Any:
    """The windows: inputs and targets for training, and for validation."""
    import csv

    import numpy as np

    with (SPECS / "data" / "co2_windows.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    steps = [name for name in rows[0] if name.startswith("step_")]
    classes = sorted({row["next_quarter"] for row in rows})
    parts = []
    for part in ("train", "validation"):
        own = [row for row in rows if row["part"] == part]
        x = np.array([[[row[name]] for name in steps] for row in own], "float32")
        parts.append((x, np.array([[classes.index(row["next_quarter"])] for row in own], "float32")))
    return parts


def main() -> None:
    if len(sys.argv) > 1 and sys.argv[1] in WAYS:
        print(WAYS[sys.argv[1]](sys.argv[2], int(sys.argv[3])))
        return
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else 32
    others = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    for name in EPOCHS:
        own, hand = (measure(__spec__.name, way, name, count) for way, count in (("kspec", trials), ("hand", others)))
        gain = measure(__spec__.name, "one", name, 1)
        print(f"{name}: kspec sweep {own:.2f} s, Optuna around fit {hand:.2f} s of CPU a trial; {hand / own:.1f} times")
        print(f"{name}: one run is {gain:.1f} times as fast as by hand")


WAYS = {"kspec": by_kspec, "hand": by_hand, "one": one_run}

if __name__ == "__main__":
    main()
