"""How far predicted numbers are from the actual ones."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]

LEVELS = (0.5, 0.75, 0.9, 0.95, 0.99)
"""The quantiles of the absolute error."""


class Errors(NamedTuple):
    """The errors of a regression, in the unit of its target.

    Args:
        mean_absolute: The mean absolute error.
        root_mean_squared: The root of the mean squared error.
        mean: The mean of predicted - actual: below 0 where predictions are too low.
        r_squared: The share of the variance that is explained; NaN if the target does not vary.
        quantiles: Of the absolute error, at `LEVELS`.
    """

    mean_absolute: float
    root_mean_squared: float
    mean: float
    r_squared: float
    quantiles: tuple[float, ...]


def errors(actual: Array, predicted: Array) -> Errors:
    """The errors of predictions.

    Args:
        actual: Shape (n,).
        predicted: Shape (n,).
    """
    difference = predicted.astype("float64") - actual.astype("float64")
    spread = float(np.sum((actual - actual.mean(dtype="float64")) ** 2))
    squared = float(np.sum(difference**2))
    return Errors(
        float(np.abs(difference).mean()),
        float(np.sqrt(squared / len(difference))),
        float(difference.mean()),
        1 - squared / spread if spread else float("nan"),
        tuple(float(each) for each in np.quantile(np.abs(difference), LEVELS)),
    )
