"""Metrics in the unit of a column, for an output that is trained on scaled targets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kspec.analysis.target_scaling import TargetScaling


class _Units:
    """The scale of an output's target, in variables, so that functions traced with one scale serve another.

    Args:
        output: The name of the output.
        scaling: The scale.
        centered: Whether to add the centers.
    """

    def __init__(self, output: str, scaling: TargetScaling, centered: bool) -> None:
        import tensorflow as tf

        self.output = output
        self.is_affine = scaling.is_affine
        self.centered = centered
        self._centers = tf.Variable(scaling.centers, trainable=False, dtype=tf.float64)
        self._spreads = tf.Variable(scaling.spreads, trainable=False, dtype=tf.float64)
        self.set(scaling)

    def set(self, scaling: TargetScaling) -> None:
        """Changes the numbers of the scale."""
        self._centers.assign(scaling.centers if self.centered else (0.0,) * len(scaling.centers))
        self._spreads.assign(scaling.spreads)

    def __call__(self, values: Any) -> Any:
        """A Keras tensor scaled back, float64; its mask stays.

        Args:
            values: Shape (n, …).
        """
        from keras import ops

        mask, shape = getattr(values, "_keras_mask", None), ops.shape(values)
        values = ops.cast(values, "float64")
        if self.is_affine:
            rows = ops.reshape(values, (-1, self._centers.shape[0]))
            values = ops.reshape(rows * self._spreads + self._centers, shape)
        else:
            values = ops.exp(values)
        if mask is not None:
            values._keras_mask = mask
        return values


def measure_in_units(metric: Any, scaling: TargetScaling, output: str) -> Any:
    """Makes a Keras metric compare targets and predictions in the unit of the column.

    It computes in float64, so that what is scaled back loses no digits.

    Args:
        metric: A Keras metric; those of Keras must have the dtype float64.
        scaling: The scale of the target.
        output: The name of the output.
    """
    import keras

    update, add_variable = metric.update_state, metric.add_variable
    # the sums of squares of R² would lose what is small beside the mean, on which it does not depend
    units = _Units(output, scaling, centered=not isinstance(metric, keras.metrics.R2Score))

    def update_state(y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        return update(units(y_true), units(y_pred), sample_weight)

    def add_variable_in_dtype(*arguments: Any, dtype: Any = None, **more: Any) -> Any:
        return add_variable(*arguments, dtype=dtype or metric.dtype, **more)

    metric.update_state = update_state
    vars(metric)["units"] = units
    vars(metric)["add_variable"] = add_variable_in_dtype  # for variables that are made at the first update
    return metric


def set_units(model: Any, scalings: Mapping[str, TargetScaling | None]) -> None:
    """Changes the scales of the metrics of a compiled model.

    Args:
        model: The model.
        scalings: By output, its scale.
    """
    import keras

    metrics = model._compile_metrics
    if metrics is None:
        return
    for metric in keras.tree.flatten([metrics._user_metrics, metrics._user_weighted_metrics]):
        units = getattr(metric, "units", None)
        if isinstance(units, _Units) and (scaling := scalings[units.output]) is not None:
            units.set(scaling)
