"""Which epoch's weights a model has after training: the best epoch's, where something chooses it, or the last."""

from __future__ import annotations

import math
from typing import Any

import keras

from kspec.analysis.settings import Monitor


class BestWeights(keras.callbacks.Callback):
    """Remembers the weights of the best epoch; `restore` puts them back into the model.

    One object watches all stages. Values that are no numbers never count as the best.

    Args:
        monitor: What decides between epochs; its direction must be known.

    Attributes:
        epoch: The best epoch, counted from 1; None before the first value.
    """

    def __init__(self, monitor: Monitor) -> None:
        super().__init__()
        self.monitor = monitor
        self.epoch: int | None = None
        self._best = math.inf
        self._sign = -1.0 if monitor.direction == "max" else 1.0
        self._weights: list[Any] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        value = self._sign * float((logs or {}).get(self.monitor.name, math.nan))
        if math.isfinite(value) and value < self._best:
            self.epoch, self._best = epoch + 1, value
            self._weights = self.model.get_weights()

    def restore(self) -> None:
        """Gives the model the weights of the best epoch; those that it has if there is none."""
        if self.epoch is not None:
            self.model.set_weights(self._weights)


def restored_epoch(callbacks: list[Any]) -> tuple[int, str] | None:
    """The epoch whose weights an EarlyStopping has restored at the end of training, and what it monitors.

    Args:
        callbacks: The callbacks of a training that has ended; the last one that restores weights counts.

    Returns:
        The epoch, counted from 1, and the monitored quantity; None if nothing was restored.
    """
    for callback in reversed(callbacks):
        if isinstance(callback, keras.callbacks.EarlyStopping) and callback.best_weights is not None:
            return callback.best_epoch + 1, callback.monitor
    return None


def averages_weights(optimizer: Any) -> bool:
    """Whether a Keras optimizer replaces the weights by their moving average when training ends."""
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    return bool(getattr(inner, "use_ema", False))


def average_weights(model: keras.Model, callbacks: list[Any]) -> None:
    """Gives an interrupted model the averaged weights, which Keras does where training ends as planned.

    Args:
        model: The model; nothing happens if its optimizer averages no weights, or has trained no step.
        callbacks: Those of the training: a SwapEMAWeights may have put the averages into the model already.
    """
    optimizer = getattr(model.optimizer, "inner_optimizer", model.optimizer)
    has_them = any(getattr(callback, "_ema_weights_in_model", False) for callback in callbacks)
    if averages_weights(optimizer) and not has_them and int(optimizer.iterations):
        optimizer.finalize_variable_values(model.trainable_variables)
