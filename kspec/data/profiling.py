"""Facts of columns, and the line that tells what was read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kspec.analysis.data_profile import MAX_CLASSES, ColumnProfile, DataProfile
from kspec.data.table import NUMERIC, Column, Table

if TYPE_CHECKING:
    import numpy as np

    from kspec.data.labels import Labels
    from kspec.data.types import Dataset

    Array = np.ndarray[Any, Any]

SHOWN_NAMES = 6
MAX_COUNTED_CLASSES = 1000
MAX_COMPARED_BYTES = 1 << 27
"""Data above this size is not searched for examples that two parts share."""


def profile_table(
    table: Table,
    source: str,
    parts: Mapping[str, int] | None = None,
    use: Mapping[str, Sequence[str]] | None = None,
) -> DataProfile:
    """The facts of a table's columns."""
    columns = tuple(profile_column(column, (use or {}).get(name, ())) for name, column in table.columns.items())
    return DataProfile(source, table.rows, columns, dict(parts or {}))


def profile_column(column: Column, use: Sequence[str] = ()) -> ColumnProfile:
    """The facts of a column; numbers that are not finite are left out of minimum, maximum and mean."""
    import numpy

    missing = int(column.missing.sum())
    shape = tuple(int(length) for length in column.values.shape[1:])
    facts: dict[str, Any] = {"missing": missing, "use": tuple(use), "shape": shape}
    present = column.values[~column.missing] if missing else column.values
    if not len(present):
        return ColumnProfile(column.name, column.kind, **facts)
    facts["example"] = _example(present[0]) if not shape else ""
    if present.dtype.kind in "fiub":
        finite = present[numpy.isfinite(present)] if present.dtype.kind == "f" else present
        if finite.size:
            facts["minimum"] = float(finite.min())
            facts["maximum"] = float(finite.max())
            facts["mean"] = float(finite.mean(dtype=numpy.float64))
            facts["deviation"] = float(finite.std(dtype=numpy.float64))
            facts["whole"] = bool(present.dtype.kind != "f" or (finite == numpy.floor(finite)).all())
    if column.kind in NUMERIC or column.kind == "text":
        facts["distinct"], classes = _counts(present, column.kind)
        facts["classes"] = dict(sorted(classes.items(), key=lambda item: (-item[1], item[0])))
    return ColumnProfile(column.name, column.kind, **facts)


def profile_parts(
    profile: DataProfile,
    split: Mapping[str, Array],
    inputs: Mapping[str, Any],
    targets: Mapping[str, Array],
    labels: Mapping[str, Labels],
) -> DataProfile:
    """The profile with the facts of each part.

    Args:
        profile: Of the whole table.
        split: Part → the indices of its rows.
        inputs: By input, shape (rows, …).
        targets: By output, as in `DataSplit.targets`.
        labels: By output, the vocabulary of a target that is one column of labels.
    """
    return DataProfile(
        profile.source,
        sum(len(rows) for rows in split.values()),
        profile.columns,
        parts={name: len(rows) for name, rows in split.items()},
        classes={name: _classes_of_parts(targets[name], vocabulary, split) for name, vocabulary in labels.items()
                 if len(vocabulary.names) <= MAX_COUNTED_CLASSES},
        repeated=_repeated(split, [*inputs.values(), *targets.values()]),
    )  # fmt: skip


def _classes_of_parts(target: Array, labels: Labels, split: Mapping[str, Array]) -> dict[str, dict[str, int]]:
    import numpy

    classes = labels.indices(target)
    counts = {part: numpy.bincount(classes[rows], minlength=len(labels.names)) for part, rows in split.items()}
    return {
        part: {name: int(count) for name, count in zip(labels.names, found, strict=True) if count}
        for part, found in counts.items()
    }


def _repeated(split: Mapping[str, Array], arrays: Sequence[Any]) -> dict[str, int]:
    """How many examples of each other part stand in training too; nothing where comparing them would take long."""
    import numpy

    known = all(isinstance(array, numpy.ndarray) for array in arrays)
    if len(split) < 2 or not known or sum(array.nbytes for array in arrays) > MAX_COMPARED_BYTES:
        return {}
    examples = list(zip(*(_keys(array) for array in arrays), strict=True))
    seen = {examples[row] for row in split["train"].tolist()}
    return {
        part: sum(examples[row] in seen for row in rows.tolist()) for part, rows in split.items() if part != "train"
    }


def _keys(array: Array) -> list[Any]:
    """Something for each example that is equal where the examples are."""
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
    """How many different values there are, and, where these are few, how many rows have each."""
    import numpy

    if kind == "text":
        counted: dict[str, int] = dict(Counter(present.tolist()))
        return len(counted), counted if len(counted) <= MAX_CLASSES else {}
    values, counts = numpy.unique(present, return_counts=True)
    if len(values) > MAX_CLASSES:
        return len(values), {}
    named = (str(value).lower() if kind == "boolean" else str(value) for value in values.tolist())
    return len(values), dict(zip(named, counts.tolist(), strict=True))


def describe(dataset: Dataset) -> str:
    """One line: `569 rows: 398 train, 57 validation, 114 test; x from 10 columns; y: no, yes; not used: id`."""
    rows = {name: len(part) for name, part in dataset.splits.items()}
    total = sum(rows.values())
    said = [
        f"{total:,} row{'s' if total != 1 else ''}: " + ", ".join(f"{count:,} {name}" for name, count in rows.items())
    ]
    columns = dataset.fitted.get("columns", {}).get("inputs", {})
    if columns:
        said.append("; ".join(_fed(name, used) for name, used in columns.items()))
    for name, labels in dataset.labels.items():
        if labels.kind == "text" or len(labels.names) <= SHOWN_NAMES:
            said.append(f"{name}: {_listed(labels.names)}")
    if dataset.dropped:
        said.append(f"{dataset.dropped:,} left out for missing values")
    if dataset.unused:
        said.append(f"not used: {_listed(dataset.unused)}")
    return "; ".join(said)


def _fed(name: str, columns: Sequence[str]) -> str:
    if len(columns) == 1:
        return f"{name} from {columns[0]}" if columns[0] != name else name
    return f"{name} from {len(columns)} columns"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:SHOWN_NAMES])
    return f"{shown} and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else shown
