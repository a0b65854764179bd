"""What is imported builds the same model: configuration, parameters, answers to the bit."""

import json

import pytest

from kspec.from_model import import_config, import_model

from .models import MODELS, alike_and_not_shared
from .round_trip import assert_same, built


@pytest.mark.parametrize("name", MODELS)
def test_a_model_comes_back(name):
    assert_same(MODELS[name]())


def test_models_that_are_alike_are_told_apart():
    """At hand it is seen what is shared; Keras's configuration describes a model wherever another holds it."""
    model = alike_and_not_shared()
    assert built(import_model(model).text)[0].count_params() == model.count_params()
    shared = json.loads(MODELS["shared_between_levels"]().to_json())
    found = import_config(shared, name="model")
    assert len(found.values["models"]) == 4
    assert "`core_1` has weights of its own, as when Keras loads the model, and is else as `core`" in found.notes
