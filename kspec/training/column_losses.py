"""Losses of several yes/no columns that can weigh each column of an example."""

from __future__ import annotations

from typing import Any


def by_column(loss: Any) -> Any:
    """A loss like this one that keeps the columns apart: its values have the shape of the predictions.

    Keras's losses average over the columns before they weigh an example. Without weights, both give the same loss, and
    a saved model holds Keras's own.

    Args:
        loss: A loss of Keras, or its name.
    """
    import keras

    loss = keras.losses.get(loss)
    original = type(loss)

    def call(self: Any, y_true: Any, y_pred: Any) -> Any:
        return original.call(self, keras.ops.expand_dims(y_true, -1), keras.ops.expand_dims(y_pred, -1))

    derived: Any = type(original.__name__, (original,), {"call": call, "__module__": original.__module__})
    return derived.from_config(loss.get_config())
