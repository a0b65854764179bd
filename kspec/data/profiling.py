"""The profile of a table: facts about its columns and splits."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kspec.analysis.data_profile import MAX_CLASSES, ColumnProfile, DataProfile
from kspec.data.table import NUMERIC, Column, Table

if TYPE_CHECKING:
    import numpy as np

    from kspec.data.labels import Labels
    from kspec.data.types import DataSplit

    Array = np.ndarray[Any, Any]

MAX_COUNTED_CLASSES = 1000
MAX_COMPARED_BYTES = 1 << 27
"""Larger data is not searched for examples that occur in two splits."""
CHECKED_ROWS = 10_000
"""Rows of a target that are compared at once."""
PIECE = 1 << 24
"""Numbers that are looked at together."""
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
    columns = tuple(profile_column(column, (use or {}).get(name, ())) for name, column in table.columns.items())
    return DataProfile(source, table.rows, columns)


def profile_column(column: Column, use: Sequence[str] = ()) -> ColumnProfile:
    """The profile of a column; the minimum, maximum and mean ignore non-finite numbers."""

    missing = int(column.missing.sum())
    shape = tuple(int(length) for length in column.values.shape[1:])
    facts: dict[str, Any] = {"missing": missing, "use": tuple(use), "shape": shape}
    present = column.values[~column.missing] if missing else column.values
    if not len(present):
        return ColumnProfile(column.name, column.kind, **facts)
    facts["example"] = _example(present[0]) if not shape else ""
    if present.dtype.kind in "fiub":
        facts |= _moments(present)
    if column.kind in NUMERIC or column.kind == "text":
        facts["distinct"], classes = _counts(present, column.kind)
        facts["classes"] = dict(sorted(classes.items(), key=lambda item: (-item[1], item[0])))
    return ColumnProfile(column.name, column.kind, **facts)


def _moments(present: Array) -> dict[str, Any]:
    """The range, mean and deviation of the finite numbers, and whether all are whole."""
    import numpy

    rows = max(1, PIECE * len(present) // max(1, present.size))
    pieces = [_finite(present[start : start + rows]) for start in range(0, len(present), rows)]
    pieces = [piece for piece in pieces if piece.size]
    if not pieces:
        return {}
    count = sum(piece.size for piece in pieces)
    mean = sum(float(piece.mean(dtype=numpy.float64)) * (piece.size / count) for piece in pieces)
    if len(pieces) == 1:
        deviation = float(pieces[0].std(dtype=numpy.float64))
    else:  # a large array is looked at piece by piece: its numbers as float64 would take twice its memory
        variance = sum(
            (float(piece.var(dtype=numpy.float64)) + (float(piece.mean(dtype=numpy.float64)) - mean) ** 2)
            * (piece.size / count)
            for piece in pieces
        )
        deviation = math.sqrt(variance)
    return {
        "minimum": float(min(piece.min() for piece in pieces)),
        "maximum": float(max(piece.max() for piece in pieces)),
        "mean": mean,
        "deviation": deviation,
        "whole": all(bool(p.dtype.kind != "f" or (p == numpy.floor(p)).all()) for p in pieces),
    }


def _finite(values: Array) -> Array:
    import numpy

    finite: Array = values
    if values.dtype.kind == "f" and not (known := numpy.isfinite(values)).all():
        finite = values[known]
    return finite


def profile_splits(
    profile: DataProfile,
    splits: Mapping[str, Array],
    inputs: Mapping[str, Any],
    targets: Mapping[str, Array],
    labels: Mapping[str, Labels],
    series: str = "",
) -> DataProfile:
    """The profile with the facts about each split.

    Args:
        profile: The profile of the whole table.
        splits: By split, the indices of its rows.
        inputs: By input, shape (rows, …).
        targets: By output, as in `DataSplit.targets`.
        labels: By output, the labels of a target that is classes.
        series: As in `DataProfile`.
    """
    return DataProfile(
        profile.source,
        sum(len(rows) for rows in splits.values()),
        profile.columns,
        parts={name: len(rows) for name, rows in splits.items()},
        classes={
            name: _classes_by_split(targets[name], vocabulary, splits)
            for name, vocabulary in labels.items()
            if len(vocabulary.names) <= MAX_COUNTED_CLASSES
        },
        repeated=_repeated(splits, [*inputs.values(), *targets.values()]),
        not_one_hot={name: rows for name, target in targets.items() if (rows := _not_one_hot(target)) is not None},
        series=series,
    )


def of_windows(profile: DataProfile, splits: Mapping[str, DataSplit]) -> DataProfile:
    """The profile of a table whose examples are windows: its classes are those of rows.

    Args:
        profile: The profile of the rows.
        splits: The examples.
    """
    parts = {name: len(split) for name, split in splits.items()}
    return replace(profile, rows=sum(parts.values()), parts=parts, repeated={})


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


def _classes_by_split(target: Array, labels: Labels, splits: Mapping[str, Array]) -> dict[str, dict[str, int]]:
    """By split, the number of examples (or positions) of each class that occurs, without an ignored label."""
    import numpy

    counted: dict[str, dict[str, int]] = {}
    for split, rows in splits.items():
        raw = target[rows]
        classes = labels.indices(raw)[~labels.is_ignored(raw)]
        counts = numpy.bincount(classes, minlength=len(labels.names))
        counted[split] = {name: int(count) for name, count in zip(labels.names, counts, strict=True) if count}
    return counted


def _repeated(splits: Mapping[str, Array], arrays: Sequence[Any]) -> dict[str, int]:
    """How many examples of each other split also occur in training; empty if comparing them would take long."""
    import numpy

    in_memory = all(isinstance(array, numpy.ndarray) for array in arrays)
    if len(splits) < 2 or not in_memory or sum(array.nbytes for array in arrays) > MAX_COMPARED_BYTES:
        return {}
    examples = list(zip(*(_keys(array) for array in arrays), strict=True))
    seen = {examples[row] for row in splits["train"].tolist()}
    return {
        split: sum(examples[row] in seen for row in rows.tolist()) for split, rows in splits.items() if split != "train"
    }


def _keys(array: Array) -> list[Any]:
    """A hashable key for each example: equal keys, equal examples."""
    import numpy

    if not array.size or array.dtype == object:
        return [tuple(row) for row in array.reshape(len(array), -1).tolist()]
    flat = numpy.ascontiguousarray(array).reshape(len(array), -1)
    keys: list[Any] = flat.view(numpy.dtype((numpy.void, flat.shape[1] * flat.itemsize))).ravel().tolist()
    return keys


def _example(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _counts(present: Any, kind: str) -> tuple[int, dict[str, int]]:
    """The number of distinct values and, if they are few, the rows with each."""
    import numpy

    if kind == "text":
        counted: dict[str, int] = dict(Counter(present.tolist()))
        return len(counted), counted if len(counted) <= MAX_CLASSES else {}
    values, counts = numpy.unique(present, return_counts=True)
    if len(values) > MAX_CLASSES:
        return len(values), {}
    named = (str(value).lower() if kind == "boolean" else str(value) for value in values.tolist())
    return len(values), dict(zip(named, counts.tolist(), strict=True))
