"""Splits rows into training, validation and test.

**By fractions.** `default_rng([seed, SPLIT]).permutation(n)` orders all rows. The first rows of that order are the test
split, the next the validation split, and the rest is for training. A split has `floor(n * fraction + 0.5)` rows.

**Stratified.** The splits have the same sizes, distributed over the classes in proportion to their sizes (largest
remainder; ties go to the class that sorts first). Within each class, rows are taken in the order of the same
permutation: test first, then validation. Each class keeps at least one row for training, so that the splits of rare
classes can be smaller. Several columns make one class of each combination that occurs; the combinations with fewer than
three rows are one class together.

**By time, by order, by group, by hash, by lists**: see `kspec.data.splits`. These, like chance, draw the splits
that have no files of their own from the training rows.

**By a column** of the words train, validation and test, or **by files**, one per split. If only some splits have files,
a `validation` or `test` fraction in the spec is taken from the training rows.

Every split keeps the order of the file; with `shuffle: false`, training sees that order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from kspec.data.context import Context
from kspec.data.profile.distinct_values import numbered
from kspec.data.splits.by_chance import split_by_chance
from kspec.data.splits.by_group import split_by_group
from kspec.data.splits.by_key import split_by_hash
from kspec.data.splits.by_lists import split_by_lists
from kspec.data.splits.folds import draw_fold
from kspec.data.splits.time_setting import draw_by_time
from kspec.data.storage.mapped_arrays import counted, pieces, taken, true_rows, zeros
from kspec.data.table import Column, Table
from kspec.data.times import read_times, time_text
from kspec.diagnostics import Path, codes
from kspec.language.data import Data
from kspec.language.source_files import SPLITS
from kspec.language.split import Split

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

SPLIT_NAMES = {
    **dict.fromkeys(("train", "training", "tr", "fit"), 0),
    **dict.fromkeys(("validation", "valid", "val", "validate", "dev", "development"), 1),
    **dict.fromkeys(("test", "testing", "tst", "holdout"), 2),
}
"""The words of a split column, in lower case, and the split that each means."""

MAX_CLASSES = 1000
PATH = ("data", "split")


class Splits(NamedTuple):
    """The rows of each split.

    Args:
        rows: By split, the indices of its rows, ascending; `validation` and `test` only if they have rows.
        left_out: How many rows are in no split, and why, as in `3 left out by the gap`; empty if all are.
        last: The last time in each split, as text; empty except for a split by time.
    """

    rows: dict[str, Array]
    left_out: str = ""
    last: Mapping[str, str] = MappingProxyType({})


def split_rows(table: Table, data: Data, stratify: Sequence[Column], seed: int, context: Context) -> Splits | None:
    """Splits the rows of a table.

    Args:
        table: The table.
        data: The `data` section.
        stratify: The columns whose proportions the splits keep.
        seed: The seed of the spec.
        context: Receives every problem.

    Returns:
        The splits; None if there are errors.
    """
    import numpy

    split = data.split
    last: dict[str, str] = {}
    split_of = zeros(table.rows, numpy.int8) if table.row_splits is None else table.row_splits.astype(numpy.int8)
    if split.by is not None or split.lists is not None:
        assigned = (
            _by_column(table.columns[split.by], table, context)
            if split.by is not None
            else split_by_lists(table, split.lists or {}, split.key or "", context)
        )
        if assigned is None:
            return None
        split_of = assigned
    else:
        parts = _parts(data, table)
        free = None if table.row_splits is None else true_rows(split_of == 0)
        if split.folds is not None and (split_of == SPLITS.index("validation")).any():
            message = "each fold is the validation split once, and the source has one of its own"
            context.error(codes.TOO_MANY_FOLDS, message, (*PATH, "folds"), help="remove `folds`, or that file")
            return None
        drawn = _draw(table, split, parts, free, stratify, seed, context)
        if drawn is None:
            return None
        if free is None:
            split_of = drawn
        else:
            for piece in pieces(len(free)):
                split_of[free[piece]] = drawn[piece]
        _warn_of_empty(parts, split_of, table, context)
    splits: dict[str, Array] = {name: true_rows(split_of == number) for number, name in enumerate(SPLITS)}
    if not len(splits["train"]):
        message = f"no rows are left for training: {_counts(splits)}"
        context.error(codes.EMPTY_SPLIT, message, PATH, help="use more rows, or smaller validation and test splits")
        return None
    splits = {name: rows for name, rows in splits.items() if len(rows)}
    if split.time is not None and table.columns[split.time].kind == "text":
        times = read_times(table.columns[split.time], table, None, context)
        assert times is not None
        last = {name: time_text(times[rows].max()) for name, rows in splits.items()}
    count = int((split_of < 0).sum())
    reason = "by the gap" if split.lists is None else "in no list"
    if split.folds is not None:
        reason = "after the fold" if split.gap is None else "by the gap and after the fold"
    return Splits(splits, f"{count:,} left out {reason}" if count else "", last)


def _draw(
    table: Table,
    split: Split,
    parts: Mapping[str, float | str],
    free: Array | None,
    stratify: Sequence[Column],
    seed: int,
    context: Context,
) -> Array | None:
    """Draws the validation and test splits from rows.

    Args:
        table: The table.
        split: The setting.
        parts: The split to draw, and its fraction; by time, also the time at which it begins.
        free: The indices of the rows; None for all.
        stratify: The columns whose proportions the splits keep.
        seed: The seed of the spec.
        context: Receives every problem.

    Returns:
        By row of `free`, the number of its split, or -1; None if there are errors.
    """
    import numpy

    if split.folds is not None:
        parts = {"test": parts.get("test", 0.0)}
    if split.way in ("time", "order"):
        return draw_by_time(table, split, parts, counted(0, table.rows) if free is None else free, context)
    fractions = {name: float(part) for name, part in parts.items()}
    key = split.group or split.hash
    if key is not None:
        column, path = table.columns[key], (*PATH, split.way)
        if not _has_values(column, table, path, context):
            return None
        if column.size > 1 or column.kind in ("array", "list"):
            message = f"`{column.name}` has several values in each row, so it cannot decide the split"
            context.error(codes.INVALID_SPLIT_COLUMN, message, path, help="name a column with one value in each row")
            return None
    if split.hash is not None:
        return _those(split_by_hash(column, fractions.get("test", 0.0), fractions.get("validation", 0.0)), free)
    classes = None
    if stratify:
        classes = _classes(stratify, table, context)
        if classes is None:
            return None
        classes = _those(classes, free)
    if split.group is not None:
        groups = _those(column.texts() if column.kind == "text" else column.values, free)
        wanted = 1 + sum(fraction > 0 for fraction in fractions.values())
        found = len(numpy.unique(groups.astype(str) if column.kind == "text" else groups))
        if found < wanted:
            message = f"`{column.name}` has {found} group{'s' if found > 1 else ''}, too few for {wanted} splits"
            help = "collect more groups, or set `validation: 0` or `test: 0`"
            context.error(codes.EMPTY_SPLIT, message, (*PATH, "group"), help=help)
            return None
        groups = groups.astype(str) if column.kind == "text" else groups
        return draw_fold(split_by_group(groups, fractions, seed, classes), split, seed, classes, context, groups)
    drawn = split_by_chance(table.rows if free is None else len(free), fractions, seed, classes)
    return draw_fold(drawn, split, seed, classes, context)


def _those(values: Array, rows: Array | None) -> Array:
    """The values of some rows; of all, if there are none."""
    return values if rows is None else taken(values, rows)


def _has_values(column: Column, table: Table, path: Path, context: Context) -> bool:
    """Whether each row has a value; reports the rows without one.

    Args:
        column: The column that decides the split.
        table: Its table.
        path: The setting that names it.
        context: Receives the error.
    """
    import numpy

    if not column.missing.any():
        return True
    context.error(
        codes.MISSING_VALUES,
        f"`{column.name}` decides the split but has no value in {table.locate(numpy.flatnonzero(column.missing))}",
        path,
        help=f"fill in the values, or drop these rows: `missing: {{{column.name}: drop_row}}`",
    )
    return False


def _parts(data: Data, table: Table) -> dict[str, Any]:
    """The size of each split that is drawn; beside splits with files of their own, only those that are stated are."""
    split = data.split
    parts: dict[str, Any] = {"validation": split.validation, "test": split.test}
    if table.row_splits is not None:
        stated = split.model_fields_set
        has_file: dict[str, bool] = {
            name: bool((table.row_splits == number).any()) for number, name in enumerate(SPLITS)
        }
        parts = {name: value for name, value in parts.items() if name in stated and not has_file[name]}
    return parts


def _by_column(column: Column, table: Table, context: Context) -> Array | None:
    import numpy

    path = (*PATH, "by")
    if column.missing.any():
        rows = numpy.flatnonzero(column.missing)
        context.error(
            codes.INVALID_SPLIT_COLUMN,
            f"`{column.name}` assigns no split to {table.locate(rows)}",
            path,
            help="write `train`, `validation` or `test` in each row",
        )
        return None
    words, inverse = numpy.unique(column.texts(), return_inverse=True)
    unknown = [str(word) for word in words if str(word).strip().lower() not in SPLIT_NAMES]
    if unknown:
        shown = ", ".join(f"`{word}`" for word in unknown[:5])
        verb = "are not names of splits" if len(unknown) > 1 else "is not the name of a split"
        context.error(
            codes.INVALID_SPLIT_COLUMN,
            f"`{column.name}` contains {shown}, which {verb}",
            path,
            help="write `train`, `validation` or `test` in each row",
        )
        return None
    numbers = numpy.array([SPLIT_NAMES[str(word).strip().lower()] for word in words])
    return numbers[inverse]


def _classes(columns: Sequence[Column], table: Table, context: Context) -> Array | None:
    """The class of each row, numbered in sorted order, shape (rows,); None if the columns have none."""
    import numpy

    path = (*PATH, "stratify")
    codes_of_columns = []
    for column in columns:
        if not _has_values(column, table, path, context):
            return None
        values = column.values.reshape(table.rows, -1)
        if values.dtype == object and column.size > 1:  # NumPy cannot compare rows of objects
            values = values.astype(str)
        if column.size == 1:
            distinct, inverse = numbered(values[:, 0])
        else:
            distinct, inverse = numpy.unique(values, return_inverse=True, axis=0)
        if column.kind == "image" or len(distinct) > MAX_CLASSES or (values.dtype.kind == "f" and len(distinct) > 20):
            context.error(
                codes.INVALID_SPLIT_COLUMN,
                f"`{column.name}` has {len(distinct)} distinct values, too many for classes",
                path,
                help="stratify by a column of classes, or remove `stratify`",
            )
            return None
        codes_of_columns.append(inverse.ravel())
    if len(columns) == 1 and columns[0].size == 1:
        return codes_of_columns[0]
    classes = numpy.unique(numpy.stack(codes_of_columns, axis=1), return_inverse=True, axis=0)[1].ravel()
    merged = merge_rare(classes)
    if merged.max(initial=0) == 0 < classes.max(initial=0):
        context.warning(
            codes.INVALID_SPLIT_COLUMN,
            f"no combination of the values of {', '.join(f'`{column.name}`' for column in columns)} "
            f"has {len(SPLITS)} rows, so the split is not stratified",
            path,
            help=f"stratify by one column: `stratify: {columns[0].name}`",
        )
    return merged


def merge_rare(classes: Array) -> Array:
    """Makes one class of all classes with fewer rows than there are splits.

    >>> import numpy
    >>> merge_rare(numpy.array([0, 1, 2, 2, 2, 3])).tolist()
    [0, 0, 1, 1, 1, 0]
    """
    import numpy

    rare = numpy.bincount(classes)[classes] < len(SPLITS)
    merged: Array = numpy.unique(numpy.where(rare, -1, classes), return_inverse=True)[1].ravel()
    return merged


def _warn_of_empty(parts: Mapping[str, float | str], split_of: Array, table: Table, context: Context) -> None:
    for name, part in parts.items():
        if (isinstance(part, str) or part > 0) and not (split_of == SPLITS.index(name)).any():
            is_small = isinstance(part, float) and part * table.rows < 0.5
            why = f"{part:g} of {table.rows} rows is less than one row" if is_small else "no row belongs to it"
            context.warning(
                codes.EMPTY_SPLIT,
                f"the {name} split is empty: {why}",
                (*PATH, name),
                help=f"use more rows, or set `{name}: 0`",
            )


def _counts(splits: dict[str, Array]) -> str:
    return ", ".join(f"{len(rows)} {name}" for name, rows in splits.items())
