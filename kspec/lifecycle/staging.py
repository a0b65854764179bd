"""The stages of step 3: which layers train, and the model compiled anew, as one does it by hand in Keras."""

from __future__ import annotations

import math
from typing import Any

from kspec.checker import Stage
from kspec.lifecycle.compiling import compile_model, shown
from kspec.lifecycle.define import Defined


def begin_stage(defined: Defined, stage: Stage) -> str:
    """Freezes and unfreezes layers as a stage says, and compiles; returns the line that says what trains with what.

    The optimizer is a new one, for its state is that of the weights that trained before. A frozen layer is called in
    inference: BatchNormalization keeps its statistics.
    """
    for path, trains in stage.trainable.items():
        defined.built.layers[path].trainable = trains
    compile_model(defined.model, defined.spec, defined.settings, stage.optimizer)
    trained = trained_parameters(defined.model)
    return f"{trained:,} of {defined.model.count_params():,} parameters train; {shown(stage.optimizer)}"


def go_on(callbacks: list[Any], before: list[Any]) -> None:
    """Callbacks are made afresh for each stage; the files that they write go on.

    Args:
        before: Those of the stage before, in the same order.
    """
    import keras

    for callback, past in zip(callbacks, before, strict=True):
        if isinstance(callback, keras.callbacks.CSVLogger):
            callback.append = True
        elif isinstance(callback, keras.callbacks.ModelCheckpoint):
            callback.best = past.best


def trained_parameters(model: Any) -> int:
    """How many numbers training changes."""
    return sum(math.prod(int(axis) for axis in weight.shape) for weight in model.trainable_weights)
