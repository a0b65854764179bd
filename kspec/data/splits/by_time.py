"""Splits in an order: that of a column of times, or that of the rows.

**Fractions.** Of `n` rows in the order of time, the test split should begin at row `n - floor(n * test + 0.5)`, the
validation split `floor(n * validation + 0.5)` rows before. Rows of equal time stay together: a split begins at the row
nearest to that at which a new time begins (of two as near, the earlier), but not at the first row.

**Times.** A split has the rows from its time on, up to the next split.

**A gap.** A row is left out of a split if its time is less than `gap` before the beginning of the next one that has
rows: training has `time < beginning - gap`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kspec.data.storage.mapped_arrays import copied, zeros

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

LEFT_OUT = -1


def split_by_time(times: Array, parts: Mapping[str, Any], gap: Any) -> Array:
    """Splits rows in the order of their times.

    Args:
        times: Moments or numbers, shape (rows,).
        parts: `validation` and `test`: a fraction of the rows (a float from 0 up to 1), or a time of the
            type of `times`.
        gap: What to leave out before a split: a number or a timedelta; None for nothing.

    Returns:
        By row, 0 for training, 1 for validation, 2 for test, -1 for rows that the gap leaves out; shape (rows,).
    """
    import numpy

    ordered = copied(times)
    ordered.sort()
    begin: dict[str, Any] = {}
    held = 0
    upto = len(ordered)
    for name in ("test", "validation"):
        part = parts[name]
        if isinstance(part, float) and 0 <= part < 1:
            count = math.floor(len(ordered) * part + 0.5)
            held += count
            if count == 0:
                continue
            place = len(ordered) - held
            if upto < 1:
                continue
            same = ordered[min(place, upto - 1)]
            starts = [int(numpy.searchsorted(ordered, same, side)) for side in ("left", "right")]
            starts = [start for start in starts if 1 <= start < upto]
            if not starts:
                continue
            begin[name] = ordered[min(starts, key=lambda start: abs(start - place))]
        else:
            begin[name] = part
            held = int((ordered >= part).sum())
        upto = int(numpy.searchsorted(ordered, begin[name]))
    split = zeros(len(times), numpy.int8, times)
    for number, name in ((1, "validation"), (2, "test")):
        if name in begin:
            split[times >= begin[name]] = number
    if gap is not None:
        for start in [begin[name] for number, name in ((1, "validation"), (2, "test")) if (split == number).any()]:
            split[(times < start) & (times >= start - gap)] = LEFT_OUT
    return split
