"""Forecasts beside the naive ones: the last value that was known."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]


class Forecasts(NamedTuple):
    """Forecasts of one value, a line for each predicted row.

    Args:
        series: The series of each, as text, shape (n,).
        times: The time of each, shape (n,): numbers, or texts in ISO format.
        steps: How many rows after the last known one, from 1, shape (n,).
        predicted: Shape (n,).
        actual: Shape (n,).
    """

    series: Array
    times: Array
    steps: Array
    predicted: Array
    actual: Array

    def naive(self) -> Array:
        """The last value that was known at each forecast; NaN where it is not in the table."""
        found = np.full(len(self.actual), np.nan)
        for name in np.unique(self.series):
            own = np.flatnonzero(self.series == name)
            times, places = np.unique(self.times[own], return_inverse=True)
            known = np.full(len(times), np.nan)
            known[places] = self.actual[own]
            before = places - self.steps[own]
            found[own] = np.where(before >= 0, known[np.maximum(before, 0)], np.nan)
        return found

    def error_by_step(self, forecast: Array) -> tuple[Array, Array]:
        """The steps, and the mean absolute error of forecasts at each, over the rows that have one.

        Args:
            forecast: Shape (n,), NaN where there is none.
        """
        known = np.isfinite(forecast)
        steps = np.unique(self.steps[known])
        errors = np.abs(forecast - self.actual)
        return steps, np.array([errors[known & (self.steps == step)].mean() for step in steps])
