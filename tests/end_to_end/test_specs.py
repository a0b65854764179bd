"""Every shipped spec runs through all five steps."""

import numpy as np
import pytest

import kspec
from tests.conftest import SPECS

SHIPPED = {
    # spec: (parameters, trainable, answers' shape without the batch)
    "tutorial/mlp": (551, 551, (1,)),
    "tutorial/cnn": (8_933, 8_933, (13, 13, 1)),
    "tutorial/rnn": (601, 601, (1,)),
    "tutorial/shared_input": (None, None, (1,)),
    "tutorial/shared_features": (None, None, (1,)),
    "tutorial/multiple_inputs": (None, None, (1,)),
    "tutorial/multiple_outputs": (None, None, {"class": (1,), "sequence": (100, 1)}),
    "mlp": (572, 551, (1,)),
    "cnn": (35_813, 35_813, (1,)),
    "rnn": (601, 601, (1,)),
    "forecast": (772, 769, (1,)),
    "regression": (918, 897, (1,)),
    "multiclass": (None, None, (3,)),
    "shared_layers": (None, None, (1,)),
    "multi_input_output": (None, None, {"cultivar": (3,), "strength": (1,)}),
}

CLASSIFIERS = {
    # spec: (at least this accuracy on the test rows, share of the majority class there)
    "mlp": (0.90, 0.65),
    "cnn": (0.90, 0.55),
    "rnn": (0.80, 0.65),
    "multiclass": (0.90, 0.45),
}


LONG = (
    "rnn",
    "forecast",
    "regression",
    "multiclass",
    "shared_layers",
    "tutorial/mlp",
    "tutorial/cnn",
    "tutorial/shared_input",
    "tutorial/shared_features",
    "tutorial/multiple_inputs",
    "tutorial/multiple_outputs",
)
"""Run with the slow tests: other specs have the same features."""


def test_every_shipped_spec_is_listed():
    found = {str(path.relative_to(SPECS).with_suffix("")) for path in SPECS.rglob("*.yaml")}
    assert {name for name in found if not name.startswith("zoo/")} == set(SHIPPED)  # the zoo: test_zoo.py


@pytest.mark.parametrize("name", SHIPPED)
def test_spec_has_no_diagnostics(name):
    assert kspec.check(SPECS / f"{name}.yaml") == []


@pytest.mark.parametrize("name", [pytest.param(n, marks=[pytest.mark.slow] if n in LONG else []) for n in SHIPPED])
def test_spec_runs(name, tmp_path):
    parameters, trainable, shapes = SHIPPED[name]
    overrides = [] if name in CLASSIFIERS else ["fit.epochs=2"]
    run = kspec.run(SPECS / f"{name}.yaml", out=tmp_path, overrides=overrides)
    assert run.status == "finished"
    if parameters is not None:
        assert run.model.count_params() == parameters
        assert sum(int(np.prod(w.shape)) for w in run.model.trainable_weights) == trainable
    answers = {output: answer.shape[1:] for output, answer in run.predictions.items()}
    assert answers == (shapes if isinstance(shapes, dict) else {next(iter(answers)): shapes})
    assert np.isfinite(run.metrics["loss"])
    for file in ("run.json", "spec.yaml", "resolved.yaml", "model.keras", "history.csv", "metrics.json", "summary.txt",
                 "model.svg", "model.png", "history.png"):  # fmt: skip
        assert (run.folder / file).stat().st_size > 0, file
    if name in CLASSIFIERS:
        accuracy, majority = CLASSIFIERS[name]
        assert run.metrics["accuracy"] >= accuracy > majority + 0.1
        assert (run.folder / "confusion.png").exists()
