"""The bytes of weights, gradients and optimizer are those that Keras holds."""

import math

import pytest

from kspec import catalog
from kspec.analysis.training_memory import optimizer_values, training_memory
from kspec.compiler.compile import compile_spec
from kspec.diagnostics import Source
from kspec.language.byte_sizes import read_bytes

SPEC = """
kspec: 1
inputs: {x: {shape: [6]}}
layers:
  - Dense: {units: 5}
    name: a
  - BatchNormalization
  - Dense: {units: 3}
compile: {loss: mse, optimizer: %s}
fit: %s
"""
WEIGHTS, TRAINED = 6 * 5 + 5 + 4 * 5 + 5 * 3 + 3, 6 * 5 + 5 + 2 * 5 + 5 * 3 + 3


def memory(optimizer="adam", fit="{epochs: 1}", more=""):
    spec, analysis = compile_spec(Source("spec.yaml", SPEC % (optimizer, fit) + more)).unwrap()
    return training_memory(analysis, spec.document.dtype_policy)


@pytest.mark.parametrize(("policy", "width"), [("float32", 4), ("mixed_float16", 4), ("bfloat16", 2), ("float64", 8)])
def test_bytes_follow_parameters_and_policy(policy, width):
    found = memory(more=f"dtype_policy: {policy}\n")
    assert (found.weights, found.gradients, found.optimizer) == (
        width * WEIGHTS,
        width * TRAINED,
        2 * width * TRAINED,
    )


def test_the_stage_that_takes_most_counts():
    frozen = memory("sgd", "{stages: [{epochs: 1, trainable: {a: false}}, {epochs: 1, trainable: {a: true}}]}")
    assert frozen.total == 4 * (WEIGHTS + TRAINED)
    rest = memory("sgd", "{stages: [{epochs: 1, trainable: {a: false}}]}")
    assert rest.total == 4 * (WEIGHTS + TRAINED - 35)


FURTHER = [
    {"SGD": {"momentum": 0.9}},
    {"RMSprop": {"momentum": 0.9, "centered": True}},
    {"Adam": {"amsgrad": True}},
    {"AdamW": {"use_ema": True, "amsgrad": True}},
    {"SGD": {"gradient_accumulation_steps": 2}},
]
NAMES = [name for name in catalog.names("optimizer") if name not in ("LossScaleOptimizer", "MultiOptimizer")]


@pytest.mark.parametrize("optimizer", [*NAMES, *FURTHER], ids=str)
def test_optimizers_keep_as_many_values_as_in_keras(optimizer):
    import keras
    import numpy as np

    head, arguments = (optimizer, {}) if isinstance(optimizer, str) else next(iter(optimizer.items()))
    built = getattr(keras.optimizers, catalog.find("optimizer", head).name)(**arguments)
    built.build([keras.Variable(np.zeros((40, 30), "float32"))])
    values = sum(math.prod(variable.shape) for variable in built.variables) / 1200
    assert math.floor(values) == optimizer_values(optimizer)


@pytest.mark.parametrize(
    ("text", "size"), [("4 GB", 4e9), ("512mb", 512e6), ("1.5 GiB", 1.5 * 2**30), ("7 bytes", None), ("4", None)]
)
def test_sizes_have_units(text, size):
    assert read_bytes(text) == size
