"""Numbers that stand for a missing value, such as -999 among temperatures."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_NINES = re.compile(r"-?9{2,}(\.9+)?")
"""What people write: nines, which the values themselves do not reach."""
REPEATED = 2
FEW = 3
"""Fewer other values may be codes of classes, as the nines are; unless they are 0 and 1."""
SAMPLE = 10_000
"""So many values, at least, tell how many distinct ones there are."""


def missing_marks(ordered: Array) -> dict[str, int]:
    """The numbers that stand for missing values, with how many rows have them.

    Such a number is the least or the largest, consists of nines, occurs in several rows, and is farther from the
    others than these are from each other, or is the only negative one.

    Args:
        ordered: Numbers in ascending order, NaN last, shape (n,).
    """
    import numpy

    values = ordered
    if ordered.dtype.kind == "f":
        values = ordered[numpy.searchsorted(ordered, -numpy.inf, "right") : numpy.searchsorted(ordered, numpy.inf)]
    counts: dict[float, int] = {}
    for value in {float(values[0]), float(values[-1])} if len(values) else ():
        if _NINES.fullmatch(f"{value:.12g}"):
            first, last = (int(numpy.searchsorted(values, value, side)) for side in ("left", "right"))
            counts[value] = last - first
    if not counts:
        return {}
    others = values[counts.get(float(values[0]), 0) : len(values) - counts.get(float(values[-1]), 0)]
    if not len(others):
        return {}
    low, high = float(others[0]), float(others[-1])
    if high - low > 1 and len(numpy.unique(others[:: max(1, len(others) // SAMPLE)])) < FEW:
        return {}
    far = {value for value in counts if max(low - value, value - high) > high - low or (value < 0 <= low)}
    return {f"{value:.12g}": counts[value] for value in sorted(far) if counts[value] >= REPEATED}
