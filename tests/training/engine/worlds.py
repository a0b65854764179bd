"""Networks, data and settings on which the engines must agree, and the results of training them."""

from dataclasses import dataclass

import numpy as np

N = 53
"""Examples: five batches of ten, and one of three."""


@dataclass
class Trained:
    """The results of training."""

    history: dict
    weights: list
    optimizer: list
    batches_seen: list
    model: object
    engine: object


def numbers(n=N, width=4, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, width)).astype("float32")
    y = (x.sum(axis=1, keepdims=True) > 0).astype("float32")
    return x, y


def mlp(*, optimizer="adam", hidden=None, metrics=("accuracy", "AUC"), **compiling):
    """A small classifier, with the layers under test between two Dense ones."""

    def make():
        import keras

        keras.utils.set_random_seed(1)
        visible = keras.Input((4,), name="x")
        h = keras.layers.Dense(8, activation="relu")(visible)
        for layer in hidden(keras) if hidden else []:
            h = layer(h)
        model = keras.Model(visible, keras.layers.Dense(1, activation="sigmoid", dtype="float32")(h))
        chosen = optimizer(keras) if callable(optimizer) else optimizer
        model.compile(chosen, "binary_crossentropy", metrics=list(metrics), jit_compile=False, **compiling)
        return model

    return make


def batches(x, y, w=None, *, shuffle=True, size=10, name="x"):
    from kspec.data.pipeline import Batches

    inputs = x if isinstance(x, dict) else {name: x}
    targets = y if isinstance(y, dict) else {"y": y}
    weights = {} if w is None else w if isinstance(w, dict) else {"y": w}
    return Batches(inputs, targets, weights, batch_size=size, shuffle=shuffle, seed=5)


def train(make, engine, *, data=None, weights=None, callbacks=lambda keras: [], epochs=3, steps=None, validate=True):
    """Trains a new model with an engine: `keras`, `fused`, `fused_xla`, or a list with changes."""
    import keras

    from kspec.training.engine import Schedule, engine_of

    x, y = data or numbers()
    made = batches(x, y, weights)
    held = {k: v[:23] for k, v in x.items()} if isinstance(x, dict) else x[:23]
    told = {k: v[:23] for k, v in y.items()} if isinstance(y, dict) else y[:23]
    validation = batches(held, told, shuffle=False) if validate else None
    model = make()
    seen = []

    class Watch(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):  # noqa: ARG002
            seen.append(("begin", batch))

        def on_train_batch_end(self, batch, logs=None):  # noqa: ARG002
            seen.append(("end", batch))

    run = engine_of(model, engine)
    schedule = Schedule(epochs, steps or made.steps, validation.steps if validation else None)
    run.fit(made, validation, schedule, [Watch(), *callbacks(keras)])
    history = {name: [float(value) for value in values] for name, values in model.history.history.items()}
    variables = [v.numpy() for v in model.optimizer.variables]
    return Trained(history, model.get_weights(), variables, seen, model, run)


def same(ours, theirs, *, rtol=2e-4, atol=2e-5):
    """Histories, weights and optimizer states are equal up to float32 rounding."""
    assert ours.history.keys() == theirs.history.keys()
    for name, values in theirs.history.items():
        np.testing.assert_allclose(ours.history[name], values, rtol=rtol, atol=atol, err_msg=name)
    for mine, other in zip(ours.weights, theirs.weights, strict=True):
        np.testing.assert_allclose(mine, other, rtol=rtol, atol=atol)
    for mine, other in zip(ours.optimizer, theirs.optimizer, strict=True):
        np.testing.assert_allclose(np.float64(mine), np.float64(other), rtol=rtol, atol=atol)


def identical(ours, theirs):
    """Every bit is the same."""
    assert ours.history == theirs.history
    for mine, other in zip(ours.weights + ours.optimizer, theirs.weights + theirs.optimizer, strict=True):
        assert np.array_equal(mine, other)
