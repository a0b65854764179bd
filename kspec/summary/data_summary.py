"""The summary of a spec's data: splits, columns, classes, and examples as the network gets them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from kspec.analysis.data_profile import QUANTILES, ColumnProfile, DataProfile, ExampleText
from kspec.diagnostics import codes
from kspec.summary.columns import aligned, fitted

BARS = "▁▂▃▄▅▆▇█"
SHOWN_CLASSES = 3
"""The most frequent values that are shown of a column of text."""
SHOWN_COLUMNS = 40
"""The columns of text output; all are in the page and in JSON."""
DOUBTS = ("KS5", codes.TRAIN_TEST_OVERLAP, codes.UNSCALED_COLUMNS)
"""The codes, and families of codes, of problems of data."""
NUMBERS = ("min", "5%", "median", "95%", "max")


@dataclass(frozen=True, slots=True)
class DataSummary:
    """The data of a spec.

    Args:
        name: The name of the spec.
        profile: Its profile.
        facts: What `Dataset.describe` says.
        notes: What the user must know of the splits, a sentence each.
        examples: The first examples of the training split.
    """

    name: str
    profile: DataProfile
    facts: str
    notes: list[str] = field(default_factory=list)
    examples: list[ExampleText] = field(default_factory=list)

    @property
    def columns(self) -> list[ColumnProfile]:
        """The columns, those that the spec uses first."""
        return sorted(self.profile.columns, key=lambda column: not column.use)

    def to_json(self) -> dict[str, Any]:
        """Plain values for `--format json`."""
        examples = [example._asdict() for example in self.examples]
        profile = {"quantile_levels": list(QUANTILES), **self.profile.to_json()}
        return {"name": self.name, **profile, "notes": self.notes, "examples": examples}

    def to_text(self, width: int | None = None) -> str:
        """Tables of columns and classes, then the examples.

        Args:
            width: The width that the tables must fit, as far as possible; None for any.
        """
        parts = ["\n".join([f"{self.name}: {self.facts}", *self.notes]), self._columns_text(width)]
        parts += [
            "\n".join(aligned(table, right=list(table)[1:])) for table in class_tables(self.profile) if len(table) > 1
        ]
        parts += [_example_text(example) for example in self.examples]
        return "\n\n".join(part for part in parts if part) + "\n"

    def _columns_text(self, width: int | None) -> str:
        shown = self.columns[:SHOWN_COLUMNS]
        if not shown:
            return ""
        table = fitted(
            column_table(shown), width, drop=["5%", "95%", "distinct"], shorten=["values", "used as", "column"]
        )
        lines = aligned(table, right=["missing", "distinct", *NUMBERS])
        more = len(self.columns) - len(shown)
        lines += [f"... and {more:,} more columns: `--format json` or `--html` has all"] if more else []
        return "\n".join(line.rstrip() for line in lines)


def column_table(columns: Sequence[ColumnProfile]) -> dict[str, list[str]]:
    """The table of columns: heading → cells."""
    return {
        "column": [column.name for column in columns],
        "type": [_type(column) for column in columns],
        "used as": [", ".join(column.use) or "-" for column in columns],
        "missing": [f"{column.missing:,}" if column.missing else "-" for column in columns],
        "distinct": ["-" if column.distinct is None else f"{column.distinct:,}" for column in columns],
        **{name: [numbers[at] for numbers in map(_numbers, columns)] for at, name in enumerate(NUMBERS)},
        "values": [values_text(column) for column in columns],
    }


def _type(column: ColumnProfile) -> str:
    return f"{column.type} {list(column.shape)}" if column.shape else column.type


def _numbers(column: ColumnProfile) -> list[str]:
    """The cells of `NUMBERS`."""
    if column.type in ("boolean", "text", "image"):
        return [""] * len(NUMBERS)
    middle: list[float | None] = [None, None, None]
    if column.quantiles:
        middle = [column.quantiles[QUANTILES.index(level)] for level in (0.05, 0.5, 0.95)]
    return ["" if number is None else f"{number:.6g}" for number in (column.minimum, *middle, column.maximum)]


def values_text(column: ColumnProfile) -> str:
    """The values of a column in a few characters: a histogram, the most frequent ones, or an example."""
    if column.histogram and (column.distinct or 0) > 2:
        return bars(column.histogram)
    if column.classes:
        shown = [f"{value} {count:,}" for value, count in list(column.classes.items())[:SHOWN_CLASSES]]
        return ", ".join([*shown, *["…"] * (len(column.classes) > SHOWN_CLASSES)])
    return PurePath(column.example).name if column.type == "image" else column.example


def bars(histogram: Sequence[int]) -> str:
    """A histogram as a row of bars; an empty bin is a blank.

    >>> bars([1, 0, 8, 4])
    '▁ █▄'
    """
    most = max(histogram, default=0)
    top = len(BARS)
    return "".join(BARS[max(0, -(-count * top // most) - 1)] if count else " " for count in histogram)


def class_tables(profile: DataProfile) -> list[dict[str, list[str]]]:
    """By target that is classes, the table of its labels: the examples of each split, and their share."""
    tables = []
    for target, by_split in profile.classes.items():
        labels = list(dict.fromkeys(label for counts in by_split.values() for label in counts))
        if len(labels) > SHOWN_COLUMNS:
            continue
        table = {target: labels}
        for split, counts in by_split.items():
            total = sum(counts.values()) or 1
            table[split] = [f"{counts.get(label, 0):,} ({counts.get(label, 0) / total:.0%})" for label in labels]
        tables.append(table)
    return tables


def _example_text(example: ExampleText) -> str:
    lines = [f"example of row {example.row}"]
    lines += _named("input", example.inputs) + _named("target", example.targets)
    return "\n".join(lines)


def _named(kind: str, values: Mapping[str, str]) -> list[str]:
    return [f"  {kind} {name} {text}" for name, text in values.items()]
