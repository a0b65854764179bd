"""An imported spec builds the same model: configuration, parameters and identical outputs."""

import json

import keras
import numpy as np
import pytest
import yaml

import kspec
from kspec.diagnostics import SpecError
from kspec.importer.from_model import import_config, import_file, import_model
from tests.support.import_round_trip import assert_same, built
from tests.support.keras_models import MODELS, alike_and_not_shared


@pytest.mark.parametrize("name", MODELS)
def test_a_model_comes_back(name):
    assert_same(MODELS[name]())


def test_equal_models_become_copies_with_a_note():
    """At hand it is seen what is shared; Keras's configuration describes a model wherever another holds it."""
    model = alike_and_not_shared()
    assert built(import_model(model).text)[0].count_params() == model.count_params()
    shared = json.loads(MODELS["shared_between_levels"]().to_json())
    found = import_config(shared, name="model")
    assert len(found.values["models"]) == 4
    assert "`core_1` is a copy of `core` with its own weights, as when Keras loads the model" in found.notes


@pytest.mark.parametrize("compact", [False, True])
def test_learned_weights_come_back(compact, tmp_path):
    text = """\
kspec: 1
inputs: {x: {shape: [3]}}
models:
  scale:
    inputs: {v: {shape: [4]}}
    layers:
      - weight: {shape: [], initializer: {Constant: {value: 2.0}}}
        name: factor
      - op: multiply
        from: [v, factor]
layers:
  - weight: {shape: [3], initializer: ones}
    name: shift
    trainable: false
  - op: add
    from: [x, shift]
    name: shifted
  - weight: {shape: [3, 4], regularizer: {L2: {l2: 0.1}}, constraint: {MaxNorm: {max_value: 0.5}}}
    name: kernel
  - op: matmul
    from: [shifted, kernel]
  - model: scale
  - Activation: {activation: tanh}
"""
    model, _ = built(text)
    model.save(tmp_path / "model.keras")
    found = import_file(str(tmp_path / "model.keras"), compact=compact)
    wanted = yaml.safe_load(text)
    assert found.values["layers"][:4] == wanted["layers"][:4]
    assert found.values["models"]["scale"]["layers"][0] == wanted["models"]["scale"]["layers"][0]
    spec = tmp_path / "spec.yaml"
    found.write_weights(spec)
    spec.write_text(found.text)
    ours = kspec.build(spec)
    x = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    np.testing.assert_array_equal(ours.predict(x, verbose=0), model.predict(x, verbose=0))
    assert ours.count_params() == model.count_params() == 16


def test_what_is_not_quite_a_learned_weight_stays_as_it_is():
    x = keras.Input((3,))
    one = keras.ops.prod(keras.ops.ones_like(x, dtype="float32"))
    scaled = keras.layers.PReLU()(keras.ops.broadcast_to(-one, (1, 3)))
    minus = -scaled
    imported = assert_same(keras.Model(x, x + keras.ops.squeeze(minus, 0) + minus))
    assert "weight:" not in imported.text


@pytest.mark.parametrize("outputs", [[0], [1], [1, 0], [2]])
def test_calls_of_a_functional_model_are_outputs(outputs):
    v, x = keras.Input((4,)), keras.Input((4,))
    inner = keras.Model(v, keras.layers.Dense(4, activation="tanh")(v), name="inner")
    tensors = [inner(x)]
    tensors += [inner(tensors[0])]
    tensors += [inner(tensors[1])]
    assert_same(keras.Model(x, [tensors[number] for number in outputs]))


def shared(*, layer):
    """A layer, or a model that holds one, that the network calls and a model within it too."""
    dense = keras.layers.Dense(4, name="dense")
    one = dense if layer else keras.Sequential([keras.Input((4,)), dense], name="one")
    x, y = keras.Input((4,)), keras.Input((4,))
    inner = keras.Model(x, one(x) + x, name="inner")
    return keras.Model(y, one(inner(one(y))), name="outer")


def test_an_archive_tells_what_is_shared_over_levels(tmp_path):
    model = shared(layer=False)
    model.save(tmp_path / "model.keras")
    found = import_file(str(tmp_path / "model.keras"))
    assert found.notes == []
    spec = tmp_path / "spec.yaml"
    found.write_weights(spec)
    spec.write_text(found.text)
    ours = kspec.build(spec)
    x = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
    assert ours.count_params() == model.count_params() == 20
    assert np.array_equal(ours(x), model(x))


def test_a_layer_shared_by_several_models_is_rejected(tmp_path):
    shared(layer=True).save(tmp_path / "model.keras")
    with pytest.raises(SpecError) as error:
        import_file(str(tmp_path / "model.keras"))
    (diagnostic,) = error.value.diagnostics
    assert diagnostic.code == "KS713"
    assert "share the layer `dense`" in diagnostic.message
