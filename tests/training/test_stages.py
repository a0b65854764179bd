"""Training in stages equals training in plain Keras, and the run folder records the stages."""

import csv
import json

import numpy as np
import pytest

import kspec
from kspec.training.engine.keras_engine import KerasEngine

SPEC = """\
kspec: 1
name: tune
seed: 3
data: {csv: table.csv, inputs: [a, b], targets: kind}
inputs: {x: {shape: [2]}}
blocks:
  pair:
    layers:
      - Dense: {units: 4}
        name: dense
      - BatchNormalization:
        name: norm
      - Dropout: {rate: 0.2}
layers:
  - block: pair
    name: base
    repeat: 2
    trainable: false
  - Dense: {units: 1, activation: sigmoid}
    name: kind
fit:
  epochs: 2
  batch_size: 8
  callbacks: [{CSVLogger: {filename: log.csv}}]
  stages:
    - name: head
    - epochs: 3
      optimizer: {Adam: {learning_rate: 1e-2}}
      trainable: {base: true, base/norm: false, "base_0/d*": false}
"""


def by_hand(folder):
    """The same training in plain Keras, with the documented use of the seed."""
    import keras

    with (folder / "table.csv").open() as file:
        table = list(csv.DictReader(file))
    x = np.array([[row["a"], row["b"]] for row in table], dtype="float32")
    y = np.array([[row["kind"] == "yes"] for row in table], dtype="float32")
    order = np.random.default_rng([3, 0]).permutation(80)
    train = np.sort(order[32:])
    keras.utils.set_random_seed(3)
    inputs = h = keras.Input((2,))
    base = []
    for _ in range(2):
        for layer in (keras.layers.Dense(4), keras.layers.BatchNormalization(), keras.layers.Dropout(0.2)):
            layer.trainable = False
            base.append(layer)
            h = layer(h)
    model = keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(h))

    def fit(first, last):
        for epoch in range(first, last):
            order = np.random.default_rng([3, 1, epoch]).permutation(48)
            model.fit(x[train][order], y[train][order], batch_size=8, shuffle=False, verbose=0)

    model.compile("adam", "binary_crossentropy", metrics=["accuracy"], jit_compile=False)
    fit(0, 2)
    base[3].trainable = True  # the second copy's Dense; Dropout has nothing to train
    model.compile(keras.optimizers.Adam(1e-2), "binary_crossentropy", metrics=["accuracy"], jit_compile=False)
    fit(2, 5)
    return model


@pytest.fixture
def spec(project):
    return project(SPEC)


METRICS = "compile.metrics=[Precision, accuracy]"


@pytest.mark.slow
def test_bit_identical_with_plain_keras(spec, tmp_path):
    run = kspec.run(spec, overrides=["fit.engine=keras", METRICS])
    for ours, theirs in zip(run.model.get_weights(), by_hand(tmp_path).get_weights(), strict=True):
        assert np.array_equal(ours, theirs)
    assert list(run.metrics) == ["split", "examples", "loss", "accuracy", "precision"]


def test_the_fused_engine_trains_the_same(spec, tmp_path):
    run = kspec.run(spec, overrides=["fit.engine=fused", METRICS])
    assert list(run.metrics) == ["split", "examples", "loss", "accuracy", "precision"]
    for ours, theirs in zip(run.model.get_weights(), by_hand(tmp_path).get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)
    assert [(row["epoch"], row["stage"]) for row in run.history] == [(1, 1), (2, 1), (3, 2), (4, 2), (5, 2)]
    record = json.loads((run.folder / "run.json").read_text())
    assert [(s["name"], s["epochs"], s["trained_parameters"]) for s in record["stages"]] == [
        ("head", 2, 5),
        ("stage 2", 3, 25),
    ]
    assert record["stages"][1]["optimizer"] == {"Adam": {"learning_rate": 0.01}}
    with (run.folder / "log.csv").open() as file:
        assert [row["epoch"] for row in csv.DictReader(file)] == ["0", "1", "2", "3", "4"]
    assert "trainable parameters: 5 in head, 25 in stage 2" in (run.folder / "summary.txt").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["fused", "[fused, {fused_xla: 9}, {fused: 20}, {fused_xla: 26}]"])
def test_the_resolved_spec_gives_the_same_run(spec, engine):
    run = kspec.run(spec, overrides=[f"fit.engine={engine}", "fit.steps_per_epoch=7"])
    again = kspec.run(run.folder / "resolved.yaml")
    for ours, theirs in zip(run.model.get_weights(), again.model.get_weights(), strict=True):
        assert np.array_equal(ours, theirs)
    assert (run.folder / "resolved.yaml").read_text() == (again.folder / "resolved.yaml").read_text()


@pytest.mark.slow
def test_stages_continue_an_unfinished_pass(spec):
    """With either engine, a stage continues the order of the examples where the stage before stopped."""
    runs = [
        kspec.run(spec, overrides=[f"fit.engine={engine}", "fit.steps_per_epoch=7"]) for engine in ("keras", "fused")
    ]
    for ours, theirs in zip(runs[0].model.get_weights(), runs[1].model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


SUB_MODELS = """\
kspec: 1
seed: 5
data: {csv: table.csv, inputs: [a, b], targets: kind}
inputs: {x: {shape: [2]}}
models:
  inner:
    inputs: {v: {shape: [4]}}
    layers:
      - Dense: {units: 4}
      - BatchNormalization
  base:
    inputs: {p: {shape: [2]}}
    trainable: false
    layers:
      - Dense: {units: 4}
        name: first
      - BatchNormalization
      - model: inner
layers:
  - model: base
  - Dense: {units: 1, activation: sigmoid}
    name: kind
fit:
  epochs: 2
  batch_size: 8
  shuffle: false
  engine: keras
  stages:
    - {}
    - trainable: {base: true, "*/batch*": false}
    - trainable: {base: false}
    - trainable: {inner: true}
"""


@pytest.mark.slow
def test_sub_models_thaw_as_in_plain_keras(project, tmp_path):
    import keras

    run = kspec.run(project(SUB_MODELS))
    table = list(csv.DictReader((tmp_path / "table.csv").open()))
    x = np.array([[row["a"], row["b"]] for row in table], dtype="float32")
    y = np.array([[row["kind"] == "yes"] for row in table], dtype="float32")
    train = np.sort(np.random.default_rng([5, 0]).permutation(80)[32:])
    keras.utils.set_random_seed(5)
    layers = keras.layers
    v = keras.Input((4,))
    inner = keras.Model(v, layers.BatchNormalization()(layers.Dense(4)(v)))
    p = keras.Input((2,))
    base = keras.Model(p, inner(layers.BatchNormalization()(layers.Dense(4)(p))))
    base.trainable = False
    i = keras.Input((2,))
    model = keras.Model(i, layers.Dense(1, activation="sigmoid")(base(i)))

    def fit():
        model.compile("adam", "binary_crossentropy", jit_compile=False)
        model.fit(x[train], y[train], batch_size=8, epochs=2, shuffle=False, verbose=0)

    fit()
    base.trainable = True
    for layer in (*base.layers, *inner.layers):
        layer.trainable = layer.trainable and not isinstance(layer, layers.BatchNormalization)
    fit()
    base.trainable = False
    fit()
    inner.trainable = True
    fit()
    for ours, theirs in zip(run.model.get_weights(), model.get_weights(), strict=True):
        assert np.array_equal(ours, theirs)


def test_ctrl_c_in_a_later_stage_saves_the_model(spec, monkeypatch):
    fit = KerasEngine.fit

    def interrupted(self, train, validation, schedule, callbacks):
        fit(self, train, validation, schedule._replace(epochs=schedule.initial_epoch + 1), callbacks)
        if schedule.initial_epoch:
            raise KeyboardInterrupt

    monkeypatch.setattr(KerasEngine, "fit", interrupted)
    run = kspec.run(spec, overrides=["fit.engine=keras"])
    record = json.loads((run.folder / "run.json").read_text())
    assert run.status == record["status"] == "interrupted"
    assert [stage["epochs"] for stage in record["stages"]] == [1, 1]
    assert (run.folder / "model.keras").exists()


def test_callbacks_continue_their_files():
    import keras

    from kspec.training.stage_setup import resume_callbacks

    def made():
        return [
            keras.callbacks.ModelCheckpoint("best.keras", save_best_only=True),
            keras.callbacks.CSVLogger("log.csv"),
        ]

    before, after = made(), made()
    before[0].best = 0.25
    resume_callbacks(after, before)
    assert after[0].best == 0.25
    assert after[1].append
