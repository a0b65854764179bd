"""`kspec import --weights`: the weights beside the spec give the same answers, to the bit."""

import keras
import numpy as np
import pytest

import kspec
from kspec.cli import main
from kspec.diagnostics import Report, SpecError
from kspec.from_model import import_file
from kspec.importer.weights import load_weights

from .models import MODELS
from .same import answers, random_inputs


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
    theirs, ours = answers(model, inputs), answers(imported(model, tmp_path), inputs)
    assert theirs.keys() == ours.keys()
    for output in theirs:
        np.testing.assert_array_equal(theirs[output], ours[output])


def test_layers_whose_order_changes_keep_their_weights(tmp_path):
    """A dict of outputs is flattened by name: Keras counts the two heads the other way round."""
    x = keras.Input([3], name="x")
    model = trained(keras.Model(x, [keras.layers.Dense(2, name="z")(x), keras.layers.Dense(2, name="a")(x)]))
    inputs = random_inputs(model)
    theirs, ours = answers(model, inputs), answers(imported(model, tmp_path), inputs)
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
