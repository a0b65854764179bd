"""What is known of a spec's data: plain facts that the checker can be given, kept with a run as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

MAX_CLASSES = 50


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """Facts of one column, over all rows.

    Args:
        name: The column's.
        type: integer, float, boolean, text, array or image.
        missing: How many rows have no value.
        minimum: The smallest number; None for what is no number, or where all are missing.
        maximum: The largest number.
        mean: The mean of the numbers.
        deviation: Their standard deviation.
        whole: Whether all numbers are whole; None for what is no number.
        distinct: How many different values there are; None where nobody counted (arrays, images).
        classes: Value as text → rows that have it, most frequent first; only where there are at most 50 different ones.
        shape: Of one row's value; empty but for arrays.
        use: `input x`, `target y`, `weight of y`, `split`; empty for a column that feeds nothing.
        example: One value as text.
    """

    name: str
    type: str
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


@dataclass(frozen=True, slots=True)
class DataProfile:
    """Facts of a table.

    Args:
        source: csv, parquet, npz, images or synthetic.
        rows: How many examples there are, those left out because a value is missing not counted.
        columns: In the file's order.
        parts: Rows per split; empty where nothing has been split.
        classes: Of each target that is one column of labels: part → label → rows.
        repeated: Part → how many of its examples, targets included, stand in training too; only parts that were
            compared.
    """

    source: str
    rows: int
    columns: tuple[ColumnProfile, ...] = ()
    parts: dict[str, int] = field(default_factory=dict)
    classes: dict[str, dict[str, dict[str, int]]] = field(default_factory=dict)
    repeated: dict[str, int] = field(default_factory=dict)

    def column(self, name: str) -> ColumnProfile | None:
        """The column of that name."""
        return next((column for column in self.columns if column.name == name), None)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON; `from_json` reads it."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> DataProfile:
        columns = tuple(
            ColumnProfile(**{**column, "shape": tuple(column["shape"]), "use": tuple(column["use"])})
            for column in value["columns"]
        )
        more = {name: value[name] for name in ("parts", "classes", "repeated") if name in value}
        return cls(value["source"], value["rows"], columns, **more)
