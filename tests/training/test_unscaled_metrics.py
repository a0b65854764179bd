"""Metrics of scaled targets, in the unit of the column, compared with numpy."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from kspec.analysis.target_scaling import TargetScaling
from kspec.data.targets.units import in_units
from kspec.training.unscaled_metrics import measure_in_units

RANDOM = np.random.default_rng(3)
TRUE, PREDICTED = RANDOM.normal(size=(2, 40, 3, 2))
SCALES = [
    TargetScaling("standard", (1e8, 300.0), (1.0, 80.0)),
    TargetScaling("minmax", (40.0,), (1200.0,)),
    TargetScaling("log"),
]
EXPECTED = {
    "MeanAbsoluteError": lambda t, p: np.abs(t - p).mean(),
    "MeanSquaredError": lambda t, p: ((t - p) ** 2).mean(),
    "RootMeanSquaredError": lambda t, p: ((t - p) ** 2).mean() ** 0.5,
    "MeanAbsolutePercentageError": lambda t, p: 100 * np.abs((t - p) / t).mean(),
}


@pytest.mark.parametrize("scaling", SCALES, ids=lambda each: each.scale)
def test_metrics(scaling):
    columns = [in_units(each.astype("float32"), scaling) for each in (TRUE, PREDICTED)]
    for name, expected in EXPECTED.items():
        metric = measure_in_units(getattr(keras.metrics, name)(dtype="float64"), scaling, "y")
        for part in (slice(25), slice(25, None)):
            metric.update_state(TRUE[part].astype("float32"), PREDICTED[part].astype("float32"))
        np.testing.assert_allclose(float(metric.result()), expected(*columns), rtol=1e-9, err_msg=name)


@pytest.mark.parametrize("scaling", SCALES, ids=lambda each: each.scale)
def test_r2(scaling):
    true, predicted = (each[:, 0].astype("float32") for each in (TRUE, PREDICTED))
    t, p = in_units(true, scaling), in_units(predicted, scaling)
    metric = measure_in_units(keras.metrics.R2Score("variance_weighted_average", dtype="float64"), scaling, "y")
    metric.update_state(true, predicted)
    squares = ((t - t.mean(axis=0)) ** 2).sum(axis=0)
    np.testing.assert_allclose(float(metric.result()), 1 - ((t - p) ** 2).sum() / squares.sum(), rtol=1e-7)


def test_masks_and_weights():
    metric = measure_in_units(keras.metrics.MeanAbsoluteError(dtype="float64"), SCALES[1], "y")
    true, predicted = (keras.ops.convert_to_tensor(each[:, :, :1], "float32") for each in (TRUE, PREDICTED))
    mask = RANDOM.random((40, 3)) > 0.4
    predicted._keras_mask = keras.ops.convert_to_tensor(mask)
    weights = RANDOM.random((40, 3))
    metric.update_state(true, predicted, weights)
    errors = 1200 * np.abs(TRUE[:, :, 0] - PREDICTED[:, :, 0])
    np.testing.assert_allclose(float(metric.result()), np.average(errors, weights=weights * mask), rtol=1e-5)
