"""What XLA is expected to bring, by the layers of a network alone: nothing is measured, so that any process expects it.

Times are those of a processor's core, as seen with TensorFlow 2.21 on an Intel Xeon (AVX-512): for a dense layer with
Adam, XLA saved from 50 to 80 µs, for one with SGD 25 µs, for a time step of a recurrent layer from 100 to 600 µs, and
compiling took from 1.2 s to 3.3 s.
"""

from __future__ import annotations

import keras
import tensorflow as tf

from kspec.language.engine import FusedName

SMALL_CELL = 64
"""Recurrent cells of up to so many units spend more time between their operations than in them."""
SAVED_BY_LAYER = 40e-6
"""Seconds that XLA saves in a step of training, by layer."""
SAVED_BY_TIME_STEP = 80e-6
"""Seconds that XLA saves in a step of training, by time step of a recurrent layer."""
COMPILE_SECONDS, COMPILE_SECONDS_BY_LAYER = 2.0, 0.25
"""Seconds that tracing and compiling take."""
FORWARD = 1 / 3
"""Validation as a fraction of training."""
CALL_SECONDS = 2e-3
"""What a validation must save: it has a call of its own."""


def expected_speedup(core: keras.Layer) -> float | None:
    """The speedup that XLA usually brings to such layers; None if the times of the steps will tell.

    Args:
        core: What the steps call.
    """
    if _is_slow_under_xla(core):
        return 0.1
    cells = [layer for layer in core._flatten_layers() if hasattr(layer, "state_size")]
    if cells:  # a step is itself a loop, of operations that are small if the cells are
        return 4.0 if all(getattr(layer, "units", 0) <= SMALL_CELL for layer in cells) else 1.2
    return None


def expected_engine(core: keras.Layer, steps: float) -> FusedName:
    """The engine that is expected to take the least time.

    Args:
        core: What the steps call.
        steps: The steps of all trainings that share what is compiled.
    """
    saved = _saved_by_step(core)
    return "fused_xla" if saved * steps > _compile_seconds(core) else "fused"


def pays_for_validation(core: keras.Layer, steps: int, validations: float) -> bool:
    """Whether XLA is expected to save time on validation as well.

    Args:
        core: What the steps call.
        steps: Batches of a validation.
        validations: Those of all trainings that share what is compiled.
    """
    saved = FORWARD * _saved_by_step(core) * (steps - 1)  # the last batch may be smaller, and runs fused
    return saved > CALL_SECONDS and saved * validations > _compile_seconds(core)


def _saved_by_step(core: keras.Layer) -> float:
    """Seconds that XLA saves in a step of training."""
    if _is_slow_under_xla(core):
        return 0.0
    time_steps = sum(map(_time_steps, core._flatten_layers()))
    return SAVED_BY_LAYER * _weighted_layers(core) + SAVED_BY_TIME_STEP * time_steps


def _time_steps(layer: keras.Layer) -> int:
    """The time steps of a recurrent layer; none of another layer, or of sequences of any length."""
    if not isinstance(layer, keras.layers.RNN):
        return 0
    shape = next(iter((layer._build_shapes_dict or {}).values()), ())
    return next((size for size in shape[1:2] if isinstance(size, int)), 0)


def _compile_seconds(core: keras.Layer) -> float:
    return COMPILE_SECONDS + COMPILE_SECONDS_BY_LAYER * _weighted_layers(core)


def _weighted_layers(core: keras.Layer) -> int:
    """How many layers have weights of their own that train; the others cost little."""
    return sum(bool(layer._trainable_variables) for layer in core._flatten_layers())


def _is_slow_under_xla(core: keras.Layer) -> bool:
    """Whether a network has convolutions that run on a processor, where XLA does not use the vendor's library."""
    has_convolutions = any("Conv" in type(layer).__name__ for layer in core._flatten_layers())
    return has_convolutions and not tf.config.list_physical_devices("GPU")
