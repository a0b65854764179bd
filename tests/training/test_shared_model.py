"""Runs that share a model give, to the bit, what each gives alone."""

from __future__ import annotations

import json

import numpy as np
import pytest

import kspec
from kspec.language import load_file
from kspec.runs.member_plan import member_plan
from kspec.training.shared_model import SharedModel

MIXED = """\
kspec: 1
seed: 3
data:
  csv: t.csv
  inputs: {x: [a, b], c: city}
  targets: {y: y, p: {column: p, scale: standard}}
  split: {folds: 2, test: 0.2}
inputs: {x: {shape: [2]}, c: {shape: [1], dtype: string}}
layers:
  - {Normalization: {}, name: n, from: x}
  - {StringLookup: {output_mode: one_hot}, name: s, from: c}
  - {Concatenate: {}, from: [n, s]}
  - {Dense: {units: 6, activation: relu}}
  - {BatchNormalization: {}}
  - {Dropout: {rate: 0.3}, name: h}
  - {Dense: {units: 1, activation: sigmoid}, name: y, from: h}
  - {Dense: {units: 1}, name: p, from: h}
outputs: [y, p]
compile:
  optimizer: {AdamW: {learning_rate: 0.01, use_ema: true, ema_overwrite_frequency: 3}}
  metrics: {y: [AUC], p: [mean_absolute_error, R2Score]}
fit: {epochs: 3, batch_size: 8, class_weight: {y: balanced}, callbacks: [{ReduceLROnPlateau: {patience: 1}}]}
"""
STAGES = """\
kspec: 1
dtype_policy: mixed_float16
data: {csv: t.csv, inputs: {x: [a, b]}, targets: k}
inputs: {x: {shape: [2]}}
layers:
  - {GaussianNoise: {stddev: 0.1}}
  - {Dense: {units: 6, activation: relu}, name: first}
  - {Dense: {units: 3, activation: softmax, dtype: float32}, name: k}
fit:
  batch_size: 8
  repeats: 2
  stages:
    - {epochs: 2, trainable: {first: false}, optimizer: {Adam: {learning_rate: 0.01}}}
    - {epochs: 2, trainable: {first: true}, optimizer: {SGD: {momentum: 0.9}}}
"""
STATEFUL = """\
kspec: 1
data: {csv: t.csv, inputs: {x: [a, b]}, targets: p, split: {folds: 2}}
inputs: {x: {shape: [2], batch_size: 2}}
layers:
  - {Reshape: {target_shape: [1, 2]}}
  - {LSTM: {units: 3, stateful: true}}
  - {Dense: {units: 1}, name: p}
fit: {epochs: 2, batch_size: 2}
"""
FILES = ("history.csv", "predictions.csv", "metrics.json")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shared")
    rng = np.random.default_rng(0)
    lines = ["a,b,city,y,k,p"]
    for _ in range(60):
        a, b = rng.normal(size=2)
        lines.append(f"{a},{b},{rng.choice(list('rst'))},{int(a + b > 0)},{rng.choice(list('uvw'))},{100 + 10 * a + b}")
    (folder / "t.csv").write_text("\n".join(lines))
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "engine"),
    [(MIXED, "fused"), (MIXED, "keras"), (STAGES, "fused_xla"), (STATEFUL, "keras")],
    ids=["mixed-fused", "mixed-keras", "stages-fused_xla", "stateful-keras"],
)
def test_the_second_run_is_as_it_would_be_alone(folder, monkeypatch, text, engine):
    (folder / "s.yaml").write_text(text)
    used, adopt = [], SharedModel.adopt

    def counting(self, fresh):
        built = adopt(self, fresh)
        used.append(self.trainings)
        return built

    monkeypatch.setattr(SharedModel, "adopt", counting)
    spec = load_file(folder / "s.yaml", [f"fit.engine={engine}"])
    run = kspec.run(spec, out=folder / "runs")
    assert used == [1, 2]
    second = run.members[1]
    alone = kspec.run(member_plan(spec.document).spec_of(spec, 2), out=folder / "runs")
    for mine, own in zip(second.model.variables, alone.model.variables, strict=True):
        np.testing.assert_array_equal(mine.numpy(), own.numpy() if "seed" not in own.path else mine.numpy())
    assert [(second.folder / name).read_bytes() for name in FILES] == [
        (alone.folder / name).read_bytes() for name in FILES
    ]
    assert json.loads((second.folder / "run.json").read_text())["status"] == "finished"
