"""Which rows go to training, validation and test.

**By fractions.** `default_rng([seed, SPLIT]).permutation(n)` puts all rows in an order by the seed. Of that order the
first rows are the test part, the next the validation part, the rest is for training. A part has `floor(n * fraction +
0.5)` rows.

**Stratified.** The parts have as many rows as above, shared out over the classes in proportion to their sizes (largest
remainder; at equal remainders the class that sorts first). Within each class, rows are taken in the order of the same
permutation: test first, then validation.

**By a column** that says train, validation or test, and **by files**, one for each split: as they say. Where there are
files for some splits alone, a `validation` or `test` fraction that the spec states is taken from the training rows.

In all cases a part then keeps the order of the file: with `shuffle: false` that order is what training sees.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from kspec.data.context import Context
from kspec.data.randomness import SPLIT, generator
from kspec.data.table import PART_NAMES, Column, Table
from kspec.diagnostics import codes
from kspec.language.data import Data

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

SPLIT_NAMES = {
    **dict.fromkeys(("train", "training", "tr", "fit"), 0),
    **dict.fromkeys(("validation", "valid", "val", "validate", "dev", "development"), 1),
    **dict.fromkeys(("test", "testing", "tst", "holdout"), 2),
}
"""What a column of a `by` split may say, in any case."""

MAX_CLASSES = 1000
PATH = ("data", "split")


def split_rows(
    table: Table, data: Data, stratify: Column | None, seed: int, context: Context
) -> dict[str, Array] | None:
    """The rows of each part, ascending; `validation` and `test` only when they have rows.

    Args:
        stratify: The column whose proportions the parts keep.

    Returns:
        Part → indices into the table; None with the reason in the report.
    """
    import numpy

    split = data.split
    if split.by is not None:
        part_of = _by_column(table.columns[split.by], table, context)
        if part_of is None:
            return None
    else:
        part_of = numpy.zeros(table.rows, int) if table.parts is None else table.parts.copy()
        fractions = _fractions(data, table)
        free = numpy.flatnonzero(part_of == 0)
        classes = None
        if stratify is not None:
            classes = _classes(stratify, table, context)
            if classes is None:
                return None
            classes = classes[free]
        for part, places in by_fractions(len(free), fractions, seed, classes).items():
            part_of[free[places]] = PART_NAMES.index(part)
        _warn_of_empty(fractions, part_of, table, context)
    parts = {name: numpy.flatnonzero(part_of == number) for number, name in enumerate(PART_NAMES)}
    if not len(parts["train"]):
        context.error(codes.EMPTY_SPLIT, f"no row is left to train on: {_counts(parts)}", PATH,
                      help="give more rows, or smaller validation and test parts")  # fmt: skip
        return None
    return {name: rows for name, rows in parts.items() if len(rows)}


def by_fractions(count: int, fractions: dict[str, float], seed: int, classes: Array | None = None) -> dict[str, Array]:
    """The places (0 … count - 1) of the test and validation parts, ascending.

    Args:
        classes: The class of each place, as numbers in sorted order, shape (count,); None for a plain split.
    """
    import numpy

    order = generator(seed, SPLIT).permutation(count)
    wanted = {name: _rounded(count * fractions.get(name, 0.0)) for name in ("test", "validation")}
    if classes is None:
        test, held = wanted["test"], wanted["test"] + wanted["validation"]
        return {"test": numpy.sort(order[:test]), "validation": numpy.sort(order[test:held])}
    sizes = numpy.bincount(classes, minlength=1)
    shares = {name: largest_remainder(number, sizes) for name, number in wanted.items()}
    taken: dict[str, list[Array]] = {"test": [], "validation": []}
    in_order = classes[order]
    for number in range(len(sizes)):
        own = order[in_order == number]
        test = int(shares["test"][number])
        taken["test"].append(own[:test])
        taken["validation"].append(own[test : test + int(shares["validation"][number])])
    return {name: numpy.sort(numpy.concatenate(pieces)) for name, pieces in taken.items()}


def largest_remainder(number: int, sizes: Array) -> Array:
    """Shares `number` out in proportion to `sizes`, in whole numbers that sum to it.

    >>> import numpy
    >>> largest_remainder(5, numpy.array([3, 3, 4])).tolist()
    [2, 1, 2]
    """
    import numpy

    total = int(sizes.sum())
    if not total:
        return numpy.zeros(len(sizes), int)
    floors = number * sizes // total
    remainders = number * sizes % total
    left = number - int(floors.sum())
    first = numpy.argsort(-remainders, kind="stable")[:left]
    floors[first] += 1
    return floors


def _rounded(value: float) -> int:
    return math.floor(value + 0.5)


def _fractions(data: Data, table: Table) -> dict[str, float]:
    split = data.split
    fractions = {"validation": split.validation, "test": split.test}
    if table.parts is not None:
        stated = split.model_fields_set
        has_file = {name: bool((table.parts == number).any()) for number, name in enumerate(PART_NAMES)}
        fractions = {name: value for name, value in fractions.items() if name in stated and not has_file[name]}
    return fractions


def _by_column(column: Column, table: Table, context: Context) -> Array | None:
    import numpy

    path = (*PATH, "by")
    if column.missing.any():
        rows = numpy.flatnonzero(column.missing)
        context.error(
            codes.INVALID_SPLIT_COLUMN,
            f"`{column.name}` does not say which part {table.where(rows)} belong to",
            path,
            help="write train, validation or test in each row",
        )
        return None
    said, inverse = numpy.unique(column.texts(), return_inverse=True)
    unknown = [str(word) for word in said if str(word).strip().lower() not in SPLIT_NAMES]
    if unknown:
        shown = ", ".join(f"`{word}`" for word in unknown[:5])
        context.error(codes.INVALID_SPLIT_COLUMN, f"`{column.name}` says {shown}, and that is no part", path,
                      help="each row says train, validation (val, valid, dev) or test")  # fmt: skip
        return None
    numbers = numpy.array([SPLIT_NAMES[str(word).strip().lower()] for word in said])
    return numbers[inverse]


def _classes(column: Column, table: Table, context: Context) -> Array | None:
    import numpy

    path = (*PATH, "stratify")
    if column.missing.any():
        rows = numpy.flatnonzero(column.missing)
        context.error(
            codes.MISSING_VALUES,
            f"`{column.name}` decides the split and has no value in {table.where(rows)}",
            path,
            help=f"fill it in, or leave these rows out: `missing: {{{column.name}: drop_row}}`",
        )
        return None
    distinct, inverse = numpy.unique(column.values, return_inverse=True)
    if (
        column.kind in ("array", "image")
        or len(distinct) > MAX_CLASSES
        or (column.kind == "float" and len(distinct) > 20)
    ):
        context.error(
            codes.INVALID_SPLIT_COLUMN,
            f"`{column.name}` has {len(distinct)} different values: too many for classes",
            path,
            help="stratify by a column of classes, or leave `stratify` out",
        )
        return None
    return inverse


def _warn_of_empty(fractions: dict[str, float], part_of: Array, table: Table, context: Context) -> None:
    for name, fraction in fractions.items():
        if fraction > 0 and not (part_of == PART_NAMES.index(name)).any():
            context.warning(
                codes.EMPTY_SPLIT,
                f"the {name} part is empty: {fraction:g} of {table.rows} rows is less than one",
                (*PATH, name),
                help=f"give more rows, or say `{name}: 0`",
            )


def _counts(parts: dict[str, Array]) -> str:
    return ", ".join(f"{len(rows)} {name}" for name, rows in parts.items())
