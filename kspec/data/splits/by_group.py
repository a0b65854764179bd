"""Splits by group: all rows of a group are in one split.

`default_rng([seed, SPLIT]).permutation(g)` orders the `g` groups (numbered in the order of their sorted names), and the
larger ones come first; groups of one size stay in that order. Each goes where it brings the number of rows nearest to
the wanted one: to the split for which the sum over classes of `(rows + own - wanted)² - (rows - wanted)²`, divided by
the rows of the class, is least; of equal ones to training, then validation. Without `stratify` there is one class.

Two exceptions: a group that alone has a class is for training, as long as enough others are left; and when only as many
groups are left as there are splits without any, each of these gets one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kspec.data.randomness import SPLIT, generator

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


def split_by_group(groups: Array, fractions: Mapping[str, float], seed: int, classes: Array | None = None) -> Array:
    """Draws the splits of groups.

    Args:
        groups: The name or number of each row's group, shape (rows,).
        fractions: `validation` and `test`: the fractions of the rows.
        seed: The seed of the spec.
        classes: The class of each row, numbered from 0, shape (rows,); None for one class.

    Returns:
        By row, 0 for training, 1 for validation, 2 for test; shape (rows,).
    """
    import numpy

    names, group_of = numpy.unique(groups, return_inverse=True)
    classes = numpy.zeros(len(groups), int) if classes is None else classes
    counts = numpy.zeros((len(names), int(classes.max()) + 1), int)
    numpy.add.at(counts, (group_of, classes), 1)
    totals = counts.sum(axis=0)
    held = [fractions.get("validation", 0.0), fractions.get("test", 0.0)]
    shares = numpy.array([1 - sum(held), *held])
    wanted = shares[:, None] * totals
    parts = [number for number in range(3) if shares[number] > 0]
    order = generator(seed, SPLIT).permutation(len(names))
    order = order[numpy.argsort(-counts[order].sum(axis=1), kind="stable")]
    only = counts[:, (counts > 0).sum(axis=0) == 1]
    alone = numpy.asarray((only > 0).sum(axis=1) > 0) & (counts.shape[1] > 1)
    if alone.any() and len(names) - alone.sum() >= len(parts) - 1:
        order = numpy.concatenate([order[alone[order]], order[~alone[order]]])
    else:
        alone[:] = False
    rows = numpy.zeros(wanted.shape)
    part_of = numpy.zeros(len(names), int)
    used: set[int] = set()
    for place, group in enumerate(order):
        empty = [part for part in parts if part not in used]
        candidates = [0] if alone[group] else empty if len(order) - place <= len(empty) else parts
        own = counts[group]
        costs = [float((own * (2 * (rows[p] - wanted[p]) + own) / totals).sum()) for p in candidates]
        part = candidates[costs.index(min(costs))]
        rows[part] += own
        part_of[group] = part
        used.add(part)
    return part_of[group_of]
