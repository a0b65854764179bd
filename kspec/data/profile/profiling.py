"""The profile of a table: facts about its columns and splits."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from kspec.analysis.data_profile import MAX_CLASSES, ColumnProfile, DataProfile
from kspec.data.lists.mapping import column_of
from kspec.data.parallel import in_parallel
from kspec.data.profile.class_counts import ClassCounts
from kspec.data.profile.distinct_values import IN_CACHE, count_numbers, count_texts, in_order
from kspec.data.profile.distributions import distribution
from kspec.data.profile.missing_marks import missing_marks
from kspec.data.profile.repeated_examples import repeated_examples
from kspec.data.storage.mapped_arrays import pieces, row_bytes
from kspec.data.storage.scratch import shared_scratch
from kspec.data.table import NUMERIC, Column, Table

if TYPE_CHECKING:
    import numpy as np

    from kspec.data.arrays import TableArrays
    from kspec.data.columns import ColumnMapping
    from kspec.data.targets.labels import Labels
    from kspec.data.types import DataSplit

    Array = np.ndarray[Any, Any]

MAX_COUNTED_CLASSES = 1000
CHECKED_ROWS = 10_000
"""Rows of a target that are compared at once."""
CLOSE = 0.01
"""How far the sum of probabilities may be from 1."""
SHOWN_COLUMNS = 5


def profile_table(
    table: Table,
    source: str,
    use: Mapping[str, Sequence[str]] | None = None,
) -> DataProfile:
    """The profile of a whole table.

    Args:
        table: The table.
        source: Its kind, such as `csv`.
        use: By column, what it is used for, as in `ColumnProfile.use`.
    """
    columns, uses = table.columns.values(), use or {}
    with shared_scratch():
        profiles = in_parallel(
            lambda column: profile_column(column, uses.get(column.name, ())), columns, table.rows * len(columns)
        )
    return DataProfile(source, table.rows, tuple(profiles))


def profile_column(column: Column, use: Sequence[str] = ()) -> ColumnProfile:
    """The profile of a column; the minimum, maximum and mean ignore non-finite numbers."""
    missing = int(column.missing.sum())
    shape = tuple(int(length) for length in column.values.shape[1:])
    facts: dict[str, Any] = {"rows": len(column.missing), "missing": missing, "use": tuple(use), "shape": shape}
    if missing == len(column.values):
        return ColumnProfile(column.name, column.kind, **facts)
    facts["example"] = _example(column.values[int(column.missing.argmin())]) if not shape else ""
    if column.values.dtype.kind in "fiub":
        facts |= _moments(column)
    counts: dict[Any, int] = {}
    if column.kind == "text":
        facts["distinct"], counts = count_texts(column.values, column.missing, MAX_CLASSES)
    elif column.kind in NUMERIC:
        with in_order(column.values, column.missing) as ordered:
            facts["distinct"], counts = count_numbers(ordered, MAX_CLASSES)
            if column.kind != "boolean":
                facts |= distribution(ordered) | {"marks": missing_marks(ordered)}
    classes = {str(value).lower() if column.kind == "boolean" else str(value): n for value, n in counts.items()}
    facts["classes"] = dict(sorted(classes.items(), key=lambda item: (-item[1], item[0])))
    return ColumnProfile(column.name, column.kind, **facts)


class _Moments(NamedTuple):
    """What is known of a piece of the finite numbers: how many they are, their mean, variance and range."""

    size: int
    mean: float
    variance: float
    least: float
    most: float


def _moments(column: Column) -> dict[str, Any]:
    """The range, mean and deviation of the finite numbers, and whether all are whole."""
    import numpy

    found: list[_Moments] = []
    whole = True
    for place in pieces(len(column.values), IN_CACHE * row_bytes(column.values)):
        piece = _finite(column.values[place], column.missing[place])
        if piece.size:
            mean, variance = float(piece.mean(dtype=numpy.float64)), float(piece.var(dtype=numpy.float64))
            whole = whole and (piece.dtype.kind != "f" or bool((piece == numpy.floor(piece)).all()))
            found.append(_Moments(piece.size, mean, variance, float(piece.min()), float(piece.max())))
    if not found:
        return {}
    size = sum(piece.size for piece in found)
    mean = sum(piece.mean * (piece.size / size) for piece in found)
    variance = sum((piece.variance + (piece.mean - mean) ** 2) * (piece.size / size) for piece in found)
    return {
        "minimum": min(piece.least for piece in found),
        "maximum": max(piece.most for piece in found),
        "mean": mean,
        "deviation": math.sqrt(variance),
        "whole": whole,
    }


def _finite(values: Array, missing: Array) -> Array:
    """The finite numbers that are not missing."""
    import numpy

    values = values[~missing] if missing.any() else values
    if values.dtype.kind == "f" and not (known := numpy.isfinite(values)).all():
        return numpy.asarray(values[known])
    return values


def profile_splits(
    profile: DataProfile,
    splits: Mapping[str, Array],
    arrays: TableArrays,
    labels: Mapping[str, Labels],
    counts: ClassCounts,
    series: str = "",
) -> DataProfile:
    """The profile with the facts about each split.

    Args:
        profile: The profile of the whole table.
        splits: By split, the indices of its rows.
        arrays: The arrays of all rows.
        labels: By output, the labels of a target that is classes.
        counts: How many examples have each.
        series: As in `DataProfile`.
    """
    return DataProfile(
        profile.source,
        sum(len(rows) for rows in splits.values()),
        profile.columns,
        parts={name: len(rows) for name, rows in splits.items()},
        classes={
            name: counts.named(name)
            for name, vocabulary in labels.items()
            if len(vocabulary.names) <= MAX_COUNTED_CLASSES
        },
        repeated=repeated_examples(splits, [*arrays.inputs.values(), *arrays.targets.values()]),
        not_one_hot={
            name: rows for name, target in arrays.targets.items() if (rows := _not_one_hot(target)) is not None
        },
        series=series,
    )


def of_windows(profile: DataProfile, splits: Mapping[str, DataSplit], holes: str) -> DataProfile:
    """The profile of a table whose examples are windows: its classes are those of rows.

    Args:
        profile: The profile of the rows.
        splits: The examples.
        holes: As in `DataProfile`.
    """
    parts = {name: len(split) for name, split in splits.items()}
    return replace(profile, rows=sum(parts.values()), parts=parts, repeated={}, holes=holes)


def of_lists(profile: DataProfile, table: Table, mapping: ColumnMapping) -> DataProfile:
    """The profile with columns of lists as the arrays that they become; ranges are those of real values.

    Args:
        profile: The profile of the table as it was read.
        table: The table.
        mapping: Its columns, and the lengths of lists.
    """
    import numpy

    columns = {column.name: column for column in profile.columns}
    for name, plan in mapping.lists.items():
        column = table.columns[column_of(mapping, name)]
        rows = [] if plan.is_text else [row for row in column.values if len(row)]
        known = columns[column.name]
        if not rows:
            continue
        numbers = numpy.concatenate(rows)
        values = Column(name, "array", numbers, numpy.zeros(len(numbers), bool))
        facts = _moments(values) if numbers.dtype.kind in "fiub" else {}
        columns[column.name] = replace(known, type="array", shape=(plan.length or 0, *numbers.shape[1:]), **facts)
    return replace(profile, columns=tuple(columns.values()))


def _not_one_hot(target: Array) -> tuple[int, str] | None:
    """How many rows of a target of several columns are no probabilities, from 0 to 1 with the sum 1, and the first.

    None if all are, or if it has one column.
    """
    if target.ndim < 2 or target.shape[-1] < 2 or target.dtype.kind not in "fiub":
        return None
    count, first = 0, ""
    for start in range(0, len(target), CHECKED_ROWS):
        rows = target[start : start + CHECKED_ROWS].reshape(-1, target.shape[-1])
        wrong = not_probabilities(rows)
        if not first and wrong.any():
            first = ", ".join(f"{value:g}" for value in rows[wrong.argmax()][:SHOWN_COLUMNS].tolist())
            first += ", ..." if target.shape[-1] > SHOWN_COLUMNS else ""
        count += int(wrong.sum())
    return (count, first) if count else None


def not_probabilities(values: Array) -> Array:
    """Which rows along the last axis are no probabilities, from 0 to 1 with the sum 1; one-hot rows are.

    Args:
        values: Numbers or booleans, shape (…, k).

    Returns:
        Booleans, shape (…).
    """
    import numpy

    values = values.astype(numpy.float32, copy=False)
    wrong: Array = (abs(values.sum(axis=-1) - 1) > CLOSE) | (values < 0).any(axis=-1) | (values > 1).any(axis=-1)
    return wrong


def _example(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."
