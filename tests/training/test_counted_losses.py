"""The logged loss of a mask or an ignored class is a mean over the counted positions, whatever the batch size."""

import re

import numpy as np
import pytest

import kspec
from kspec.export.export import export
from tests.support.scripts import printed_by

ROWS, POSITIONS = 45, 4
SPEC = """\
kspec: 1
data: {npz: data.npz, inputs: {x: x}, targets: {word: word, size: size}, weights: weight, missing: keep,
       split: {validation: 0.4, test: 0.2}}
inputs: {x: {shape: [4], dtype: int32}}
layers:
  - Embedding: {input_dim: 9, output_dim: 5, mask_zero: true}
    name: words
  - Dense: {units: 3, activation: softmax, kernel_regularizer: L2}
    name: word
  - Dense: {units: 1}
    from: words
    name: size
outputs: [word, size]
compile:
  optimizer: {SGD: {learning_rate: 0}}
  loss: {word: {SparseCategoricalCrossentropy: {ignore_class: -1}}, size: mse}
  loss_weights: {size: 0.5}
  metrics: {word: [accuracy], size: []}
fit: {epochs: 1, batch_size: 7, engine: ENGINE}
"""


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(1)
    x = rng.integers(1, 9, (ROWS, POSITIONS))
    x[np.arange(POSITIONS)[None] >= 1 + (np.arange(ROWS) % 7)[:, None] // 2] = 0  # of very unequal lengths
    word = rng.integers(-1, 3, (ROWS, POSITIONS))
    arrays = {
        "x": x.astype("int32"),
        "word": word.astype("int32"),
        "size": rng.normal(size=(ROWS, POSITIONS, 1)).astype("float32"),
        "weight": rng.uniform(0.5, 2, ROWS).astype("float32"),
    }
    np.savez("data.npz", **arrays)
    return arrays


def expected(model, rows, data):
    """NumPy's losses of some rows."""
    x, word, size, weight = (data[name][rows] for name in ("x", "word", "size", "weight"))
    predicted = model.predict(x, verbose=0)
    mask = x != 0
    counted = mask & (word >= 0)
    chances = np.take_along_axis(predicted["word"], np.maximum(word, 0)[..., None], axis=-1)[..., 0]
    found = {"word_loss": -(np.log(chances) * weight[:, None])[counted].sum() / counted.sum()}
    found["size_loss"] = (((predicted["size"] - size)[..., 0] ** 2) * weight[:, None])[mask].sum() / mask.sum()
    kernel = model.get_layer("word").kernel.numpy()
    return found | {"loss": found["word_loss"] + 0.5 * found["size_loss"] + 0.01 * (kernel**2).sum()}


@pytest.mark.parametrize(
    "engine", ["fused", *(pytest.param(e, marks=pytest.mark.slow) for e in ("keras", "fused_xla"))]
)
def test_the_logged_losses_are_numpys(data, engine, tmp_path):
    (tmp_path / "spec.yaml").write_text(SPEC.replace("ENGINE", engine))
    run = kspec.run(kspec.load("spec.yaml"))
    order = np.random.default_rng([0, 0]).permutation(ROWS)
    test, validation, train = np.sort(order[:9]), np.sort(order[9:27]), np.sort(order[27:])
    logged = run.history[-1]
    for prefix, rows in (("", train), ("val_", validation)):
        wanted = expected(run.model, rows, data)
        assert {name: logged[prefix + name] for name in wanted} == pytest.approx(wanted, rel=1e-4)
    wanted = expected(run.model, test, data)
    assert {name: run.metrics[name] for name in wanted} == pytest.approx(wanted, rel=1e-4)
    if engine == "fused":
        return
    export("spec.yaml", "python", tmp_path / "spec.py")
    printed = printed_by("spec.py")
    shown = dict(re.findall(r"^test (.+): (-?[\d.]+)$", printed, re.MULTILINE))
    assert {name: float(shown[name]) for name in wanted} == pytest.approx(wanted, abs=1e-4)
