"""What training logs: a name for each value of a metric that has several, and means over examples.

Every engine reads its logs from `get_metrics_result`, so that both hold for all of them, and for `evaluate`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import keras
from keras.src.trainers.compile_utils import CompileLoss


def log_each_value(model: keras.Model, names: Mapping[str, Sequence[str]]) -> None:
    """Logs each value of a metric whose result is an array under its own name: Keras cannot log arrays.

    Args:
        model: A compiled model.
        names: Keras's name of a metric → the names of its values.
    """

    def get_metrics_result() -> dict[str, Any]:
        results: dict[str, Any] = type(model).get_metrics_result(model)
        for name, own in names.items():
            values = keras.ops.unstack(results.pop(name), num=len(own))
            results.update(zip(own, values, strict=True))
        return results

    if names:
        # not with `setattr`, by which Keras would track it as a part of the model
        vars(model)["get_metrics_result"] = get_metrics_result
    else:
        vars(model).pop("get_metrics_result", None)


def weigh_losses_by_examples(model: keras.Model) -> None:
    """Makes the loss of each output a mean over examples; Keras gives a smaller last batch the weight of a full one."""
    if isinstance(model._compile_loss, CompileLoss):
        model._compile_loss.__class__ = _LossByExamples


class _LossByExamples(CompileLoss):
    """The losses of a model, whose means over batches are weighted by the size of each batch."""

    def build(self, y_true: Any, y_pred: Any) -> None:
        super().build(y_true, y_pred)
        for mean in self.metrics:
            vars(mean)["update_state"] = partial(self._update, mean)

    def call(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The total loss of a batch.

        Args:
            y_true: The targets, (n, …) each.
            y_pred: The predictions, (n, …) each.
            sample_weight: The weights of the examples, (n,) each.
        """
        self._size = keras.ops.shape(keras.tree.flatten(y_true)[0])[0]
        return super().call(y_true, y_pred, sample_weight)

    def _update(self, mean: keras.metrics.Mean, value: Any, sample_weight: Any = None) -> None:  # noqa: ARG002
        type(mean).update_state(mean, value, sample_weight=self._size)
