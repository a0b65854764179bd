"""The single value of a target that makes it unfit for its loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from kspec.data.number_texts import FEW_WORDS, is_number

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


class OddValue(NamedTuple):
    """A value of a target that is at fault.

    Args:
        text: It, with its place.
        help: What to do about it.
    """

    text: str
    help: str


def odd_word(column: str, raw: Array, rows: Sequence[int] | Array, labels: Sequence[Any]) -> OddValue | None:
    """The word of a column of numbers that makes it one of texts; None if there is none, or if most texts are words.

    Args:
        column: The column.
        raw: The values of a split, shape (n,).
        rows: Their rows in the file, shape (n,).
        labels: The distinct values of all splits.
    """
    import numpy

    if raw.dtype.kind in "fiub":
        return None
    words = [str(label) for label in labels if not is_number(str(label))]
    if not words or len(words) > FEW_WORDS or len(words) > len(labels) / 2:
        return None
    found = numpy.flatnonzero(raw.astype(str) == words[0])
    place = f" in row {rows[found[0]]}" if len(found) else ""
    listed = ", ".join(f'"{word}"' for word in words)
    return OddValue(
        f'`{column}` has text: "{words[0]}"{place}',
        f"correct it; if it stands for a missing value, write `csv: {{path: ..., missing: [{listed}]}}`",
    )


def third_value(columns: Sequence[str], raw: Array, rows: Sequence[int] | Array) -> OddValue | None:
    """The first value of several yes/no columns that is neither 0 nor 1; None if there is none.

    Args:
        columns: The columns.
        raw: Their values, shape (n, columns).
        rows: Their rows in the file, shape (n,).
    """
    import numpy

    if len(columns) < 2 or raw.dtype.kind not in "iuf":
        return None
    places, wrong = numpy.nonzero((raw != 0) & (raw != 1))
    if not len(places):
        return None
    text = f"`{columns[wrong[0]]}` has {raw[places[0], wrong[0]]:g} in row {rows[places[0]]}"
    return OddValue(text, "write 0 and 1 in each of its columns")
