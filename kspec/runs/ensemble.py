"""The mean of the predictions of several models, and how far they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]


class Combined(NamedTuple):
    """Predictions of several models.

    Args:
        mean: By output, their mean, shape (n, …): of probabilities, or of values in the unit of their column.
        deviation: By output, their standard deviation with m - 1 degrees of freedom, in the same shape.
    """

    mean: dict[str, Array]
    deviation: dict[str, Array]


def combine(predictions: Sequence[Mapping[str, Array]]) -> Combined:
    """Combines predictions for the same examples.

    Args:
        predictions: Of each model, by output, shape (n, …).
    """
    mean, deviation = {}, {}
    for name, first in predictions[0].items():
        dtype = first.dtype if first.dtype.kind == "f" else np.dtype(np.float64)
        total = np.zeros(first.shape, np.float64)
        for each in predictions:
            total += each[name]
        center = total / len(predictions)
        squares = np.zeros(first.shape, np.float64)
        for each in predictions:
            squares += (each[name] - center) ** 2
        mean[name] = center.astype(dtype)
        deviation[name] = np.sqrt(squares / max(1, len(predictions) - 1)).astype(dtype)
    return Combined(mean, deviation)
