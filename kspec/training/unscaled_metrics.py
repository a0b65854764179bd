"""Metrics in the unit of a column, for an output that is trained on scaled targets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from kspec.analysis.target_scaling import TargetScaling


def measure_in_units(metric: Any, scaling: TargetScaling) -> Any:
    """Makes a Keras metric compare targets and predictions in the unit of the column.

    It computes in float64, so that what is scaled back loses no digits.

    Args:
        metric: A Keras metric; those of Keras must have the dtype float64.
        scaling: The scale of the target.
    """
    import keras

    update, add_variable = metric.update_state, metric.add_variable
    if isinstance(metric, keras.metrics.R2Score) and scaling.is_affine:
        # its sums of squares would lose what is small beside the mean, on which R² does not depend
        scaling = replace(scaling, centers=(0.0,) * len(scaling.centers))

    def update_state(y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        return update(_in_units(y_true, scaling), _in_units(y_pred, scaling), sample_weight)

    def add_variable_in_dtype(*arguments: Any, dtype: Any = None, **more: Any) -> Any:
        return add_variable(*arguments, dtype=dtype or metric.dtype, **more)

    metric.update_state = update_state
    vars(metric)["add_variable"] = add_variable_in_dtype  # for variables that are made at the first update
    return metric


def _in_units(values: Any, scaling: TargetScaling) -> Any:
    """A Keras tensor scaled back, float64; its mask stays.

    Args:
        values: Shape (n, …).
        scaling: Their scale.
    """
    from keras import ops

    mask, shape = getattr(values, "_keras_mask", None), ops.shape(values)
    values = ops.cast(values, "float64")
    if scaling.is_affine:
        rows = ops.reshape(values, (-1, len(scaling.centers)))
        centers, spreads = (ops.convert_to_tensor(each, "float64") for each in (scaling.centers, scaling.spreads))
        values = ops.reshape(rows * spreads + centers, shape)
    else:
        values = ops.exp(values)
    if mask is not None:
        values._keras_mask = mask
    return values
