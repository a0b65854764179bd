"""What a run writes of a regression and of its learning rate, against numpy and the schedule."""

import csv

import numpy as np
import pytest

import kspec

SPEC = """\
kspec: 1
data: {csv: table.csv, inputs: [a, b], targets: {size: size, both: [size, a]}}
inputs: {x: {shape: [2]}}
layers:
  - Dense: {units: 1}
    name: size
  - Dense: {units: 2}
    name: both
    from: x
outputs: [size, both]
compile:
  optimizer: {SGD: {learning_rate: {ExponentialDecay: {initial_learning_rate: 0.1, decay_steps: 3, decay_rate: 0.5}}}}
fit: {epochs: 3, batch_size: 8, engine: ENGINE}
"""


@pytest.mark.parametrize("engine", ["fused", pytest.param("keras", marks=pytest.mark.slow)])
def test_a_regression_is_drawn_and_its_scheduled_learning_rate_is_in_the_history(project, engine):
    run = kspec.run(project(SPEC.replace("ENGINE", engine)), quiet=True)
    steps = 6 * np.arange(1, 4)  # 48 examples in batches of 8
    np.testing.assert_allclose([row["learning_rate"] for row in run.history], 0.1 * 0.5 ** (steps / 3), rtol=1e-6)
    assert (run.folder / "regression.png").stat().st_size > 0
    assert "confusion.png" not in {path.name for path in run.folder.iterdir()}
    with (run.folder / "history.csv").open() as file:
        assert next(csv.reader(file))[-1] == "learning_rate"
