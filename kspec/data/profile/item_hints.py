"""What the lists and arrays of a column tell of their role: tokens, indices, measurements."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from kspec.data.table import Column

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

LOOKED_AT = 2000
"""So many lists of a column are looked at."""


class ItemHints(NamedTuple):
    """What the items of a column of lists tell.

    Args:
        kind: What an item is.
        length: The length that nine of ten lists do not exceed.
        longest: The length of the longest list.
        width: The numbers of an item that is a list itself; 0 of a single one.
        distinct: The number of distinct items.
        least: The smallest number; None of texts.
        are_repeated: Whether items occur twice and more in the mean, as those of a vocabulary do.
    """

    kind: Literal["text", "integer", "float"]
    length: int
    longest: int
    width: int
    distinct: int
    least: float | None
    are_repeated: bool


def item_hints(column: Column) -> ItemHints | None:
    """The hints of a column of lists, or of arrays of one axis or of texts; None of others, and of empty lists."""
    import numpy

    if column.kind not in ("list", "array") or (column.kind == "array" and column.values.ndim != 2):
        return None
    rows = [numpy.asarray(row) for row in column.values[~column.missing][:LOOKED_AT]]
    rows = [row for row in rows if len(row)]
    if not rows:
        return None
    items = numpy.concatenate(rows)
    kind: Literal["text", "integer", "float"] = (
        "text" if items.dtype.kind in "OU" else "float" if items.dtype.kind == "f" else "integer"
    )
    lengths = numpy.array([len(row) for row in rows])
    distinct = len(set(items.tolist())) if kind == "text" else len(numpy.unique(items))
    least = None if kind == "text" else float(items.min())
    return ItemHints(
        kind,
        math.ceil(numpy.quantile(lengths, 0.9)),
        int(lengths.max()),
        items.shape[1] if items.ndim > 1 else 0,
        distinct,
        least,
        distinct * 2 <= items.size,
    )
