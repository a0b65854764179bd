"""Doubts about columns that need their rows: copies of a target, and values that drift between splits.

What the profile of a column tells by itself is left to the rules.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kspec.analysis.data_profile import MAX_CLASSES
from kspec.data.columns import ColumnMapping
from kspec.data.parallel import in_parallel
from kspec.data.table import NUMERIC, Column, Table

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

MAX_VALUES = 500_000
"""So many values of all columns together are compared; of more rows, evenly spaced ones."""
FEW_ROWS = 50
"""Fewer rows show nothing."""
FEW_VALUES = 20
"""Nor do fewer values of a split."""
ALIKE = 0.95
"""The share of a class, and of the value that stands for it, that must agree."""
LINEAR = 0.9999
"""The correlation of a column that is the target in another unit."""
FAR = 0.3
"""The distance of two distributions, from 0 to 1, from which on it is a drift."""
BY_CHANCE = 2.0
"""A distance that chance exceeds once in 1,000 splits, in units of the square root of 1/n + 1/m."""
PER_CATEGORY = 0.4
"""The mean distance by chance of each category, in these units and those of its standard deviation."""


def find_copies(table: Table, mapping: ColumnMapping, ahead: int = 0) -> dict[str, str]:
    """Columns of inputs that say the same as the column of a target, in other words or another unit.

    The only column of the inputs is not looked at: its relation to the target is the task.

    Args:
        table: The table.
        mapping: The columns of each input and output.
        ahead: How many rows are predicted from windows of the past, which tell nothing of them by their own row.

    Returns:
        Column → target column.
    """
    targets = [columns[0] for columns in mapping.targets.values() if len(columns) == 1]
    inputs = [columns for name, columns in mapping.inputs.items() if not ahead or mapping.windows.get(name) != "past"]
    names = [name for name in dict.fromkeys(itertools.chain(*inputs)) if name not in mapping.target_columns]
    if len(names) < 2 or table.rows < FEW_ROWS:
        return {}
    rows = _some_rows(table.rows, len(names) + len(targets))
    copies: dict[str, str] = {}
    for target in (table.columns[name] for name in targets):
        actual = _Values(target, rows)
        for name in names:
            if name not in copies and actual.are_told_by(_Values(table.columns[name], rows)):
                copies[name] = target.name
    return copies


class _Values:
    """Some values of a column: its codes where it has few distinct ones, its numbers where it is numeric.

    Args:
        column: The column.
        rows: The indices of the rows, shape (n,).
    """

    def __init__(self, column: Column, rows: Array) -> None:
        import numpy

        self.known = ~column.missing[rows]
        self.codes: Array | None = None
        self.numbers: Array | None = None
        if column.values.ndim > 1 or column.kind not in (*NUMERIC, "text"):
            return
        values = column.values[rows]
        distinct, codes = numpy.unique(values.astype(str) if column.kind == "text" else values, return_inverse=True)
        if len(distinct) <= MAX_CLASSES:
            self.codes = codes
        elif column.kind in NUMERIC:
            self.numbers = values.astype(numpy.float64)

    def are_told_by(self, other: _Values) -> bool:
        """Whether another column determines these values, and they it."""
        known = self.known & other.known
        if known.sum() < FEW_ROWS:
            return False
        if self.codes is not None and other.codes is not None:
            return _are_renamed(self.codes[known], other.codes[known])
        if self.numbers is not None and other.numbers is not None:
            return abs(_correlation(self.numbers[known], other.numbers[known])) > LINEAR
        return False


def _are_renamed(codes: Array, others: Array) -> bool:
    """Whether each code stands for one of the others, and the reverse, in nearly all rows of each.

    Args:
        codes: Shape (n,).
        others: Shape (n,).
    """
    import numpy

    counts = numpy.zeros((codes.max() + 1, others.max() + 1))
    numpy.add.at(counts, (codes, others), 1)
    counts = counts[counts.any(axis=1)][:, counts.any(axis=0)]
    if min(counts.shape) < 2 or counts.shape[0] != counts.shape[1]:
        return False
    shares = counts.max(axis=1) / counts.sum(axis=1), counts.max(axis=0) / counts.sum(axis=0)
    return len(set(counts.argmax(axis=1).tolist())) == len(counts) and all(share.min() >= ALIKE for share in shares)


def _correlation(x: Array, y: Array) -> float:
    """Pearson's correlation; 0 if one of them is constant or not finite."""
    import numpy

    if not (numpy.isfinite(x).all() and numpy.isfinite(y).all()):
        return 0.0
    x, y = x / (abs(x).max() or 1.0), y / (abs(y).max() or 1.0)  # squares of large numbers may be infinite
    x, y = x - x.mean(), y - y.mean()
    size = math.sqrt(float(x @ x) * float(y @ y))
    return float(x @ y) / size if size > 0 else 0.0


def find_drift(table: Table, mapping: ColumnMapping, splits: Mapping[str, Array]) -> dict[str, tuple[str, float]]:
    """Columns of inputs whose values in another split are distributed otherwise than in training.

    Args:
        table: The table.
        mapping: The columns of each input.
        splits: By split, the indices of its rows.

    Returns:
        Column → the split that differs most, and the largest difference of the two cumulative distributions (of
        categories, half the sum of the differences of their shares), from 0 to 1.
    """
    others = {name: rows for name, rows in splits.items() if name != "train"}
    if not others:
        return {}
    names = [name for name in mapping.input_columns if table.columns[name].kind in (*NUMERIC, "text")]
    train = _of(splits["train"], len(names))
    other_rows = {split: _of(rows, len(names)) for split, rows in others.items()}

    def farthest(name: str) -> tuple[str, float]:
        far = {split: _distance(table.columns[name], train, rows) for split, rows in other_rows.items()}
        split = max(far, key=lambda each: far[each])
        return split, far[split]

    rows = sum(map(len, (train, *other_rows.values())))
    found = zip(names, in_parallel(farthest, names, len(names) * rows), strict=True)
    return {name: (split, far) for name, (split, far) in found if far}


def _distance(column: Column, train: Array, other: Array) -> float:
    """How far two splits of a column are apart; 0 if it is little, or could be chance."""

    if column.values.ndim > 1:
        return 0.0
    first, second = (column.values[rows][~column.missing[rows]] for rows in (train, other))
    if min(len(first), len(second)) < FEW_VALUES:
        return 0.0
    far, chance = _categories_apart(first, second) if column.kind == "text" else (_numbers_apart(first, second), 0.0)
    chance = (BY_CHANCE + chance) * math.sqrt(1 / len(first) + 1 / len(second))
    return far if far > max(FAR, chance) else 0.0


def _numbers_apart(first: Array, second: Array) -> float:
    """The largest difference of two cumulative distributions.

    Args:
        first: Numbers, shape (n,).
        second: Numbers, shape (m,).
    """
    import numpy

    both = numpy.concatenate([numpy.sort(first), numpy.sort(second)])
    order = numpy.argsort(both, kind="stable")  # merges what is in order
    values, passed = both[order], numpy.cumsum(order < len(first))
    is_last = numpy.append(values[1:] != values[:-1], True)  # of equal numbers
    ends, passed = numpy.flatnonzero(is_last) + 1, passed[is_last]
    return float(abs(passed / len(first) - (ends - passed) / len(second)).max())


def _categories_apart(first: Array, second: Array) -> tuple[float, float]:
    """How far the shares of categories are apart, and what chance adds to that; no distance if there are too many.

    Args:
        first: Texts, shape (n,).
        second: Texts, shape (m,).
    """
    import numpy

    distinct, codes = numpy.unique(numpy.concatenate([first, second]).astype(str), return_inverse=True)
    if len(distinct) > MAX_CLASSES:
        return 0.0, 0.0
    one, other = (
        numpy.bincount(part, minlength=len(distinct)) / len(part) for part in (codes[: len(first)], codes[len(first) :])
    )
    return float(abs(one - other).sum()) / 2, PER_CATEGORY * float(numpy.sqrt(one * (1 - one)).sum())


def _of(rows: Array, columns: int) -> Array:
    return rows[_some_rows(len(rows), columns)]


def _some_rows(rows: int, columns: int) -> Array:
    """The indices of all rows, or of evenly spaced ones if there are too many."""
    import numpy

    most = max(FEW_ROWS, MAX_VALUES // max(1, columns))
    return numpy.arange(rows) if rows <= most else numpy.linspace(0, rows - 1, most).astype(int)
