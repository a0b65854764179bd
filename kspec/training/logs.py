"""What training logs: a name for each value of a metric that has several, and means over examples.

Every engine reads its logs from `get_metrics_result`, so that both hold for all of them, and for `evaluate`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import keras
from keras.src.losses import loss as loss_module
from keras.src.trainers.compile_utils import CompileLoss

from kspec.training.engine.patch import patch


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


def weigh_losses(model: keras.Model) -> None:
    """Makes each logged loss the mean over an epoch or split, whatever the batch size.

    Keras gives each batch the weight of its examples in the total loss, and the same weight in the loss of an output.
    But a loss is a mean over what it counts: with a mask or an ignored class, a batch of few counted positions would
    weigh as much as one of many. So each batch has the weight by which its loss was divided.
    """
    losses = model._compile_loss
    if isinstance(losses, CompileLoss):
        losses.__class__ = _CountedLosses
        # not with `setattr`, by which Keras would track it as a part of the model
        vars(model)["_loss_tracker"] = _TotalLoss(losses, len(keras.tree.flatten(losses._user_loss)))


class _CountedLoss:
    """A loss of an output that notes what it has counted in the latest batch.

    Args:
        loss: The loss.
        weight: Its weight in the total.

    Attributes:
        value: The weighted loss of the batch, a scalar.
        count: What the batch weighs: positions that a mask leaves, or sample weights; None for its examples.
    """

    def __init__(self, loss: keras.Loss, weight: float | None) -> None:
        self.loss = loss
        self.weight = 1.0 if weight is None else weight
        self.value: Any = 0.0
        self.count: Any = None

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The loss of a batch, as Keras computes it.

        Args:
            y_true: The target, shape (n, …).
            y_pred: The prediction, shape (n, …).
            sample_weight: The weights, shape (n,) or (n, …).
        """
        self.count = None
        reduce = loss_module.reduce_weighted_values

        def reduce_and_count(
            values: Any, sample_weight: Any = None, mask: Any = None, reduction: Any = "", dtype: Any = None
        ) -> Any:
            self.count = _counted(sample_weight, mask, reduction)
            return reduce(values, sample_weight, mask, reduction, dtype)

        with patch(loss_module, reduce_weighted_values=reduce_and_count):
            value = self.loss(y_true, y_pred, sample_weight)
        self.value = keras.ops.cast(value, "float32") * self.weight
        return value


def _counted(sample_weight: Any, mask: Any, reduction: str | None) -> Any:
    """What Keras divides the sum of a loss by, where that is not proportional to the number of examples; else None."""
    if reduction == "mean_with_sample_weight":
        weights = loss_module.apply_mask(sample_weight, mask, "float32", reduction)
        return None if weights is None else keras.ops.sum(keras.ops.cast(weights, "float32"))
    if mask is None or reduction in ("sum", "none", None):
        return None
    return keras.ops.sum(keras.ops.cast(mask, "float32"))


class _CountedLosses(CompileLoss):
    """The losses of a model. The mean of each over batches weighs a batch by what the loss counts in it."""

    _flat_losses: list[Any]

    def build(self, y_true: Any, y_pred: Any) -> None:
        super().build(y_true, y_pred)
        self.counted = [_CountedLoss(entry.loss, entry.loss_weights) for entry in self._flat_losses]
        self._flat_losses = [
            entry._replace(loss=counted) for entry, counted in zip(self._flat_losses, self.counted, strict=True)
        ]
        for mean, counted in zip(self.metrics, self.counted, strict=False):  # a single loss has no mean of its own
            vars(mean)["update_state"] = partial(self._update, mean, counted)

    def call(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The total loss of a batch.

        Args:
            y_true: The targets, (n, …) each.
            y_pred: The predictions, (n, …) each.
            sample_weight: The weights of the examples, (n,) each.
        """
        self.size = keras.ops.cast(keras.ops.shape(keras.tree.flatten(y_true)[0])[0], "float32")
        self.total = super().call(y_true, y_pred, sample_weight)
        return self.total

    def _update(self, mean: Any, counted: _CountedLoss, value: Any, sample_weight: Any = None) -> None:
        del sample_weight  # Keras's own is the static size of the batch
        type(mean).update_state(mean, value, self.size if counted.count is None else counted.count)


class _TotalLoss(keras.metrics.Metric):
    """The loss of a model: the weighted sum of the means of its losses, and the mean of regularization over examples.

    Args:
        losses: The losses.
        number: How many there are.
    """

    def __init__(self, losses: _CountedLosses, number: int) -> None:
        super().__init__(name="loss")
        self.losses = losses
        self.sums = self.add_variable((number + 1,), initializer="zeros", name="sums")
        self.counts = self.add_variable((number + 1,), initializer="zeros", name="counts")

    def update_state(self, total: Any, sample_weight: Any = None) -> None:
        """Adds a batch, whose losses have just been computed.

        Args:
            total: The loss of the batch, with regularization.
            sample_weight: The number of its examples.
        """
        del sample_weight  # the losses know it
        losses, counted = self.losses, self.losses.counted
        counts = keras.ops.stack(
            [*(losses.size if each.count is None else each.count for each in counted), losses.size]
        )
        values = keras.ops.stack([*(each.value for each in counted), keras.ops.cast(total - losses.total, "float32")])
        self.sums.assign_add(values * counts)
        self.counts.assign_add(counts)

    def result(self) -> Any:
        """The loss, a scalar."""
        return keras.ops.sum(keras.ops.divide_no_nan(self.sums, self.counts))
