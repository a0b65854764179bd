"""What is trained is `Model.fit`'s, whichever engine runs the loop: on the same batches, the same numbers."""

import numpy as np
import pytest

from tests.lifecycle.engine.worlds import N, batches, identical, mlp, numbers, same, train

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
FAST = {"plain", "dropout"}


def each(names):
    return [pytest.param(name, marks=[] if name in FAST else pytest.mark.slow) for name in names]


@pytest.mark.parametrize("name", each(MODELS))
@pytest.mark.parametrize("engine", ENGINES)
def test_networks_and_optimizers(name, engine):
    same(train(MODELS[name], engine), train(MODELS[name], "keras"))


def test_xla_in_the_default_suite():
    """One compilation under XLA: dropout, statistics and a smaller last batch in one network."""
    make = mlp(hidden=lambda keras: [*noise(keras), *normalised(keras)])
    same(train(make, "fused_xla", epochs=2), train(make, "keras", epochs=2))


@pytest.mark.parametrize("engine", ENGINES)
def test_sample_weights(engine):
    weights = np.linspace(0, 3, N).astype("float32")
    make = mlp(weighted_metrics=["accuracy"])
    ours, theirs = (train(make, e, weights=weights) for e in (engine, "keras"))
    same(ours, theirs)
    assert ours.history["loss"] != train(make, engine, epochs=3).history["loss"]


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


def test_an_epoch_that_is_no_pass():
    """Epochs of four batches go on in the passes of six where the one before stopped."""
    same(train(mlp(), "fused", steps=4, epochs=4), train(mlp(), "keras", steps=4, epochs=4))


def test_fewer_examples_than_a_batch():
    few = numbers(7)
    same(train(mlp(), "fused", data=few), train(mlp(), "keras", data=few))
    engine = train(mlp(), "fused_xla", data=few).engine
    assert engine.plan.to_spec() == "fused"
    assert engine.notes == ["fused, not fused_xla: there are fewer examples than a batch has"]


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


def test_a_loss_that_is_no_number_ends_within_the_epoch():
    x, y = numbers(3000)
    y[batches(x, y).order(0)[1005]] = np.nan

    def callbacks(keras):
        return [keras.callbacks.TerminateOnNaN()]

    ended = train(mlp(metrics=()), "fused", data=(x, y), callbacks=callbacks, validate=False)
    assert len(ended.history["loss"]) == 1
    assert 100 < int(ended.model.optimizer.iterations.numpy()) <= 200


def test_callbacks_see_every_step_in_order():
    """Batches are told of in runs of a hundred: each begins where the one before ended."""
    x, y = numbers(2503)
    seen = train(mlp(metrics=()), "fused", data=(x, y), epochs=2, validate=False).batches_seen
    epoch = [("begin", 0), ("end", 99), ("begin", 100), ("end", 199), ("begin", 200), ("end", 250)]
    assert seen == epoch * 2


@pytest.mark.parametrize("engine", ENGINES)
def test_the_same_seed_gives_the_same_bits(engine):
    make = mlp(hidden=noise)
    identical(train(make, engine), train(make, engine))


@pytest.mark.slow
def test_where_calls_are_cut_changes_no_bit(monkeypatch):
    from kspec.lifecycle.engine import training

    x, y = numbers(1003)
    make = mlp(hidden=noise)
    for engine in ("fused", "fused_xla", ["fused", {"fused_xla": 57}]):
        whole = train(make, engine, data=(x, y))
        monkeypatch.setattr(training.Pace, "next", lambda self, engine: 7)
        identical(train(make, engine, data=(x, y)), whole)
        monkeypatch.undo()


@pytest.mark.slow
def test_a_plan_with_changes():
    x, y = numbers(1003)
    plan = ["fused", {"fused_xla": 57}, {"fused": 120}]
    trained = train(mlp(), plan, data=(x, y))
    assert trained.engine.plan.to_spec() == plan
    same(trained, train(mlp(), "keras", data=(x, y)))
    identical(trained, train(mlp(), plan, data=(x, y)))
