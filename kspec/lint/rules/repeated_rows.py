"""KS418: validation or test examples that are also in the training split."""

from __future__ import annotations

import math

from kspec.analysis.data_profile import ColumnProfile
from kspec.diagnostics import Path, codes
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.outputs import data_source
from kspec.lint.rules.shared.targets import columns_with

AT_LEAST = 2
SHARE = 0.01
CHANCE = 5
MANY = 30
LARGE = 1e9
SPLIT: Path = ("data", "split")


def check(context: RuleContext) -> None:
    """Finds examples, inputs and targets alike, that occur in the training split and in another.

    Where the columns have few possible values (such as yes and no), equal rows are expected.
    """
    profile = context.profile
    if profile is None or data_source(context) == "synthetic":
        return
    for part, count in profile.repeated.items():
        size = profile.parts.get(part, 0)
        by_chance = size * profile.parts.get("train", 0) / _possible_rows(context, profile.rows)
        if count >= max(AT_LEAST, SHARE * size, CHANCE * by_chance):
            path = SPLIT if SPLIT in context.spec.positions.values else ("data",)
            context.report.warning(
                codes.TRAIN_TEST_OVERLAP,
                f"{_count(count, size, part)} also occur in the training split, with their targets",
                context.spec.positions.key(path),
                help="remove duplicate rows before the split: rows seen in training do not measure generalization",
            )


def _count(count: int, size: int, split: str) -> str:
    return f"all {size:,} {split} rows" if count == size else f"{count:,} of the {size:,} {split} rows"


def _possible_rows(context: RuleContext, rows: int) -> float:
    """The number of different rows that the values of the columns could make."""
    possible = 1.0
    for node in context.graph.inputs:
        for column in columns_with(context, f"input {node.name}"):
            possible *= _values(column, rows)
    return possible


def _values(column: ColumnProfile, rows: int) -> float:
    """The number of different values a column could have; very many for images, sentences and fractions."""
    distinct = max(column.distinct or 1, 1)
    if column.type == "array":
        span = (column.maximum or 0.0) - (column.minimum or 0.0) + 1
        size = min(math.prod(column.shape), 30)  # 2 to the 30th is large already
        return min(min(span, LARGE) ** size, LARGE) if column.whole else LARGE
    sentences = column.type == "text" and " " in column.example and distinct >= MANY and distinct >= rows / 4
    return LARGE if sentences or column.type == "image" else distinct
