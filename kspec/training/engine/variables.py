"""Makes the variables of metrics and optimizer before a step is traced."""

from __future__ import annotations

from typing import Any

import keras
from keras.src.backend import compute_output_spec

from kspec.training.engine.tensors import Signature, StepName


def make_variables(model: Any, step: StepName, signature: Signature) -> None:
    """Makes them as Keras does in its first step.

    TensorFlow traces a function anew if its first trace has made variables, and tracing a step takes seconds.

    Args:
        model: The compiled model.
        step: `train` or `test`, which needs no optimizer.
        signature: The specs of a batch: inputs, targets, and weights if there are any.
    """
    _, targets, _ = keras.utils.unpack_x_y_sample_weight(signature)
    predictions, metrics, losses = model.output, model._compile_metrics, model._compile_loss
    if metrics is not None and not metrics.built:
        metrics.build(targets, predictions)
        _make_from_shapes(metrics, targets, predictions)
    is_paired = isinstance(targets, dict) and isinstance(predictions, dict) and targets.keys() == predictions.keys()
    if losses is not None and not losses.built and is_paired:
        losses.build(targets, predictions)
    optimizer = model.optimizer
    if step == "train" and not optimizer.built and model.trainable_variables:
        with keras.name_scope(optimizer.name, caller=optimizer):
            optimizer.build(model.trainable_variables)


def _make_from_shapes(metrics: Any, targets: Signature, predictions: Any) -> None:
    """Makes the variables of metrics such as `F1Score`, which have the shapes of the first values that they see."""
    pairs = list(zip(metrics._flatten_y(targets), metrics._flatten_y(predictions), strict=False))
    for entries in (metrics._flat_metrics, metrics._flat_weighted_metrics):
        for entry, (target, prediction) in zip(entries, pairs, strict=False):
            for metric in entry.metrics if entry else ():
                if not getattr(metric, "_built", True):
                    symbol = keras.KerasTensor(target.shape, target.dtype.name)
                    compute_output_spec(metric.update_state, symbol, prediction)
