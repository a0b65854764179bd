"""The time limit of training, `fit: {time_limit: 10 min}`."""

from __future__ import annotations

import time
from typing import Any

import keras


class TimeLimit(keras.callbacks.Callback):
    """Ends training with the last epoch that fits into the time, but not before the first.

    An epoch is expected to take as long as the one before. The time counts from here on: tracing, validation, and what
    lies between two stages.

    Args:
        seconds: The time for all epochs.
        epochs: How many there are in all stages.

    Attributes:
        is_reached: Whether the limit ended training.
    """

    def __init__(self, seconds: float, epochs: int) -> None:
        super().__init__()
        self.epochs = epochs
        self.is_reached = False
        self._end = time.monotonic() + seconds
        self._began = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        self._began = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        now = time.monotonic()
        if now + (now - self._began) > self._end and epoch + 1 < self.epochs:
            self.is_reached = True
            self.model.stop_training = True
