"""Points of one program differ in values that it takes as inputs."""

import math

import pytest

from kspec.compiler.search.outcome import Outcomes
from kspec.compiler.search.trainings import expected_trainings
from kspec.diagnostics import Report, Source
from kspec.language import load_source
from kspec.language.sweep_ranges import Range

SPEC = """\
kspec: 1
vars: {rate: 0.3, l2: 0.01}
inputs: {x: {shape: [20, 2]}}
layers:
  - {LSTM: {units: 4, dropout: 0.1}, name: memory}
  - {Dropout: {rate: "${rate}"}, name: drop}
  - {Dense: {units: 3, kernel_regularizer: {L2: {l2: "${l2}"}}}, name: hidden}
  - {LeakyReLU: {negative_slope: 0.1}, name: leaky}
  - {Dense: {units: 1, activation: sigmoid}, name: y}
compile: {optimizer: {Adam: {learning_rate: 0.01}}}
"""


@pytest.fixture(scope="module")
def outcomes():
    return Outcomes(load_source(Source("spec.yaml", SPEC), Report()))


@pytest.mark.parametrize(
    ("address", "same", "other"),
    [
        ("vars.rate", 0.4, 0),
        ("vars.rate", 0.4, 1.0),
        ("vars.l2", 0.4, 0.0),
        ("layers.memory.dropout", 0.4, 0),
        ("compile.optimizer.Adam.learning_rate", 1, {"ExponentialDecay": {"initial_learning_rate": 1, "decay_steps": 9, "decay_rate": 1}}),
        ("seed", 5, None),
        ("fit.batch_size", 5, None),
        ("layers.hidden.units", None, 4),
        ("layers.leaky.negative_slope", None, 0.2),
        ("compile.optimizer.Adam.beta_1", None, 0.8),
    ],
)  # fmt: skip
def test_values_and_forms(outcomes, address, same, other):
    program = outcomes.of({}).program
    assert program
    if same is not None:
        assert outcomes.of({address: same}).program == program
    if other is not None:
        assert outcomes.of({address: other}).program not in (program, "")


@pytest.mark.parametrize(
    ("space", "programs"),
    [
        ({"compile.optimizer.Adam.learning_rate": {"log": [1e-4, 1e-1]}, "vars.rate": {"uniform": [0.0, 0.5]}}, 1),
        ({"vars.rate": {"choice": [0.0, 0.2, 0.4]}}, 2),
        ({"layers.hidden.units": {"choice": [2, 3, 4]}, "fit.batch_size": {"choice": [8, 16]}}, 6),
        ({"fit.batch_size": {"int": [8, 128], "log": True}}, 121),
        ({"layers.leaky.negative_slope": {"uniform": [0.0, 0.5]}}, math.inf),
    ],
)
def test_the_programs_of_a_space(outcomes, space, programs):
    ranges = {address: Range.model_validate(own) for address, own in space.items()}
    assert expected_trainings(ranges, outcomes, 1000) == pytest.approx(max(1.0, 1000 / programs))
