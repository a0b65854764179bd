"""Trains the engine's test networks together with other processes, and alone; prints how far the two are apart.

Run as `python -m tests.training.workers.networks RANK`, with `TF_CONFIG` set.
"""

import hashlib
import json
import os
import sys

import numpy as np

from kspec.backend.tensorflow import import_tensorflow

EPOCHS = 5


def main(rank: int, count: int) -> None:
    import_tensorflow()
    from kspec.training.workers.cluster import Cluster

    cluster = Cluster.join(rank, count)
    for name, world in worlds().items():
        print(json.dumps({"name": name, **train(world, cluster)}), flush=True)


def worlds():
    """By name: what makes the model, its data, weights and callbacks, and whether it is validated."""
    from tests.training.engine import test_semantics as semantics
    from tests.training.engine.worlds import N, mlp, numbers

    rng = np.random.default_rng(0)
    x, y = numbers()
    weights = np.linspace(0, 3, N).astype("float32")
    places, labels = rng.integers(0, 9, (N, 6)).astype("int32"), rng.integers(0, 2, (N, 1)).astype("float32")
    pictures = rng.random((N, 8, 8, 1)).astype("float32")
    of_each = {"kind": weights, "size": np.ones(N, "float32")}
    validated = ("dropout", "batch normalization", "average of weights")
    worlds = {name: {"make": make, "validate": name in validated} for name, make in semantics.MODELS.items()}
    worlds["weights of examples"] = {"make": mlp(weighted_metrics=["accuracy"]), "weights": weights}
    worlds["several outputs"] = {
        "make": semantics.seeded(semantics.several_outputs),
        "data": (x, {"kind": y, "size": x[:, :1] * 3}),
        "weights": of_each,
        "validate": True,
    }
    worlds["words"] = {"make": semantics.seeded(semantics.words), "data": (places, labels)}
    worlds["pictures"] = {"make": semantics.seeded(semantics.pictures), "data": (pictures, labels)}
    worlds["masked"] = {"make": semantics.seeded(masked), "data": (places, labels)}
    worlds["swapped averages"] = {"make": mlp(optimizer=semantics.adam(use_ema=True)), "callbacks": swap}
    worlds["callbacks"] = {"make": mlp(), "callbacks": stop, "validate": True}
    return worlds


def masked(keras):
    """Statistics over masked positions, and a layer called at each of them."""
    visible = keras.Input((6,), dtype="int32", name="x")
    hidden = keras.layers.BatchNormalization()(keras.layers.Embedding(9, 4, mask_zero=True)(visible))
    hidden = keras.layers.TimeDistributed(keras.layers.Dropout(0.3))(hidden)
    hidden = keras.layers.GlobalAveragePooling1D()(hidden)
    return keras.Model(visible, keras.layers.Dense(1, activation="sigmoid")(hidden))


def swap(keras):
    return [keras.callbacks.SwapEMAWeights(swap_on_epoch=True)]


def stop(keras):
    """Callbacks that change the learning rate, end training early, and put weights back."""
    return [
        keras.callbacks.ReduceLROnPlateau(monitor="loss", patience=0, min_delta=0.1),
        keras.callbacks.EarlyStopping(monitor="val_loss", patience=1, min_delta=0.05, restore_best_weights=True),
    ]


def train(world, cluster):
    """Trains a network with the other workers and, in the chief, alone."""
    import keras

    from kspec.training.engine import Schedule, engine_of
    from kspec.training.workers.engines import ChiefEngine, FollowerEngine
    from tests.training.engine.worlds import batches, numbers

    x, y = world.get("data") or numbers()
    made, held = batches(x, y, world.get("weights")), None
    if world.get("validate"):
        held = batches(x[:23], {k: v[:23] for k, v in y.items()} if isinstance(y, dict) else y[:23], shuffle=False)
    schedule = Schedule(EPOCHS, made.steps, held.steps if held else None)
    model = world["make"]()
    if cluster.rank:
        engine = FollowerEngine(model, cluster)
        assert engine.orders.receive().schedule == schedule
        engine.follow(made, held, schedule)
        return {"sum": checksum(model)}
    callbacks = world.get("callbacks", lambda _: [])
    ChiefEngine(model, cluster).fit(made, held, schedule, callbacks(keras))
    sum_before, alone = checksum(model), world["make"]()
    engine_of(alone, "fused").fit(made, held, schedule, callbacks(keras))
    ours, theirs = model.history.history, alone.history.history
    assert ours.keys() == theirs.keys()
    own = [*model.get_weights(), *(v.numpy() for v in model.optimizer.variables)]
    other = [*alone.get_weights(), *(v.numpy() for v in alone.optimizer.variables)]
    return {
        "sum": sum_before,
        "epochs": [len(ours["loss"]), len(theirs["loss"])],
        "history": max(float(np.abs(np.subtract(ours[key], theirs[key])).max()) for key in ours),
        "weights": max(float(np.abs(np.float64(a) - np.float64(b)).max()) for a, b in zip(own, other, strict=True)),
    }


def checksum(model):
    """A hash of the optimizer's state, which follows every gradient; callbacks may put other weights back at the end."""
    variables = model.optimizer.variables
    return hashlib.sha256(b"".join(variable.numpy().tobytes() for variable in variables)).hexdigest()


if __name__ == "__main__":
    main(int(sys.argv[1]), len(json.loads(os.environ["TF_CONFIG"])["cluster"]["worker"]))
