"""`kspec import --compact`: fewer lines, the same model."""

import json

import keras
import numpy as np
import pytest
from keras import layers

import kspec
from kspec.archive import spec_from_config
from kspec.cli import main
from kspec.importer.block_extraction import extract_blocks
from tests.support.import_round_trip import assert_same
from tests.support.keras_models import MODELS
from tests.support.model_comparison import predictions_by_output, random_inputs


def residual(x, units, **more):
    y = layers.Dense(units, activation="relu", **more)(x)
    y = layers.Dense(2 * units)(y)
    y = layers.Dense(x.shape[-1])(y)
    return layers.ReLU()(layers.Add()([x, y]))


def stack():
    """Three stages of residual chains, a second output in the midst, a chain of equal layers."""
    x = y = keras.Input([6], name="x")
    middle = None
    for units, count in ((4, 2), (5, 4), (7, 1), (5, 2)):
        for _ in range(count):
            y = residual(y, units, use_bias=units != 7)
        middle = y if middle is None else middle
    for _ in range(3):
        y = layers.Dense(3, activation="tanh")(y)
    return keras.Model(x, {"last": y, "early": middle})


def cells():
    """Cells that take what the last two gave."""
    a = keras.Input([4], name="a")
    before, now = a, layers.Dense(4)(a)
    for _ in range(4):
        left = layers.Dense(4, activation="relu")(before)
        right = layers.Dense(4, activation="tanh")(now)
        before, now = now, layers.BatchNormalization()(layers.Concatenate()([layers.Multiply()([left, right]), now]))
        now = layers.Dense(4)(now)
    return keras.Model(a, now)


@pytest.mark.parametrize("make", [stack, cells, *(MODELS[name] for name in MODELS if name != "transfer")])
def test_the_same_model(make):
    model = make()
    compact = assert_same(model, compact=True)
    assert compact.text.count("\n") <= assert_same(model).text.count("\n")


def test_a_layer_that_is_reused_keeps_its_name():
    """Neither `repeat` nor a block may hide it."""
    first = layers.UpSampling1D()
    x = keras.Input([2, 3])
    y = layers.UpSampling1D()(first(x))
    for units in (4, 5, 6):
        shared = layers.Dense(units)
        y = layers.ReLU()(layers.Dropout(0.5)(layers.LayerNormalization()(shared(y))))
    y = layers.Dense(5)(y)
    compact = assert_same(keras.Model(x, first(shared(y))), compact=True)
    assert "reuse: up_sampling1d\n" in compact.text


def test_repeated_chains_are_blocks():
    found = assert_same(stack(), compact=True)
    (block,) = found.values["blocks"].values()
    assert [next(iter(entry)) if isinstance(entry, dict) else entry for entry in block["layers"]] == [
        *("Dense", "Dense", "Dense", "Add", "ReLU"),
    ]
    assert {"block": "residual", "with": {"units": 5}, "repeat": 4} in found.values["layers"]


def test_weights_find_their_layers(tmp_path):
    model = stack()
    rng = np.random.default_rng(1)
    model.set_weights([rng.uniform(-1, 1, weight.shape) for weight in model.get_weights()])
    model.save(tmp_path / "model.keras")
    command = ["import", str(tmp_path / "model.keras"), "-o", str(tmp_path / "spec.yaml"), "--weights", "--compact"]
    assert main(command) == 0
    inputs = random_inputs(model)
    theirs = predictions_by_output(model, inputs)
    ours = predictions_by_output(kspec.build(tmp_path / "spec.yaml"), inputs)
    for one, other in zip(sorted(theirs), sorted(ours, key=lambda name: "dense" not in name), strict=True):
        np.testing.assert_array_equal(theirs[one], ours[other])


def test_what_does_not_repeat_is_left_alone():
    model = keras.Sequential([keras.Input([4]), layers.Dense(3), layers.ReLU(), layers.Dense(1)])
    values = spec_from_config(json.loads(model.to_json())).values
    assert extract_blocks(values) == values
