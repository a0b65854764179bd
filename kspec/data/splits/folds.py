"""Folds: parts of the training rows, each of which is the validation split of one run.

**By chance.** `default_rng([seed, SPLIT]).permutation(n)` orders the rows, and the folds take one in turn; stratified,
the rows of each class in turn, class after class, so that every fold has as many of each, give or take one.

**By group.** The larger groups first (of one size, in the order of a permutation), each goes to the fold with the
fewest rows of its classes so far, and of these to that with the fewest rows.

**In time.** Walk-forward: of `k` folds, fold `i` (from 1) validates on the rows from `floor(n * i / (k + 1) + 0.5)` on,
moved to the nearest row at which a new time begins, up to the next fold's; it trains on all rows before.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from kspec.data.context import Context
from kspec.data.randomness import SPLIT, generator
from kspec.diagnostics import codes
from kspec.language.split import Split

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

PATH = ("data", "split", "folds")
TRAIN, VALIDATION, LEFT_OUT = 0, 1, -1


def folds_by_chance(count: int, folds: int, seed: int, classes: Array | None = None) -> Array:
    """The fold of each row, from 0; shape (count,).

    Args:
        count: The number of rows.
        folds: The number of folds.
        seed: The seed of the spec.
        classes: The class of each row, numbered from 0, for stratified folds.
    """
    import numpy

    order = generator(seed, SPLIT).permutation(count)
    if classes is not None:
        order = order[numpy.argsort(classes[order], kind="stable")]
    fold_of = numpy.empty(count, int)
    fold_of[order] = numpy.arange(count) % folds
    return fold_of


def folds_by_group(groups: Array, folds: int, seed: int, classes: Array | None = None) -> Array:
    """The fold of each row, from 0; shape (rows,).

    Args:
        groups: The group of each row.
        folds: The number of folds.
        seed: The seed of the spec.
        classes: The class of each row, numbered from 0, for stratified folds.
    """
    import numpy

    names, group_of = numpy.unique(groups, return_inverse=True)
    classes = numpy.zeros(len(groups), int) if classes is None else classes
    counts = numpy.zeros((len(names), int(classes.max()) + 1), int)
    numpy.add.at(counts, (group_of, classes), 1)
    shares = counts / numpy.maximum(counts.sum(axis=0), 1)
    order = generator(seed, SPLIT).permutation(len(names))
    order = order[numpy.argsort(-counts[order].sum(axis=1), kind="stable")]
    filled, rows = numpy.zeros((folds, counts.shape[1])), numpy.zeros(folds, int)
    fold_of = numpy.empty(len(names), int)
    for place, group in enumerate(order):
        empty = numpy.flatnonzero(rows == 0)
        candidates = empty if len(order) - place <= len(empty) else numpy.arange(folds)
        cost = (filled[candidates] * shares[group]).sum(axis=1)
        fold = candidates[numpy.lexsort((rows[candidates], cost))[0]]
        filled[fold] += shares[group]
        rows[fold] += counts[group].sum()
        fold_of[group] = fold
    return fold_of[group_of]


def walk_forward(times: Array, folds: int, fold: int, gap: Any, context: Context) -> Array | None:
    """Splits rows for a fold that validates on what comes after its training.

    Args:
        times: Moments or numbers, shape (rows,).
        folds: The number of folds.
        fold: Which one, from 1.
        gap: What to leave out before the validation split: a number or a timedelta; None for nothing.
        context: Receives an error if there are too few times.

    Returns:
        By row, 0 for training, 1 for validation, -1 for later rows and those in the gap; None if there are errors.
    """
    import numpy

    ordered = numpy.sort(times)
    starts = numpy.flatnonzero(ordered[1:] != ordered[:-1]) + 1
    if len(starts) < folds:
        what = f"{len(starts) + 1} different time{'s' if len(starts) else ''}"
        _refuse(f"{folds} folds in time need {folds + 1} different times, and the data has {what}", context)
        return None
    begins: list[int] = []
    for number in range(1, folds + 1):  # each after the one before, with enough times left for the rest
        place = math.floor(len(ordered) * number / (folds + 1) + 0.5)
        least = 0 if not begins else begins[-1] + 1
        free = starts[least : len(starts) - (folds - number)]
        begins.append(least + int(numpy.abs(free - place).argmin()))
    begin = ordered[starts[begins[fold - 1]]]
    split = numpy.where(times >= begin, VALIDATION, TRAIN)
    if fold < folds:
        split[times >= ordered[starts[begins[fold]]]] = LEFT_OUT
    if gap is not None:
        split[(times < begin) & (times >= begin - gap)] = LEFT_OUT
    return split


def draw_fold(
    drawn: Array, split: Split, seed: int, classes: Array | None, context: Context, groups: Array | None = None
) -> Array | None:
    """Takes the validation split of a fold by chance or by group from the rows of training.

    Args:
        drawn: By row, 0 for training, 2 for the test.
        split: The setting; without `folds`, nothing changes.
        seed: The seed of the spec.
        classes: The class of each row, for stratified folds.
        context: Receives an error if there are too few rows or groups.
        groups: The group of each row, which is in one fold only.

    Returns:
        The same with 1 for validation; None if there are errors.
    """
    import numpy

    if split.folds is None:
        return drawn
    own = numpy.flatnonzero(drawn == TRAIN)
    count = len(own) if groups is None else len(numpy.unique(groups[own]))
    if count < split.folds:
        what = "rows to train on" if groups is None else f"groups in `{split.group}`"
        _refuse(f"{split.folds} folds need as many {what}, and there are {count}", context)
        return None
    if classes is not None:
        classes = numpy.unique(classes[own], return_inverse=True)[1]
        _warn_of_rare(classes, split.folds, context)
    if groups is None:
        fold_of = folds_by_chance(len(own), split.folds, seed, classes)
    else:
        fold_of = folds_by_group(groups[own], split.folds, seed, classes)
    drawn[own[fold_of == (split.fold or 1) - 1]] = VALIDATION
    return drawn


def _warn_of_rare(classes: Array, folds: int, context: Context) -> None:
    """Warns of classes with fewer rows than there are folds.

    Args:
        classes: The class of each row, numbered from 0.
        folds: The number of folds.
        context: Receives the warning.
    """
    import numpy

    counts = numpy.bincount(classes)
    rare = int(((counts > 0) & (counts < folds)).sum())
    if rare:
        least = int(counts[counts > 0].min())
        what = "class has" if rare == 1 else "classes have"
        message = f"{rare} {what} fewer rows than there are folds (the rarest has {least}), so some folds lack it"
        context.warning(codes.TOO_MANY_FOLDS, message, PATH, help=f"use at most {max(2, least)} folds")


def _refuse(message: str, context: Context) -> None:
    context.error(codes.TOO_MANY_FOLDS, message, PATH, help="use fewer folds")
