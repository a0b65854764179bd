"""The loss `minimize`, of an output that is itself a loss."""

from __future__ import annotations

from typing import Any

import keras


class Minimize(keras.losses.Loss):
    """The mean of an output; its target is a placeholder."""

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The mean over the examples.

        Args:
            y_true: Ignored.
            y_pred: The output, shape (batch, …).
            sample_weight: Shape (batch,), if any.
        """
        return super().__call__(y_true, y_pred + 0, sample_weight)  # a copy without the mask, whose axes `call` removes

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The mean of each example, shape (batch,)."""
        del y_true
        return keras.ops.mean(y_pred, axis=tuple(range(1, len(y_pred.shape))))
