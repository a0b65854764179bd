"""The state of every generator of random numbers that training can draw from, apart from those of layers."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
from keras.src.backend.common import global_state
from keras.src.random.seed_generator import GLOBAL_SEED_GENERATOR

from kspec.training.checkpoints.values import Array, assign, decode, encode


def capture_randomness(arrays: list[Array]) -> dict[str, Any]:
    """The state of Python's, NumPy's and Keras's generators.

    Args:
        arrays: Receives the arrays.
    """
    version, numbers, gauss = random.getstate()
    generator = global_state.get_global_attribute(GLOBAL_SEED_GENERATOR)
    return {
        "python": encode([version, np.array(numbers, "uint64"), gauss], arrays),
        "numpy": encode(np.random.get_state(legacy=False)["state"], arrays),
        "numpy_gauss": encode(list(np.random.get_state(legacy=True))[3:], arrays),
        "keras": None if generator is None else encode(generator.state, arrays),
    }


def restore_randomness(state: dict[str, Any], arrays: list[Array]) -> None:
    """Sets the generators.

    Args:
        state: As `capture_randomness` returned it.
        arrays: The arrays.

    Raises:
        ValueError: If it is no such state.
    """
    try:
        version, numbers, gauss = decode(state["python"], arrays)
        random.setstate((version, tuple(int(number) for number in numbers), gauss))
        own = decode(state["numpy"], arrays)
        np.random.set_state(("MT19937", own["key"], own["pos"], *decode(state["numpy_gauss"], arrays)))
        if state["keras"] is not None:
            from keras.src.random.seed_generator import global_seed_generator

            assign(global_seed_generator().state, decode(state["keras"], arrays))
    except (KeyError, TypeError) as error:
        raise ValueError(f"its random state is damaged: {error}") from None
