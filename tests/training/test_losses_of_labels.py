"""Losses that take their target in an own form: Keras's generic and generalized crossentropies, from labels as text."""

import numpy as np
import pytest

import kspec

LABELS = ["no", "perhaps", "yes"]
SPEC = """\
kspec: 1
data: {{csv: table.csv, inputs: [a, b], targets: kind, split: {{validation: 0, test: 0.4}}}}
inputs: {{x: {{shape: [2]}}}}
layers:
  - Dense: {{units: {units}, activation: {activation}}}
    name: kind
compile: {{optimizer: {{SGD: {{learning_rate: 0}}}}, loss: {loss}, metrics: []}}
fit: {{epochs: 1, batch_size: 7, engine: keras}}
"""


def crossentropy(probabilities, classes):
    return -np.log(probabilities[np.arange(len(classes)), classes]).mean()


@pytest.mark.parametrize(
    ("units", "activation", "loss", "numpy"),
    [
        (3, "softmax", "crossentropy", crossentropy),
        (1, "sigmoid", "crossentropy", lambda p, c: crossentropy(np.hstack([1 - p, p]), c)),
        (3, "softmax", "{CategoricalGeneralizedCrossEntropy: {q: 0.7}}",
         lambda p, c: ((1 - p[np.arange(len(c)), c] ** 0.7) / 0.7).mean()),
    ],
)  # fmt: skip
def test_the_loss_is_numpys(units, activation, loss, numpy, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(2)
    count = max(units, 2)
    numbers = rng.normal(size=(40, 2)).round(3)
    rows = [f"{a},{b},{LABELS[:count][index % count]}" for index, (a, b) in enumerate(numbers)]
    (tmp_path / "table.csv").write_text("a,b,kind\n" + "\n".join(rows) + "\n")
    (tmp_path / "spec.yaml").write_text(SPEC.format(units=units, activation=activation, loss=loss))
    run = kspec.run(kspec.load("spec.yaml"))
    test = np.sort(np.random.default_rng([0, 0]).permutation(40)[:16])
    predicted = run.model.predict(numbers[test].astype("float32"), verbose=0)
    assert run.metrics["loss"] == pytest.approx(numpy(predicted, test % count), rel=1e-4)
