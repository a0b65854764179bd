"""How the numbers of a column are distributed: quantiles and a histogram."""

from __future__ import annotations

from bisect import bisect_left
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from kspec.analysis.data_profile import BINS, QUANTILES

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


def distribution(ordered: Array) -> dict[str, Any]:
    """The `quantiles` and the `histogram` of a `ColumnProfile`.

    Args:
        ordered: The numbers of the column in ascending order, shape (n,).

    Returns:
        Both facts; nothing if there are no finite values.
    """
    import numpy

    if ordered.dtype.kind == "f":
        first = numpy.searchsorted(ordered, -numpy.inf, side="right")
        ordered = ordered[first : numpy.searchsorted(ordered, numpy.inf)]
    if not len(ordered):
        return {}
    return {"quantiles": _quantiles(ordered), "histogram": _histogram(ordered)}


def _quantiles(ordered: Array) -> tuple[float, ...]:
    """NumPy's quantiles: each lies between two neighbours, and is reckoned from the nearer one."""
    import numpy

    places = (len(ordered) - 1) * numpy.array(QUANTILES)
    below = places.astype(int)
    low, high = ordered[[below, numpy.minimum(below + 1, len(ordered) - 1)]].astype(numpy.float64)
    share, difference = places - below, high - low
    return tuple(numpy.where(share < 0.5, low + difference * share, high - difference * (1 - share)).tolist())


def _histogram(ordered: Array) -> tuple[int, ...]:
    """How many numbers lie in each of `BINS` parts of their range."""
    import numpy

    least, most = ordered[[0, -1]].astype(numpy.float64)
    width = most / 2 - least / 2  # halves: the difference of two large numbers may be infinite
    if width == 0:
        return (len(ordered), *[0] * (BINS - 1))

    edges = (least / 2 + width * (numpy.arange(1, BINS) / BINS)) * 2
    places = [0, *(bisect_left(ordered, edge) for edge in edges.tolist()), len(ordered)]
    return tuple(end - start for start, end in pairwise(places))
