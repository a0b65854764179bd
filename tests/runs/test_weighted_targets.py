"""Class weights and sample weights of outputs of every rank, on every engine: the losses of an epoch equal NumPy's."""

import numpy as np
import pytest

import kspec
from tests.support.pictures import no_pictures  # noqa: F401

N, T = 48, 4
SPEC = """
kspec: 1
seed: 3
data: {npz: t.npz, inputs: {x: x}, targets: {tags: tags, steps: steps, sure: sure}, weights: {steps: w, sure: w}, split: {validation: 0, test: 0}}
inputs: {x: {shape: [4, 2]}}
layers:
  - GRU: {units: 3, return_sequences: true}
    name: hidden
  - Dense: {units: 3, activation: softmax}
    name: steps
  - GlobalAveragePooling1D:
    from: hidden
    name: pooled
  - Dense: {units: 2, activation: sigmoid}
    name: tags
  - Dense: {units: 1, activation: sigmoid}
    from: pooled
    name: sure
outputs: [tags, steps, sure]
compile: {optimizer: {SGD: {learning_rate: 0}}}
fit: {epochs: 1, batch_size: 48, class_weight: balanced}
evaluate: {split: train}
"""


def balanced(classes):
    counts = np.bincount(classes.ravel())
    return classes.size / (np.count_nonzero(counts) * counts)[classes]


@pytest.mark.parametrize(
    "engine",
    [pytest.param("keras", marks=pytest.mark.slow), "fused", pytest.param("fused_xla", marks=pytest.mark.slow)],
)
def test_losses_equal_numpy(engine, project, tmp_path):
    random = np.random.default_rng(0)
    tags, steps, sure = random.random((N, 2)) > 0.7, random.integers(0, 3, (N, T)), (random.random(N) > 0.8) * 1.0
    w = random.uniform(size=N)
    np.savez(tmp_path / "t.npz", x=random.normal(size=(N, T, 2)), tags=tags, steps=steps, sure=sure[:, None], w=w)
    run = kspec.run(project(SPEC), [f"fit.engine={engine}"], quiet=True)
    p = run.predictions
    tag_loss = -np.log(np.where(tags, p["tags"], 1 - p["tags"]))
    step_loss = -np.log(np.take_along_axis(p["steps"], steps[..., None], -1)[..., 0])
    sure_loss = -np.log(np.where(sure == 1, p["sure"][:, 0], 1 - p["sure"][:, 0]))
    tag_weights = np.stack([balanced(tags[:, i].astype(int)) for i in range(2)], axis=1)
    expected = {
        "tags_loss": (tag_loss * tag_weights).mean(),
        "steps_loss": (step_loss * balanced(steps) * w[:, None]).mean(),
        "sure_loss": (sure_loss * balanced(sure.astype(int)) * w).mean(),
    }
    fitted = {name: run.history[0][name] for name in expected}
    assert fitted == pytest.approx(expected, rel=1e-5)
    evaluated = {"tags_loss": tag_loss.mean(), "steps_loss": (step_loss * w[:, None]).mean()}
    assert {name: run.metrics[name] for name in evaluated} == pytest.approx(evaluated, rel=1e-5)
