"""Parts of the examples by the values of a column, and how much a quantity differs between them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from kspec.report.numbers.columns import Array

FEWEST = 10
"""A part with fewer examples says nothing."""
MOST_VALUES = 10
"""A column of numbers with more different values is cut at its quantiles."""
QUANTILES = 4


class Parts(NamedTuple):
    """The parts of the examples by a column.

    Args:
        names: Of the parts, in the order of the values.
        of: The part of each example, shape (n,); -1 where it belongs to none.
    """

    names: list[str]
    of: Array


def parts_of(values: Array, quantiles: int = QUANTILES) -> Parts:
    """Divides examples by their values in a column: each value, or ranges between quantiles.

    Args:
        values: Shape (n,): numbers or texts.
        quantiles: How many ranges there are at most.
    """
    distinct, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    if values.dtype.kind in "fiub" and len(distinct) > MOST_VALUES:
        edges = np.unique(np.quantile(values, np.linspace(0, 1, quantiles + 1)))
        of = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
        texts = [f"{each:.4g}" for each in edges.tolist()]
        names = [f"{low} to {high}" for low, high in pairwise(texts)]
        return Parts(names, of)
    kept = [at for at in np.argsort(-counts, kind="stable")[:MOST_VALUES] if counts[at] >= FEWEST]
    kept.sort()
    new = np.full(len(distinct), -1)
    new[kept] = np.arange(len(kept))
    return Parts([_text(distinct[at]) for at in kept], new[places.reshape(-1)])


def ranges_of(count: int, most: int) -> int:
    """Into how many ranges examples are divided, so that each has enough of them.

    Args:
        count: How many examples there are.
        most: The most ranges.
    """
    return max(2, min(most, count // FEWEST))


def difference(quantity: Array, parts: Parts) -> float:
    """How much a quantity differs between parts, against what it varies within them: Fisher's F; 0 for one part.

    Args:
        quantity: One number for each example, shape (n,).
        parts: The parts.
    """
    known = parts.of >= 0
    quantity, of = quantity[known].astype("float64"), parts.of[known]
    counts = np.bincount(of, minlength=len(parts.names))
    counted = counts > 0
    groups, rest = int(counted.sum()) - 1, len(quantity) - int(counted.sum())
    if groups < 1 or rest < 1:
        return 0.0
    means = np.bincount(of, quantity, len(counts))[counted] / counts[counted]
    between = float(np.sum(counts[counted] * (means - quantity.mean()) ** 2)) / groups
    spread = np.zeros(len(counts))
    spread[counted] = means
    within = float(np.sum((quantity - spread[of]) ** 2)) / rest
    return between / within if within else (float("inf") if between else 0.0)


class RangeOfErrors(NamedTuple):
    """What the residuals of a part of the examples are.

    Args:
        name: The part.
        examples: How many it has.
        low: The 5% quantile.
        median: The median.
        high: The 95% quantile.
    """

    name: str
    examples: int
    low: float
    median: float
    high: float


def residual_ranges(residuals: Array, parts: Parts) -> list[RangeOfErrors]:
    """The residuals in each part.

    Args:
        residuals: Shape (n,).
        parts: The parts.
    """
    found = []
    for at, name in enumerate(parts.names):
        own = residuals[parts.of == at]
        if len(own):
            low, middle, high = (float(each) for each in np.quantile(own, (0.05, 0.5, 0.95)))
            found.append(RangeOfErrors(name, len(own), low, middle, high))
    return found


def _text(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, (int, float, np.number)) and not isinstance(value, bool) else str(value)
