"""Seeds the generators as Keras does, and keeps the kernels of traced functions."""

import random

import keras
import numpy as np
import pytest
from tensorflow.python.eager import context

from kspec.backend.seeding import set_random_seed


def _draw():
    weights = keras.layers.Dense(2)
    weights.build((None, 3))
    numbers = [random.random(), np.random.rand(), float(keras.random.uniform(())), context.context()._rng.random()]
    return numbers, weights.kernel.numpy().tolist()


@pytest.mark.parametrize("restart", [True, False])
def test_all_generators_are_seeded_as_keras_seeds_them(restart):
    keras.utils.set_random_seed(5)
    expected = _draw()
    set_random_seed(5, restart=restart)
    assert _draw() == expected
    assert "_set_global_seed" not in vars(context.context())


def test_kernels_are_kept_unless_they_restart(monkeypatch):
    cleared = []
    monkeypatch.setattr(context.pywrap_tfe, "TFE_ContextClearCaches", cleared.append)
    set_random_seed(5, restart=False)
    assert not cleared
    set_random_seed(5)
    assert cleared
