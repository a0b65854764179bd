"""Random small networks, optimizers and settings: every engine trains what `Model.fit` trains."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.training.engine.worlds import identical, same, train

LAYERS = {
    "dense": lambda layers, n: layers.Dense(n, activation="relu"),
    "tanh": lambda layers, n: layers.Dense(n, activation="tanh", kernel_regularizer="l2"),
    "gelu": lambda layers, n: layers.Dense(n, activation="gelu", use_bias=False),
    "dropout": lambda layers, n: layers.Dropout(0.1 + 0.05 * n),
    "noise": lambda layers, n: layers.GaussianNoise(0.1),
    "multiplicative noise": lambda layers, n: layers.GaussianDropout(0.2),
    "batch normalization": lambda layers, n: layers.BatchNormalization(momentum=0.9),
    "layer normalization": lambda layers, n: layers.LayerNormalization(),
    "activity": lambda layers, n: layers.ActivityRegularization(l1=1e-3),
    "parametric relu": lambda layers, n: layers.PReLU(),
}
OPTIMIZERS = {
    "SGD": {"learning_rate": 0.05, "momentum": 0.9},
    "RMSprop": {"learning_rate": 0.003, "centered": True},
    "Adam": {"learning_rate": 0.01, "amsgrad": True},
    "AdamW": {"learning_rate": 0.01, "weight_decay": 0.01},
    "Adagrad": {"learning_rate": 0.05},
    "Adadelta": {"learning_rate": 0.5},
    "Adamax": {"learning_rate": 0.01},
    "Nadam": {"learning_rate": 0.01},
    "Ftrl": {"learning_rate": 0.05},
    "Lion": {"learning_rate": 0.001},
    "Adafactor": {"learning_rate": 0.01},
}
MORE = [{}, {"clipnorm": 0.1}, {"clipvalue": 0.05}, {"use_ema": True}, {"gradient_accumulation_steps": 3}]
TASKS = {
    "binary": ("sigmoid", 1, "binary_crossentropy", ["accuracy", "AUC"]),
    "classes": ("softmax", 3, "sparse_categorical_crossentropy", ["accuracy"]),
    "values": ("linear", 2, "mean_squared_error", ["mean_absolute_error"]),
}


@st.composite
def worlds(draw):
    return {
        "layers": draw(st.lists(st.tuples(st.sampled_from(sorted(LAYERS)), st.integers(1, 6)), min_size=1, max_size=4)),
        "optimizer": draw(st.sampled_from(sorted(OPTIMIZERS))),
        "more": draw(st.sampled_from(MORE)),
        "task": draw(st.sampled_from(sorted(TASKS))),
        "count": draw(st.integers(3, 64)),
        "weighted": draw(st.booleans()),
        "validate": draw(st.booleans()),
    }


def made(world):
    activation, units, loss, metrics = TASKS[world["task"]]

    def make():
        import keras

        keras.utils.set_random_seed(2)
        visible = hidden = keras.Input((4,), name="x")
        for kind, size in world["layers"]:
            hidden = LAYERS[kind](keras.layers, size)(hidden)
        model = keras.Model(visible, keras.layers.Dense(units, activation=activation)(hidden))
        optimizer = getattr(keras.optimizers, world["optimizer"])(**OPTIMIZERS[world["optimizer"]], **world["more"])
        model.compile(optimizer, loss, metrics=metrics, jit_compile=False)
        return model

    rng = np.random.default_rng(world["count"])
    x = rng.normal(size=(world["count"], 4)).astype("float32")
    y = {
        "binary": lambda: (x[:, :1] > 0).astype("float32"),
        "classes": lambda: rng.integers(0, 3, len(x)).astype("int32"),
        "values": lambda: x[:, :2] * 2,
    }[world["task"]]()
    weights = rng.random(len(x)).astype("float32") if world["weighted"] else None
    return make, {"data": (x, y), "weights": weights, "validate": world["validate"], "epochs": 2}


@pytest.mark.slow
@pytest.mark.parametrize(("engine", "examples"), [("fused", 5), ("fused_xla", 2)])
def test_every_network(engine, examples):
    import keras

    @settings(max_examples=examples, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(worlds())
    def check(world):
        make, options = made(world)
        ours = train(make, engine, **options)
        # an update that is divided by the root of almost nothing takes a last bit to the third digit
        same(ours, train(make, "keras", **options), rtol=5e-3, atol=1e-3)
        identical(train(make, engine, **options), ours)
        keras.backend.clear_session()

    check()
