"""Rates of dropout and factors of regularizers are inputs of what trainings of one model share."""

import numpy as np
import pytest

from kspec.data.shared_table import SharedTable
from kspec.language import load_file
from kspec.runs.part import Part
from kspec.runs.run_folder import RunFolder
from kspec.runs.trial import Trial
from kspec.training.shared_model import SharedModel

SPEC = """\
kspec: 1
name: numbers
seed: 3
data: {csv: table.csv, inputs: [a, b, c], targets: y, split: {validation: 0.3}}
inputs: {x: {shape: [3]}}
layers:
  - {GaussianNoise: {stddev: 0.1}, name: noise}
  - Dense: {units: 8, kernel_regularizer: {L2: {l2: 0.01}}, bias_regularizer: {L1: {l1: 0.01}},
            activity_regularizer: {L1L2: {l1: 0.01, l2: 0.02}}}
    name: first
  - {Dropout: {rate: 0.3}, name: drop}
LAYERS
  - {Dense: {units: 1, activation: sigmoid}, name: y}
fit: {epochs: 2, batch_size: 8, class_weight: balanced}
"""
LAYERS = """\
  - {Reshape: {target_shape: [4, 2]}}
  - {SpatialDropout1D: {rate: 0.2}, name: spatial}
  - {LSTM: {units: 4, dropout: 0.2, recurrent_dropout: 0.1, kernel_regularizer: {L2: {l2: 0.001}}}, name: memory}
"""
OTHERS = [
    "layers.noise.stddev=0.4",
    "layers.first.kernel_regularizer.L2.l2=0.1",
    "layers.first.bias_regularizer.L1.l1=0.07",
    "layers.first.activity_regularizer.L1L2.l2=0.2",
    "layers.drop.rate=0.45",
    "fit.class_weight={'0': 1.0, '1': 3.0}",
    "fit.batch_size=12",
]
OF_LAYERS = ["layers.spatial.rate=0.4", "layers.memory.dropout=0.4", "layers.memory.kernel_regularizer.L2.l2=0.1"]


@pytest.fixture
def folder(tmp_path):
    rows = np.random.default_rng(0).normal(size=(60, 3)).round(3)
    lines = [f"{a},{b},{c},{int(a + b * c > 0)}" for a, b, c in rows]
    (tmp_path / "table.csv").write_text("\n".join(["a,b,c,y", *lines]))
    return tmp_path


def run_of(folder, name, part, overrides):
    trial = Trial(load_file(folder / "spec.yaml", overrides), RunFolder(folder).part(name), part, keeps_model=False)
    run = trial.run_until(lambda _: False)
    model = part.model.built.model
    return run.history, run.validation, [np.array(value) for value in model.get_weights()], model.get_config()


def assert_equals_alone(folder, overrides, others):
    """Trains with a model that was traced for other numbers, and with one of its own, to the same bits."""
    part = Part(SharedTable(), SharedModel())
    first = run_of(folder, "first", part, overrides)
    traced_before = [dict(traced) for traced in part.model.traces._traced.values()]
    shared = run_of(folder, "shared", part, [*overrides, *others])
    assert part.model.trainings == 2
    assert [dict(traced) for traced in part.model.traces._traced.values()] == traced_before
    alone = run_of(folder, "alone", Part(SharedTable(), SharedModel()), [*overrides, *others])
    assert shared[:2] == alone[:2] != first[:2]
    for mine, own in zip(shared[2], alone[2], strict=True):
        np.testing.assert_array_equal(mine, own)
    assert [layer["config"] for layer in shared[3]["layers"]] == [layer["config"] for layer in alone[3]["layers"]]


def test_other_numbers_need_no_other_trace(folder):
    (folder / "spec.yaml").write_text(SPEC.replace("LAYERS\n", ""))
    assert_equals_alone(folder, ["fit.engine=fused"], OTHERS)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["fused", "fused_xla", "keras"])
def test_every_engine_takes_them_as_they_are(folder, engine):
    (folder / "spec.yaml").write_text(SPEC.replace("LAYERS\n", LAYERS))
    assert_equals_alone(folder, [f"fit.engine={engine}"], [*OTHERS[:-1], *OF_LAYERS])


@pytest.mark.slow
def test_a_rate_of_zero_is_another_form(folder):
    (folder / "spec.yaml").write_text(SPEC.replace("LAYERS\n", ""))
    part = Part(SharedTable(), SharedModel())
    run_of(folder, "some", part, ["fit.engine=fused"])
    none = run_of(folder, "none", part, ["fit.engine=fused", "layers.drop.rate=0"])
    assert part.model.trainings == 1
    alone = run_of(folder, "none alone", Part(SharedTable(), SharedModel()), ["fit.engine=fused", "layers.drop.rate=0"])
    assert none[:2] == alone[:2]
