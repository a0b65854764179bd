"""Losses and metrics that do not count padding: positions whose target is marked, as `mark_padding` does."""

from __future__ import annotations

from typing import Any

from kspec.data.lists.padding import PADDING


def without_padding(loss: Any, *, is_class: bool) -> Any:
    """A loss like this one over real positions alone: a mean is one over these.

    A mask of the prediction does not count: the target says which positions are real. A saved model holds Keras's own
    loss.

    Args:
        loss: A loss of Keras, or its name.
        is_class: Whether the target is class numbers, rather than values.
    """
    import keras
    from keras.src.backend import set_keras_mask
    from keras.src.trainers.compile_utils import get_loss

    loss = get_loss(loss, None, None)
    original: Any = type(loss)

    class WithoutPadding(original):
        def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
            return super().__call__(y_true, y_pred + 0, sample_weight)  # a copy without the mask

        def call(self, y_true: Any, y_pred: Any) -> Any:
            real, y_true = _real(y_true, is_class=is_class)
            values = super().call(y_true, y_pred)
            real = real[..., 0] if len(real.shape) > len(values.shape) else real
            set_keras_mask(values, keras.ops.broadcast_to(real, keras.ops.shape(values)))
            return values

    WithoutPadding.__name__, WithoutPadding.__module__ = original.__name__, original.__module__
    loss.__class__ = WithoutPadding
    return loss


ACCURACIES: dict[str, str] = {"integer": "SparseCategoricalAccuracy", "one_hot": "CategoricalAccuracy"}
"""Form of a target → what Keras makes of `accuracy`."""


def of_real_positions(metric: Any, form: str) -> Any:
    """A metric like this one that counts real positions alone.

    Args:
        metric: A metric of Keras, or its name.
        form: The form of the target, as in `OutputSettings.target_form`.
    """
    import keras
    from keras import ops
    from keras.src.trainers.compile_utils import get_metric

    is_class = form == "integer"
    if metric in ("accuracy", "acc"):
        metric = getattr(keras.metrics, ACCURACIES.get(form, "BinaryAccuracy"))(name=metric)
    else:
        metric = get_metric(metric, None, None)
    update = metric.update_state

    def update_state(y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        real, y_true = _real(ops.convert_to_tensor(y_true), is_class=is_class)
        weight = ops.cast(real, "float32")
        if sample_weight is not None:
            weight = weight * ops.reshape(ops.cast(sample_weight, "float32"), ops.shape(weight))
        return update(y_true, y_pred + 0, weight)

    metric.update_state = update_state
    return metric


def _real(y_true: Any, *, is_class: bool) -> tuple[Any, Any]:
    """Which positions are real, shape (n, …) or (n, …, 1) of values; and the target with 0 in the others.

    Args:
        y_true: The target, shape (n, …) of class numbers, (n, …, k) of values.
        is_class: Which of these it is.
    """
    from keras import ops

    if is_class:
        real = ops.not_equal(y_true, ops.cast(PADDING, y_true.dtype))
    else:
        real = ops.logical_not(ops.isnan(y_true[..., :1]))
    return real, ops.where(real, y_true, ops.zeros_like(y_true))
