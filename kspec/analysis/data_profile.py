"""A profile of the data of a spec: plain facts for the analysis, stored with each run as JSON."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

MAX_CLASSES = 50
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Which quantiles are known of a column of numbers."""
BINS = 12
"""The bins of its histogram, of equal width from the minimum to the maximum."""


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """Facts about one column, over all rows.

    Args:
        name: The column's name.
        type: integer, float, boolean, text, array, list or image.
        rows: The number of rows.
        missing: The number of rows without a value.
        minimum: The smallest number; None if there are no numbers.
        maximum: The largest number.
        mean: The mean of the numbers.
        deviation: Their standard deviation.
        whole: Whether all numbers are integers; None if there are no numbers.
        distinct: The number of distinct values; None if not counted (arrays, images).
        classes: Value as text → number of rows, most frequent first; only if there are at most 50 distinct values.
        shape: Of the value of a row; empty except for arrays.
        use: `input x`, `target y`, `weight of y`, `split`; empty for an unused column.
        example: A value as text.
        quantiles: Those of `QUANTILES`; empty if there are no numbers, and for arrays.
        histogram: The number of rows in each of `BINS` bins; empty likewise.
        marks: Number as text → number of rows, of those that stand for a missing value, as -999 may.
    """

    name: str
    type: str
    rows: int = 0
    missing: int = 0
    minimum: float | None = None
    maximum: float | None = None
    mean: float | None = None
    deviation: float | None = None
    whole: bool | None = None
    distinct: int | None = None
    classes: dict[str, int] = field(default_factory=dict)
    shape: tuple[int, ...] = ()
    use: tuple[str, ...] = ()
    example: str = ""
    quantiles: tuple[float, ...] = ()
    histogram: tuple[int, ...] = ()
    marks: dict[str, int] = field(default_factory=dict)

    @property
    def median(self) -> float | None:
        """The median of the numbers; None if there are none."""
        return self.quantiles[QUANTILES.index(0.5)] if self.quantiles else None


_COLUMN = tuple(each.name for each in fields(ColumnProfile))


class ExampleText(NamedTuple):
    """An example in words.

    Args:
        row: Its row in the file, from 1.
        inputs: By input, the shape and the first values.
        targets: By output, the shape and the first values, or the label.
    """

    row: int
    inputs: dict[str, str]
    targets: dict[str, str]


@dataclass(frozen=True, slots=True)
class DataProfile:
    """Facts about a table.

    Args:
        source: csv, parquet, npz, images or synthetic.
        rows: The number of examples, without rows dropped for missing values.
        columns: In the order of the file.
        parts: Split → rows; empty if the data has not been split.
        classes: Target that is one column of labels → split → label → rows.
        repeated: Split → number of its examples, targets included, that also occur in the training split; only for
            splits that were compared.
        not_one_hot: Target of several columns → number of rows that are no probabilities of its columns, and the first
            such row as text.
        series: A column of times at even steps, in rows that are split by chance; empty if there is none.
        holes: What is to be known of holes in the time of windows, a sentence; empty if there are none.
        copies: Column of an input → the target column that it repeats in other words or units.
        drift: Column of an input → the split where its values differ from those of training, and how far, from 0 to 1.
    """

    source: str
    rows: int
    columns: tuple[ColumnProfile, ...] = ()
    parts: dict[str, int] = field(default_factory=dict)
    classes: dict[str, dict[str, dict[str, int]]] = field(default_factory=dict)
    repeated: dict[str, int] = field(default_factory=dict)
    not_one_hot: dict[str, tuple[int, str]] = field(default_factory=dict)
    series: str = ""
    holes: str = ""
    copies: dict[str, str] = field(default_factory=dict)
    drift: dict[str, tuple[str, float]] = field(default_factory=dict)

    def column(self, name: str) -> ColumnProfile | None:
        """The column of that name, if any."""
        return next((column for column in self.columns if column.name == name), None)

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON; `from_json` reads them."""
        columns = [{name: getattr(column, name) for name in _COLUMN} for column in self.columns]
        return {each.name: getattr(self, each.name) for each in fields(self)} | {"columns": columns}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> DataProfile:
        columns = tuple(ColumnProfile(**{**column, **_tuples(column)}) for column in value["columns"])
        plain = ("parts", "classes", "repeated", "series", "holes", "copies")
        more = {name: value[name] for name in plain if name in value}
        not_one_hot = {name: (int(rows), str(row)) for name, (rows, row) in value.get("not_one_hot", {}).items()}
        drift = {name: (str(split), float(far)) for name, (split, far) in value.get("drift", {}).items()}
        return cls(value["source"], value["rows"], columns, not_one_hot=not_one_hot, drift=drift, **more)


def _tuples(column: dict[str, Any]) -> dict[str, Any]:
    """The lists of a column's JSON as tuples."""
    return {name: tuple(column[name]) for name in ("shape", "use", "quantiles", "histogram") if name in column}
