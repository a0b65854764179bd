"""How far the distribution of new values is from that of the training rows: the population stability index (PSI).

Values are counted in the bins of training: between its deciles, or by category. With `a` and `e` the shares of new and
of training rows in a bin, each with half a row added to every bin, the index is the sum of `(a - e) * ln(a / e)`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from kspec.contract.new_rows import NewColumn, number_of, text_of
from kspec.contract.parts import ColumnContract, Seen
from kspec.data.lists.columns import items_of
from kspec.data.profile.training_columns import number_label

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

THRESHOLD = 0.2
"""The index from which a column has drifted, as is usual: below 0.1 nothing has changed, above 0.2 much."""
MIN_ROWS = 30
"""Fewer new rows have no distribution."""
SHOWN_CATEGORIES = 50
"""The most frequent categories; all others are one bin."""
_NORMAL_999 = 3.0902323061678132
OTHERS, GAPS = "(others)", "(missing)"


class Drift(NamedTuple):
    """The drift of a column.

    Args:
        column: Its name.
        psi: The population stability index.
        threshold: From which on it has drifted: 0.2, or more where chance alone reaches that with so few rows in one
            of a thousand cases.
        bins: What each bin holds, in words.
        expected: The share of training rows in each bin.
        actual: The share of new rows.
        rows: How many new rows there are.
    """

    column: str
    psi: float
    threshold: float
    bins: list[str]
    expected: list[float]
    actual: list[float]
    rows: int

    @property
    def has_drifted(self) -> bool:
        return self.psi > self.threshold

    @property
    def widest(self) -> int:
        """The bin that contributes most."""
        return max(range(len(self.bins)), key=lambda bin: part(self.expected[bin], self.actual[bin]))

    def change(self) -> str:
        """The bin that contributes most, in words."""
        at = self.widest
        before, now = f"{self.expected[at]:.1%}", f"{self.actual[at]:.1%}"
        return f"{self.bins[at]} had {before} of the rows, and has {now}"

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "column": self.column,
            "psi": self.psi,
            "threshold": self.threshold,
            "drifted": self.has_drifted,
            "rows": self.rows,
            "bins": self.bins,
            "training": self.expected,
            "new": self.actual,
        }


def part(expected: float, actual: float) -> float:
    """What a bin contributes to the index."""
    return (actual - expected) * math.log(actual / expected)


def column_drift(contract: ColumnContract, column: NewColumn) -> Drift | None:
    """The drift of a column; None if it has no distribution, or there are few rows.

    Args:
        contract: What training has seen of it.
        column: The new rows.
    """
    counted = _counted(contract, column)
    return None if counted is None else drift_of(contract.name, *counted)


def drift_of(name: str, bins: Sequence[str], before: Sequence[float], now: Sequence[float]) -> Drift | None:
    """The drift between two counts; None if there are few.

    Args:
        name: Of what.
        bins: What each bin holds.
        before: How many training rows are in each bin.
        now: How many new rows.
    """
    old, new = sum(before), sum(now)
    if new < MIN_ROWS or old < 1 or len(bins) < 2:
        return None
    half = 0.5 * len(bins)
    expected = [(count + 0.5) / (old + half) for count in before]
    actual = [(count + 0.5) / (new + half) for count in now]
    index = sum(map(part, expected, actual))
    chance = _chi_squared(len(bins) - 1) * (1 / old + 1 / new)
    return Drift(name, index, max(THRESHOLD, chance), list(bins), expected, actual, int(new))


def number_counts(seen: Seen, numbers: Array) -> tuple[list[str], list[float], list[float]] | None:
    """The bins of numbers, and how many training and new rows are in each; None if training has none.

    Args:
        seen: What training has seen.
        numbers: The new numbers without gaps, shape (n,).
    """
    import numpy

    if seen.bins is None:
        return None
    edges = numpy.array(seen.bins.edges, float)
    now = numpy.bincount(numpy.searchsorted(edges, numbers, side="right"), minlength=len(edges) + 1)
    ends = [f"{edge:.4g}" for edge in edges.tolist()]
    words = [f"< {ends[0]}", *map("{} to {}".format, ends, ends[1:]), f">= {ends[-1]}"] if ends else ["all"]
    used = [at for at, (old, new) in enumerate(zip(seen.bins.counts, now.tolist(), strict=True)) if old or new]
    return (
        [words[at] for at in used],
        [float(seen.bins.counts[at]) for at in used],
        [float(now[at]) for at in used],
    )


def category_counts(seen: Seen, texts: Sequence[str]) -> tuple[list[str], list[float], list[float]]:
    """The categories, and how many training and new rows are in each; the rare and the new ones are one bin.

    Args:
        seen: What training has seen.
        texts: The new categories.
    """
    from collections import Counter

    found = Counter(texts)
    names = sorted(seen.categories, key=lambda name: (-seen.categories[name], name))[:SHOWN_CATEGORIES]
    before = [float(seen.categories[name]) for name in names]
    now = [float(found.pop(name, 0)) for name in names]
    rest = float(sum(seen.categories.values()) - sum(before)), float(sum(found.values()))
    return ([*names, OTHERS], [*before, rest[0]], [*now, rest[1]]) if any(rest) else (names, before, now)


def _counted(contract: ColumnContract, column: NewColumn) -> tuple[list[str], list[float], list[float]] | None:
    """The bins of a column with those of gaps, and how many training and new rows are in each."""
    import numpy

    seen = contract.seen
    present = ~column.missing
    counted: tuple[list[str], list[float], list[float]] | None = None
    if seen.categories:
        counted = category_counts(seen, category_texts(contract, column))
    elif contract.takes_numbers:
        numbers = column.numbers()[0]
        counted = number_counts(seen, numbers[~numpy.isnan(numbers)])
    elif seen.length is not None and contract.kind in ("text", "list"):
        values = [with_items(contract, value) for value in column.values[present].tolist()]
        lengths = [len(value) for value in values if hasattr(value, "__len__")]
        counted = number_counts(Seen(bins=seen.length.bins), numpy.array(lengths, float))
    if counted is None:
        return None
    known = seen.rows - seen.missing
    before = seen.missing * (sum(counted[1]) / known if known else 0.0)
    now = float(column.missing.sum())
    if before or now:
        return [*counted[0], GAPS], [*counted[1], before], [*counted[2], now]
    return counted


def category_texts(contract: ColumnContract, column: NewColumn) -> list[str]:
    """The categories of the rows that have one, spelled as in training."""
    values = column.values[~column.missing].tolist()
    if contract.kind == "text" or contract.dtype == "string":
        return [text_of(value) for value in values]
    return [_number_text(value, contract.kind == "boolean") for value in values]


def with_items(contract: ColumnContract, value: Any) -> Any:
    """A value; the items of a list that is a text."""
    is_list = isinstance(value, str) and contract.kind == "list" and contract.sep is not None
    return items_of(value, contract.sep or "") if is_list else value


def _number_text(value: Any, is_boolean: bool) -> str:
    number = number_of(value)
    if is_boolean and number in (0, 1):
        return "true" if number else "false"
    return text_of(value) if number is None else number_label(number)


def _chi_squared(freedom: int) -> float:
    """The 0.999 quantile of chi squared, by Wilson and Hilferty; the index is that, times 1/n + 1/m, by chance."""
    spread = 2 / (9 * freedom)
    return float(freedom * (1 - spread + _NORMAL_999 * math.sqrt(spread)) ** 3)
