"""Every engine trains what `Model.fit` trains: on the same batches, the same numbers."""

from functools import cache

import numpy as np
import pytest

from tests.training.engine.worlds import N, batches, identical, mlp, numbers, same, train

ENGINES = ("fused", pytest.param("fused_xla", marks=pytest.mark.slow))


def sgd(**more):
    return lambda keras: keras.optimizers.SGD(0.1, momentum=0.9, **more)


def adam(**more):
    return lambda keras: keras.optimizers.Adam(0.01, **more)


def schedule(keras):
    return keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.05, 5, 0.5))


def regularised(keras):
    dense = keras.layers.Dense(6, kernel_regularizer="l2", activity_regularizer=keras.regularizers.L1(1e-3))
    return [dense, keras.layers.ActivityRegularization(l2=1e-3)]


def noise(keras):
    return [keras.layers.Dropout(0.5, seed=3), keras.layers.GaussianNoise(0.1), keras.layers.AlphaDropout(0.2)]


def normalised(keras):
    return [keras.layers.BatchNormalization(momentum=0.8)]


MODELS = {
    "plain": mlp(),
    "dropout": mlp(hidden=noise),
    "batch normalization": mlp(hidden=normalised),
    "regularisation": mlp(hidden=regularised),
    "accumulation": mlp(optimizer=adam(gradient_accumulation_steps=4)),
    "average of weights": mlp(optimizer=sgd(use_ema=True, ema_momentum=0.9, ema_overwrite_frequency=3)),
    "clipping": mlp(optimizer=adam(global_clipnorm=0.05, weight_decay=1e-2)),
    "clipping of each": mlp(optimizer=sgd(clipnorm=0.02, nesterov=True)),
    "schedule": mlp(optimizer=schedule),
    "loss scale": mlp(optimizer=lambda keras: keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.01))),
}
FAST = {"dropout"}


def each(names):
    return [pytest.param(name, marks=[] if name in FAST else pytest.mark.slow) for name in names]


@cache
def by_keras(name):
    """What Keras trains, for all engines."""
    return train(MODELS[name], "keras")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", each(MODELS))
def test_networks_and_optimizers(name, engine):
    same(train(MODELS[name], engine), by_keras(name))


def test_xla_in_the_default_suite():
    """One compilation under XLA: dropout, statistics and a smaller last batch in one network."""
    make = mlp(hidden=lambda keras: [*noise(keras), *normalised(keras)], metrics=["accuracy"])
    same(train(make, "fused_xla", epochs=2), train(make, "keras", epochs=2))


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_sample_weights(engine):
    weights = np.linspace(0, 3, N).astype("float32")
    make = mlp(weighted_metrics=["accuracy"])
    ours, theirs = (train(make, e, weights=weights) for e in (engine, "keras"))
    same(ours, theirs)
    assert not np.allclose(ours.history["loss"], by_keras("plain").history["loss"], rtol=1e-2)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["fused", "fused_xla"])
@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision(policy, engine):
    import keras

    keras.config.set_dtype_policy(policy)
    try:
        make = mlp(hidden=normalised)
        ours, theirs = train(make, engine), train(make, "keras")
    finally:
        keras.config.set_dtype_policy("float32")
    same(ours, theirs, rtol=0.05, atol=0.01)


def several_outputs(keras):
    """A shared trunk, two weighted losses, and an output without a loss."""
    visible = keras.Input((4,), name="x")
    trunk = keras.layers.Dense(8, activation="relu")(visible)
    outputs = {
        "kind": keras.layers.Dense(1, activation="sigmoid", name="kind")(trunk),
        "size": keras.layers.Dense(1, name="size")(trunk),
    }
    model = keras.Model(visible, outputs)
    losses = {"kind": "binary_crossentropy", "size": "mse"}
    model.compile(
        "adam", losses, loss_weights={"kind": 1.0, "size": 0.3}, metrics={"kind": ["accuracy"]}, jit_compile=False
    )
    return model


def words(keras):
    """Masked sequences in a recurrent layer."""
    visible = keras.Input((6,), dtype="int32", name="x")
    hidden = keras.layers.Embedding(9, 4, mask_zero=True)(visible)
    hidden = keras.layers.Bidirectional(keras.layers.GRU(3, recurrent_dropout=0.2, dropout=0.2))(hidden)
    return keras.Model(visible, keras.layers.Dense(1, activation="sigmoid")(hidden))


def pictures(keras):
    visible = keras.Input((8, 8, 1), name="x")
    hidden = keras.layers.RandomFlip(seed=1)(visible)
    hidden = keras.layers.MaxPooling2D()(keras.layers.Conv2D(4, 3, activation="relu")(hidden))
    hidden = keras.layers.SpatialDropout2D(0.3)(hidden)
    return keras.Model(visible, keras.layers.Dense(1, activation="sigmoid")(keras.layers.Flatten()(hidden)))


def seeded(build):
    def make():
        import keras

        keras.utils.set_random_seed(1)
        model = build(keras)
        if not model.compiled:
            model.compile("adam", "binary_crossentropy", metrics=["accuracy"], jit_compile=False)
        return model

    return make


@pytest.mark.parametrize("engine", ENGINES)
def test_several_outputs(engine, monkeypatch):
    """A step is traced once: what would make its variables while it is traced has made them before."""
    import keras

    traced, step = [], keras.Model.train_step

    def train_step(model, data):
        traced.append(model)
        return step(model, data)

    monkeypatch.setattr(keras.Model, "train_step", train_step)
    x, y = numbers()
    data = x, {"kind": y, "size": x[:, :1] * 3}
    weights = {"kind": np.linspace(0, 2, N).astype("float32"), "size": np.ones(N, "float32")}
    make = seeded(several_outputs)
    ours = train(make, engine, data=data, weights=weights)
    assert len(traced) == (1 if engine == "fused" else 2)  # a smaller last batch runs fused
    same(ours, train(make, "keras", data=data, weights=weights))
    assert len(traced) == (2 if engine == "fused" else 3)


@pytest.mark.slow
@pytest.mark.parametrize("network", [words, pictures])
def test_other_kinds_of_network(network):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 9, (N, 6)).astype("int32") if network is words else rng.random((N, 8, 8, 1)).astype("float32")
    data = x, rng.integers(0, 2, (N, 1)).astype("float32")
    theirs = train(seeded(network), "keras", data=data)
    for engine in ("fused", "fused_xla"):
        same(train(seeded(network), engine, data=data), theirs)


def test_text_inputs_stay_fused_with_a_note():
    def places(keras):
        visible = keras.Input((1,), dtype="string", name="x")
        hidden = keras.layers.StringLookup(vocabulary=["a", "b"], output_mode="one_hot")(visible)
        return keras.Model(visible, keras.layers.Dense(1, activation="sigmoid")(hidden))

    x = np.random.default_rng(0).choice(["a", "b", "c"], (N, 1)).astype(object)
    data = x, (x == "a").astype("float32")
    ours, theirs = (train(seeded(places), engine, data=data) for engine in ("fused_xla", "keras"))
    same(ours, theirs)
    assert ours.engine.plan.to_spec() == "fused"
    assert ours.engine.notes == ["fused instead of fused_xla: XLA takes no text, and an input is text"]


@pytest.mark.slow
def test_networks_that_xla_rejects_stay_fused_with_a_note():
    import keras

    class Outside(keras.layers.Layer):
        def call(self, inputs):
            import tensorflow as tf

            doubled = tf.numpy_function(lambda x: x * 2, [tf.stop_gradient(inputs)], tf.float32)
            doubled.set_shape(inputs.shape)
            return inputs + doubled

    make = mlp(hidden=lambda keras: [Outside()], metrics=())
    ours, theirs = train(make, "fused_xla"), train(make, "keras")
    same(ours, theirs)
    assert ours.engine.plan.to_spec() == "fused"
    (note,) = ours.engine.notes
    assert note.startswith("fused instead of fused_xla: XLA cannot compile this network (")
    assert len(note.splitlines()) == 1


def test_keras_trains_networks_that_cannot_be_fused(monkeypatch):
    from kspec.training.engine.loops import Loops

    def fails(self, step, signature):
        raise NotImplementedError("no loop for this")

    monkeypatch.setattr(Loops, "fused", fails)
    ours = train(mlp(metrics=()), "fused")
    monkeypatch.undo()
    identical(ours, train(mlp(metrics=()), "keras"))
    assert ours.engine.plan.to_spec() == "keras"
    assert ours.engine.notes == ["keras: this network cannot be fused (no loop for this)"]


@pytest.mark.parametrize("draw", ["uniform", "normal"])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_random_numbers_are_the_same_under_xla(draw, dtype):
    """Fewer than a block of the generator, about one, and many."""
    import tensorflow as tf

    from kspec.training.engine.xla_rng import same_randomness

    def drawn(seed):
        draws = [getattr(tf.random, f"stateless_{draw}")([count], seed, dtype=dtype) for count in (1, 7, 1000)]
        return [tf.cast(values, "float64") for values in draws]

    seed = tf.constant([7, 11])
    compiled = tf.function(drawn, jit_compile=True)
    with same_randomness():
        compiled.get_concrete_function(seed)
    for ours, theirs in zip(compiled(seed), tf.function(drawn)(seed), strict=True):
        if draw == "uniform":
            assert np.array_equal(ours, theirs)
        np.testing.assert_allclose(ours, theirs, rtol=1e-6 if dtype == "float32" else 1e-2, atol=4e-6)


def test_epochs_shorter_than_a_pass_continue_it():
    """Epochs of four batches, in passes of six."""
    same(train(mlp(), "fused", steps=4, epochs=4), train(mlp(), "keras", steps=4, epochs=4))


def test_fewer_examples_than_a_batch_run_fused():
    few = numbers(7)
    same(train(mlp(), "fused", data=few), train(mlp(), "keras", data=few))
    engine = train(mlp(), "fused_xla", data=few).engine
    assert engine.plan.to_spec() == "fused"
    assert engine.notes == ["fused instead of fused_xla: there are fewer examples than a batch has"]


@pytest.mark.parametrize("engine", ENGINES)
def test_callbacks_that_change_the_training(engine):
    def callbacks(keras):
        return [
            keras.callbacks.ReduceLROnPlateau(monitor="val_loss", factor=0.1, patience=0, min_delta=10.0),
            keras.callbacks.EarlyStopping(monitor="val_loss", patience=3, min_delta=10.0, restore_best_weights=True),
        ]

    ours, theirs = (train(mlp(), e, callbacks=callbacks, epochs=12) for e in (engine, "keras"))
    assert len(ours.history["loss"]) == 4
    same(ours, theirs)


def test_a_nan_loss_ends_training_within_the_epoch():
    x, y = numbers(3000)
    y[batches(x, y).order(0)[1005]] = np.nan

    def callbacks(keras):
        return [keras.callbacks.TerminateOnNaN()]

    ended = train(mlp(metrics=()), "fused", data=(x, y), callbacks=callbacks, validate=False)
    assert len(ended.history["loss"]) == 1
    assert 100 < int(ended.model.optimizer.iterations.numpy()) <= 200


def test_callbacks_see_every_step_in_order():
    """They are called every hundred steps; each call begins where the one before ended."""
    x, y = numbers(1503)
    seen = train(mlp(metrics=()), "fused", data=(x, y), epochs=2, validate=False).batches_seen
    first = [("begin", 0), ("end", 99), ("begin", 100), ("end", 150)]
    assert seen == [*first, ("begin", 0), ("end", 48), ("begin", 49), ("end", 148), ("begin", 149), ("end", 150)]


@pytest.mark.slow
def test_checkpoints_are_written_at_the_same_steps_as_with_keras(tmp_path):
    x, y = numbers(403)

    def saved(engine):
        path = str(tmp_path / f"{engine}-{{epoch}}-{{batch}}.weights.h5")

        def callbacks(keras):
            return [keras.callbacks.ModelCheckpoint(path, save_weights_only=True, save_freq=30)]

        train(mlp(metrics=()), engine, data=(x, y), callbacks=callbacks, epochs=3, validate=False)
        return sorted(path.name.partition("-")[2] for path in tmp_path.glob(f"{engine}-*"))

    assert saved("fused") == saved("keras")
    assert len(saved("keras")) == 4


@pytest.mark.parametrize("engine", ENGINES)
def test_the_same_seed_gives_the_same_bits(engine):
    make = mlp(hidden=noise)
    identical(train(make, engine), train(make, engine))


@pytest.mark.slow
def test_the_length_of_calls_changes_no_bit(monkeypatch):
    from kspec.training.engine import training

    x, y = numbers(1003)
    make, plan = mlp(hidden=noise, metrics=["accuracy"]), ["fused", {"fused_xla": 57}]
    whole = train(make, plan, data=(x, y))
    monkeypatch.setattr(training.StepsPerCall, "next", lambda self, engine, step: 7)
    identical(train(make, plan, data=(x, y)), whole)


@pytest.mark.slow
def test_a_plan_with_changes():
    x, y = numbers(1003)
    make, plan = mlp(metrics=["accuracy"]), ["fused", {"fused_xla": 57}, {"fused": 120}]
    trained = train(make, plan, data=(x, y))
    assert trained.engine.plan.to_spec() == plan
    same(trained, train(make, "keras", data=(x, y)))
    identical(trained, train(make, plan, data=(x, y)))
