"""Seeds the random generators."""

from __future__ import annotations

import random
from typing import Any

import keras
from tensorflow.python.eager import context


def set_random_seed(seed: int, *, restart: bool = True) -> None:
    """Calls `keras.utils.set_random_seed`.

    Args:
        seed: The seed.
        restart: Whether operations that keep a random generator begin anew. For that TensorFlow drops the kernels of
            all functions, and prepares them again, which takes as long as many epochs of a small network. Keras's own
            operations keep none.
    """
    if restart:
        keras.utils.set_random_seed(seed)
        return
    eager: Any = context.context()

    def keep_kernels(seed: int) -> None:
        eager._seed, eager._rng = seed, random.Random(seed)

    eager._set_global_seed = keep_kernels
    try:
        keras.utils.set_random_seed(seed)
    finally:
        del eager._set_global_seed
