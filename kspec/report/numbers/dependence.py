"""Partial dependence: the prediction for a value of a column, averaged over what the other columns are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from kspec.report.numbers.columns import Array, InputColumn

Predict = Callable[[Mapping[str, Array]], Array]
"""Inputs, shape (n, …) → predictions, shape (n, k)."""

GRID = 20
"""The most values of a column at which predictions are computed."""
REACH = (0.05, 0.95)
"""The quantiles of a column of numbers between which these lie."""
BAND = (0.1, 0.9)
"""The quantiles of the band around the mean."""


class Dependence(NamedTuple):
    """How predictions follow a column.

    Args:
        grid: The values of the column, (g,): numbers, ascending, or categories, the most frequent first.
        each: The prediction for each example, shape (g, n, k).
    """

    grid: list[Any]
    each: Array

    def mean(self) -> Array:
        """The partial dependence, shape (g, k)."""
        return np.asarray(self.each.mean(axis=1, dtype="float64"))

    def band(self) -> tuple[Array, Array]:
        """The quantiles between which eight of ten examples lie, shape (g, k) each."""
        low, high = np.quantile(self.each, BAND, axis=1)
        return low, high


def grid_of(values: Array, most: int = GRID) -> list[Any]:
    """The values of a column at which its dependence is computed.

    Args:
        values: Its value in each example, shape (n,): numbers or texts.
        most: How many there are at most.

    Returns:
        All values if they are few; else numbers in even steps between their quantiles, or the most frequent texts.
    """
    distinct, counts = np.unique(values, return_counts=True)
    if values.dtype.kind not in "fiub":
        return [str(distinct[at]) for at in np.argsort(-counts, kind="stable")[:most]]
    if len(distinct) <= most:
        return [each.item() for each in distinct]
    low, high = np.quantile(values, REACH)
    steps = np.linspace(low, high, most)
    if values.dtype.kind in "iu":
        steps = np.unique(steps.round().astype(values.dtype))
    return [float(each) if values.dtype.kind == "f" else int(each) for each in steps]


def dependence(predict: Predict, inputs: Mapping[str, Array], column: InputColumn, grid: Sequence[Any]) -> Dependence:
    """Computes how predictions follow a column.

    Args:
        predict: The model.
        inputs: By input, shape (n, …).
        column: The column; no whole input.
        grid: Its values.
    """
    parts = [column.replaced(inputs, value) for value in grid]
    stacked = {name: np.concatenate([part[name] for part in parts]) for name in inputs}
    found = predict(stacked)
    return Dependence(list(grid), found.reshape(len(grid), -1, found.shape[1]))
