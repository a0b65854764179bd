"""How many examples of each split have each class of a target."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kspec.data.profile.distinct_values import IN_CACHE, integer_counts, small_bounds
from kspec.data.storage.mapped_arrays import gathered, pieces, row_bytes
from kspec.data.targets.ignored import known_rows
from kspec.data.targets.labels import Labels

if TYPE_CHECKING:
    import numpy as np

    from kspec.data.arrays import TableArrays

    Array = np.ndarray[Any, Any]


class ClassCounts:
    """The counts of each target, which are made once.

    Args:
        arrays: The arrays of all rows.
        labels: By output, the labels of a target that is classes.
        splits: By split, the indices of its rows.
        ignored: By output, the rows whose target is ignored.
    """

    def __init__(
        self,
        arrays: TableArrays,
        labels: Mapping[str, Labels],
        splits: Mapping[str, Array],
        ignored: Mapping[str, Array],
    ) -> None:
        self._arrays, self._labels, self._splits, self._ignored = arrays, labels, splits, ignored
        self._counts: dict[str, dict[str, list[int]]] = {}

    def of(self, name: str) -> dict[str, list[int]]:
        """By split, the number of examples (or positions) of each class, without an ignored label, and without padding.

        Args:
            name: The output.
        """
        if name not in self._counts:
            known = {split: known_rows(rows, self._ignored.get(name)) for split, rows in self._splits.items()}
            self._counts[name] = {split: self._counted(name, rows).tolist() for split, rows in known.items()}
        return self._counts[name]

    def named(self, name: str) -> dict[str, dict[str, int]]:
        """By split, the same of each class that occurs, by its label.

        Args:
            name: The output.
        """
        names = self._labels[name].names
        return {
            split: {label: count for label, count in zip(names, counts, strict=True) if count}
            for split, counts in self.of(name).items()
        }

    def _counted(self, name: str, rows: Array) -> Array:
        """The number of examples of each class among some rows, int64, shape (classes,)."""
        import numpy

        target, labels, positions = self._arrays.targets[name], self._labels[name], self._arrays.positions.get(name)
        counts = numpy.zeros(len(labels.names), numpy.int64)
        for piece in pieces(len(rows), IN_CACHE * row_bytes(target)):
            raw, many = gathered(target, rows[piece]), None
            if labels.kind != "column" and positions is None:
                raw, many = _value_counts(raw.ravel())
            known = ~labels.is_ignored(raw)
            if positions is not None:
                real = positions[rows[piece]]
                known &= real.reshape(*real.shape, *[1] * (known.ndim - real.ndim))
            classes = labels.indices(raw)[known]
            counts += numpy.bincount(classes, None if many is None else many[known], len(counts)).astype(numpy.int64)
        return counts


def _value_counts(values: Array) -> tuple[Array, Array]:
    """The distinct values, and how many there are of each, both of shape (k,).

    Args:
        values: Shape (n,).
    """
    import numpy

    if values.dtype == object:
        counter = Counter(values.tolist())
        known = numpy.empty(len(counter), object)
        known[:] = list(counter)
        return known, numpy.fromiter(counter.values(), numpy.int64, len(counter))
    if values.dtype.kind in "iu" and (bounds := small_bounds(values)) is not None:
        counts = integer_counts(values, *bounds)
        present = numpy.flatnonzero(counts)
        return (present + bounds[0]).astype(values.dtype), counts[present]
    return numpy.unique(values, return_counts=True)
