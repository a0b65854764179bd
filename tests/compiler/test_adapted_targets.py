"""`Normalization: {invert: true}` at a regression output learns the scale of the target."""

import keras
import numpy as np
import pytest

import kspec
from kspec.export.export import export
from tests.support.pictures import no_pictures  # noqa: F401
from tests.support.scripts import printed_by

SPEC = """kspec: 1
seed: 3
data: {npz: {train: train.npz, test: test.npz}, split: {validation: 0}}
inputs: {x: {shape: [2]}}
layers:
  - Normalization:
    name: scaled
  - Dense: {units: 1}
  - Normalization: {invert: true}
    name: price
  - Dense: {units: 2}
    from: scaled
  - Normalization: {invert: true}
    name: size
outputs: [price, size]
compile: {optimizer: {Adam: {learning_rate: 0.1}}}
fit: {epochs: 60, engine: ENGINE}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scaled")
    random = np.random.default_rng(0)
    for name, count in (("train", 96), ("test", 32)):
        x = random.normal(5, 3, (count, 2)).astype("float32")
        price = (400 + 30 * x[:, 0]).astype("int64")
        size = np.stack([2000 + 100 * x[:, 1], 0.001 * x[:, 0]], axis=1)
        np.savez(folder / f"{name}.npz", x=x, price=price, size=size)
    return folder


def run(folder, monkeypatch, engine):
    monkeypatch.chdir(folder)
    (folder / f"{engine}.yaml").write_text(SPEC.replace("ENGINE", engine))
    return kspec.run(f"{engine}.yaml", quiet=True)


@pytest.mark.parametrize("engine", ["fused", pytest.param("keras", marks=pytest.mark.slow)])
def test_predictions_are_in_the_units_of_the_target(folder, monkeypatch, engine):
    trained = run(folder, monkeypatch, engine)
    train, test = np.load("train.npz"), np.load("test.npz")
    for name, width in (("price", 1), ("size", 2)):
        layer, target = trained.model.get_layer(name), train[name].reshape(-1, width)
        np.testing.assert_allclose(np.ravel(layer.mean), target.mean(axis=0), rtol=1e-5)
        np.testing.assert_allclose(np.ravel(layer.variance), target.var(axis=0), rtol=1e-4)
        error = np.abs(trained.predictions[name].reshape(-1, width) - test[name].reshape(-1, width)).mean(axis=0)
        assert (error < 0.5 * target.std(axis=0)).all()


@pytest.mark.slow
def test_exported_python_learns_the_same(folder, monkeypatch):
    trained = run(folder, monkeypatch, "keras")
    export("keras.yaml", "python", folder / "script.py")
    printed_by("script.py")
    answers = keras.saving.load_model("keras.keras").predict(np.load("test.npz")["x"], verbose=0)
    for name in ("price", "size"):
        np.testing.assert_array_equal(answers[name].ravel(), trained.predictions[name].ravel())
