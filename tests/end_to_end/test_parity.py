"""A plain Keras script with the same seed trains the same weights, bit by bit."""

import csv
import math

import numpy as np

import kspec
from tests.conftest import SPECS

EPOCHS = 3


def by_hand():
    """`specs/mlp.yaml` in plain Keras, with the documented use of the seed."""
    import keras

    seed = 7
    with (SPECS / "data" / "breast_cancer.csv").open() as file:
        table = list(csv.DictReader(file))
    columns = [name for name in table[0] if name.startswith("mean_")]
    x = np.array([[row[name] for name in columns] for row in table], dtype="float32")
    labels = np.array([row["diagnosis"] for row in table])
    y = (labels == "malignant").astype("float32").reshape(-1, 1)

    order = np.random.default_rng([seed, 0]).permutation(len(x))
    tests, validations = math.floor(len(x) * 0.2 + 0.5), math.floor(len(x) * 0.1 + 0.5)
    test, train = np.sort(order[:tests]), np.sort(order[tests + validations :])

    keras.utils.set_random_seed(seed)
    visible = keras.Input((10,), name="visible")
    normalization = keras.layers.Normalization(name="normalization")
    normalization.adapt(x[train])
    hidden = normalization(visible)
    for name, units in (("hidden1", 10), ("hidden2", 20), ("hidden3", 10)):
        hidden = keras.layers.Dense(units, activation="relu", name=name)(hidden)
    answer = keras.layers.Dense(1, activation="sigmoid", name="malignant")(hidden)
    model = keras.Model(visible, answer)
    model.compile(keras.optimizers.Adam(learning_rate=1e-3), "binary_crossentropy", metrics=["accuracy", "AUC"])
    for epoch in range(EPOCHS):
        order = np.random.default_rng([seed, 1, epoch]).permutation(len(train))
        model.fit(x[train][order], y[train][order], batch_size=10, shuffle=False, verbose=0)
    return model, model.evaluate(x[test], y[test], batch_size=10, verbose=0, return_dict=True)


def test_bit_identical_with_plain_keras(tmp_path):
    overrides = [
        f"fit.epochs={EPOCHS}",
        "fit.callbacks=[]",
        "fit.engine=keras",
        "data.split={validation: 0.1, test: 0.2}",
    ]
    run = kspec.run(SPECS / "mlp.yaml", out=tmp_path, overrides=overrides)
    model, metrics = by_hand()
    for ours, theirs in zip(run.model.get_weights(), model.get_weights(), strict=True):
        assert np.array_equal(ours, theirs)
    assert run.metrics["loss"] == metrics["loss"]
    assert run.metrics["accuracy"] == metrics["accuracy"]
