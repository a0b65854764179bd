"""What the values of trials tell: the best so far, and which no other beats in all goals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def best_so_far(values: Array, *, more_is_better: bool) -> Array:
    """The best value up to each trial, shape (n,); NaN before the first value.

    Args:
        values: By trial, shape (n,); NaN where it has none.
        more_is_better: Whether the largest value is the best.
    """
    best: Array = (np.fmax if more_is_better else np.fmin).accumulate(values.astype("float64"))
    return best


def pareto_front(values: Array, more_is_better: Sequence[bool]) -> Array:
    """Which trials no other beats: at least as good in each goal and better in one, boolean, shape (n,).

    Args:
        values: Shape (n, k), finite.
        more_is_better: By goal, whether the largest value is the best.
    """
    costs = np.where(list(more_is_better), -values, values)
    found = np.ones(len(costs), "bool")
    for at, own in enumerate(costs):
        found[at] = not np.any((costs <= own).all(axis=1) & (costs < own).any(axis=1))
    return found


def positions(values: Array, low: float, high: float, *, is_log: bool) -> Array:
    """Where values lie on an axis, from 0 at its low end to 1, shape (n,).

    Args:
        values: Shape (n,).
        low: The low end.
        high: The high end.
        is_log: Whether the axis is logarithmic.
    """
    own = np.asarray(values, "float64")
    if is_log:
        with np.errstate(divide="ignore", invalid="ignore"):
            own, low, high = np.log(own), float(np.log(low)), float(np.log(high))
    return np.full(len(own), 0.5) if high == low else (own - low) / (high - low)
