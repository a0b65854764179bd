"""The known networks of `specs/zoo` have the sizes of their references."""

import pytest

import kspec
from kspec.compiler.passes import analyse
from kspec.diagnostics import Report
from tests.conftest import SPECS

ZOO = {
    "autoencoder": 28_353,
    "inception": 243_370,
    "mobilenet_v2": 3_538_984,
    "resnet50": 25_636_712,
    "siamese": 38_951_745,
    "ticket_router": 1_392_097,
    "transfer_learning": 2_264_389,
    "transformer": 748_289,
    "unet": 31_030_593,
    "wavenet": 68_672,
}
REFERENCES = {"resnet50": "ResNet50", "mobilenet_v2": "MobileNetV2"}


def test_every_network_is_listed():
    assert {path.stem for path in (SPECS / "zoo").glob("*.yaml")} == set(ZOO)


@pytest.mark.parametrize("name", ZOO)
def test_parameters_are_counted_without_tensorflow(name):
    spec = kspec.load(SPECS / "zoo" / f"{name}.yaml")
    report = Report()
    answers = analyse(spec, report).types.calls.values()
    assert list(report) == []
    assert sum(weight.size for answer in answers for weight in answer.weights) == ZOO[name]


def test_resnet_is_short():
    assert len((SPECS / "zoo" / "resnet50.yaml").read_text().splitlines()) < 60


@pytest.mark.slow
@pytest.mark.parametrize("name", ZOO)
def test_keras_builds_the_same_network(name):
    assert kspec.check(SPECS / "zoo" / f"{name}.yaml", with_keras=True) == []
    model = kspec.build(SPECS / "zoo" / f"{name}.yaml")
    assert model.count_params() == ZOO[name]
    if name in REFERENCES:
        import keras

        reference = getattr(keras.applications, REFERENCES[name])(weights=None)
        assert reference.count_params() == ZOO[name]
        assert sum(w.shape.num_elements() for w in model.trainable_weights) == sum(
            w.shape.num_elements() for w in reference.trainable_weights
        )


@pytest.mark.slow
@pytest.mark.parametrize("name", ["autoencoder", "inception", "ticket_router", "transformer"])
def test_network_trains(name):
    """The larger ones, `siamese` and `unet`, are trained in `tests/codegen/test_parity.py`."""
    assert kspec.run(SPECS / "zoo" / f"{name}.yaml", smoke=True).status == "finished"
