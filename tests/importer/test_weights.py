"""`kspec import --weights`: the written weights give identical outputs."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

import kspec
from kspec.archive.weights import load_weights
from kspec.cli import main
from kspec.diagnostics import Report, SpecError
from kspec.importer.from_model import import_config, import_file
from tests.support.keras_models import MODELS
from tests.support.model_comparison import predictions_by_output, random_inputs


def imported(model, folder):
    """A model saved, imported with its weights, and built."""
    model.save(folder / "model.keras")
    assert main(["import", str(folder / "model.keras"), "-o", str(folder / "spec.yaml"), "--weights"]) == 0
    spec = kspec.load(folder / "spec.yaml")
    assert spec.document.weights == "spec.weights.h5"
    return kspec.build(spec)


def trained(model):
    """Other weights than those that a model begins with."""
    rng = np.random.default_rng(1)
    model.set_weights([rng.uniform(0.1, 1.0, weight.shape).astype(weight.dtype) for weight in model.get_weights()])
    return model


@pytest.mark.parametrize("name", ["chain", "several_outputs", "states", "cells", "nested", "nested_deep"])
def test_the_same_answers_to_the_bit(name, tmp_path):
    model = trained(MODELS[name]())
    inputs = random_inputs(model)
    theirs, ours = predictions_by_output(model, inputs), predictions_by_output(imported(model, tmp_path), inputs)
    assert theirs.keys() == ours.keys()
    for output in theirs:
        np.testing.assert_array_equal(theirs[output], ours[output])


def test_layers_whose_order_changes_keep_their_weights(tmp_path):
    """A dict of outputs is flattened by name: Keras counts the two heads the other way round."""
    x = keras.Input([3], name="x")
    model = trained(keras.Model(x, [keras.layers.Dense(2, name="z")(x), keras.layers.Dense(2, name="a")(x)]))
    inputs = random_inputs(model)
    theirs, ours = predictions_by_output(model, inputs), predictions_by_output(imported(model, tmp_path), inputs)
    np.testing.assert_array_equal(theirs["('z', 0, 0)"], ours["('z', 0, 0)"])
    np.testing.assert_array_equal(theirs["('a', 0, 0)"], ours["('a', 0, 0)"])


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ([4], "(3, 4), the file (3, 5)"),
        ([5, 5], "it has 4, the file 2"),
        ([], "it has 0, the file 2"),
    ],
)
def test_weights_of_another_model_are_refused(layers, said, tmp_path):
    def model(units):
        return keras.Sequential([keras.Input([3]), keras.layers.ReLU(), *map(keras.layers.Dense, units)])

    model([5]).save_weights(tmp_path / "model.weights.h5")
    report = Report()
    assert not load_weights(model(layers), tmp_path / "model.weights.h5", report)
    assert [found.code for found in report] == ["KS714"]
    assert said in report.diagnostics[0].message


def test_a_json_has_no_weights_to_write(tmp_path):
    (tmp_path / "model.json").write_text(MODELS["chain"]().to_json())
    with pytest.raises(SpecError, match="KS710"):
        import_file(tmp_path / "model.json").write_weights(tmp_path / "spec.yaml")
    assert not (tmp_path / "spec.weights.h5").exists()


@pytest.mark.parametrize("words", [["b", "a"], [f"word {number}" for number in range(30)]])
def test_what_layers_have_learned_comes_along(words, tmp_path):
    """Keras keeps vocabularies in files of the archive; long ones become files beside the spec."""
    x, t, w = (keras.Input([1], dtype="string", name=name) for name in "xtw")
    n, i = keras.Input([2], name="n"), keras.Input([1], dtype="int64", name="i")
    lookup = keras.layers.StringLookup(output_mode="one_hot", num_oov_indices=2)
    text = keras.layers.TextVectorization(split=None)
    weighed = keras.layers.TextVectorization(output_mode="tf_idf", max_tokens=50, pad_to_max_tokens=True)
    weighed.adapt(np.array([*words, "a a", "a word"]))
    normal, numbers = keras.layers.Normalization(), keras.layers.IntegerLookup(mask_token=0)
    lookup.adapt(np.array(words))
    text.adapt(np.array(words))
    normal.adapt(np.array([[1.0, 2.0], [3.0, 5.0]]))
    numbers.adapt(np.array([5, 6, 6]))
    model = keras.Model([x, t, w, n, i], [lookup(x), text(t), weighed(w), normal(n), numbers(i)])
    again = imported(model, tmp_path)
    assert (tmp_path / "spec.vocabulary.txt").exists() == (len(words) > 20)
    given = {
        **{name: tf.constant([[words[0]], ["unknown a"]]) for name in "xtw"},
        "n": tf.constant([[1.0, 2.0], [3.0, 4.0]]),
        "i": tf.constant([[6], [7]], "int64"),
    }
    theirs, ours = predictions_by_output(model, given), predictions_by_output(again, given)
    for output in theirs:
        np.testing.assert_array_equal(theirs[output], ours[output])
    assert len(words) < 20 or "word 0" in kspec.from_keras(model).source.text


def test_a_vocabulary_missing_from_the_file_is_noted():
    x = keras.Input([1], dtype="string", name="x")
    lookup = keras.layers.StringLookup(name="words")
    lookup.adapt(np.array(["a", "b"]))
    found = import_config(json.loads(keras.Model(x, lookup(x)).to_json()), name="model")
    assert found.notes == ["the vocabulary of `words` is left out; it is adapted to the data of the spec"]
