"""How far predicted masks cover the actual ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from kspec.report.numbers.classes import confusion

Array = np.ndarray[Any, Any]


def intersection_over_union(matrix: Array) -> Array:
    """For each class, the positions that both masks give it, of those that either does, shape (k,); NaN without any.

    Args:
        matrix: A confusion matrix of positions, shape (k, k).
    """
    both = np.diagonal(matrix).astype("float64")
    either = matrix.sum(axis=0) + matrix.sum(axis=1) - both
    found: Array = np.divide(both, either, out=np.full(len(both), np.nan), where=either > 0)
    return found


def mean_by_example(actual: Array, predicted: Array, count: int) -> Array:
    """For each example, the mean intersection over union of the classes that occur in it, shape (n,).

    Args:
        actual: Indices of classes, -1 where none is known, shape (n, h, w).
        predicted: Indices of classes, in the same shape.
        count: How many classes there are.
    """
    means = np.full(len(actual), np.nan)
    for at, (own, other) in enumerate(zip(actual, predicted, strict=True)):
        known = own >= 0
        if known.any():
            means[at] = np.nanmean(intersection_over_union(confusion(own[known], other[known], count)))
    return means
