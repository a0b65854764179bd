"""Imports some of `keras.applications`; `python -m tests.proofs.applications` checks all forty."""

import keras
import pytest

from kspec.catalog import find, internal, names, spellings
from kspec.compiler.passes import analyse
from kspec.diagnostics import Report
from kspec.summary.summary import summarise
from tests.support.import_round_trip import assert_same, checked

MODELS = {
    "MobileNetV3Small": {"input_shape": (32, 32, 3)},
    "ConvNeXtTiny": {"input_shape": (32, 32, 3)},
    "NASNetMobile": {},
    "EfficientNetV2B0": {"input_shape": (64, 64, 3)},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_an_application_comes_back(name):
    model = getattr(keras.applications, name)(weights=None, **MODELS[name])
    assert_same(model)
    assert_same(model, compact=True)
    keras.utils.clear_session()


@pytest.mark.slow
def test_resnet_is_short():
    found = assert_same(keras.applications.ResNet50(weights=None), compact=True)
    assert found.text.count("\n") <= 120


def layers_of_their_own():
    """A model of the layers that Keras keeps to itself."""
    from keras.src.applications.convnext import LayerScale, StochasticDepth
    from keras.src.applications.inception_resnet_v2 import CustomScaleLayer

    x = keras.Input([4], name="x")
    y = StochasticDepth(0.3)(LayerScale(0.1, 4)(x))
    return keras.Model(x, CustomScaleLayer(0.25)([x, y]))


def test_internal_layers_come_back_and_are_known_to_the_checker():
    model = layers_of_their_own()
    found = assert_same(model)
    spec, _ = checked(found.text)
    analysis = analyse(spec, Report())
    summary = summarise("x", analysis.graph, analysis.types)
    assert summary.parameters == model.count_params() == 4
    assert [node.shape for node in summary.nodes[1:]] == [[None, 4]] * 3


def test_internal_layers_are_not_proposed():
    assert set(internal("layer")) == {"CustomScaleLayer", "LayerScale"}
    assert "StochasticDepth" in names("layer")
    for name in internal("layer"):
        assert find("layer", name).internal
        assert name not in names("layer")
        assert name not in spellings("layer")
