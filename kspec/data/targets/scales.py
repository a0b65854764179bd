"""Learns the scales of targets from the training split."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from kspec.analysis.target_scaling import TargetScaling
from kspec.data.columns import ColumnMapping
from kspec.data.context import Context
from kspec.data.network_specs import OutputSpec
from kspec.data.storage.mapped_arrays import pieces, row_bytes
from kspec.data.table import Table
from kspec.data.targets.ignored import known_rows
from kspec.diagnostics import Path, codes
from kspec.language.data import Data
from kspec.language.targets import Scale, target_scale

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


def learn_scales(
    data: Data,
    table: Table,
    mapping: ColumnMapping,
    targets: Mapping[str, Array],
    training: Array,
    outputs: Mapping[str, OutputSpec],
    context: Context,
    ignored: Mapping[str, Array],
) -> dict[str, TargetScaling]:
    """Learns how the target of each output is scaled.

    Args:
        data: The `data` section.
        table: The table.
        mapping: The columns of each output.
        targets: By output, its target in all rows, shape (rows, …).
        training: The rows of the training split.
        outputs: What is known of the outputs; a scale of classes is reported elsewhere.
        context: Receives what cannot be scaled.
        ignored: By output, the rows whose target is ignored.

    Returns:
        By output with a scale, the scale.
    """
    found = {}
    for name, target in targets.items():
        scale = target_scale(data.targets, name)
        task = outputs[name].task if name in outputs else None
        if scale is None or task not in (None, "regression"):
            continue
        scaling = _learn(scale, name, target, table, mapping, known_rows(training, ignored.get(name)), context)
        if scaling is not None:
            found[name] = scaling
    return found


def _learn(
    scale: Scale, name: str, target: Array, table: Table, mapping: ColumnMapping, training: Array, context: Context
) -> TargetScaling | None:
    """The scale of a target; None if it has none, which is reported.

    Args:
        scale: The setting.
        name: The output.
        target: Its target in all rows, shape (rows, …).
        table: The table.
        mapping: The columns of each output.
        training: The rows of the training split.
        context: Receives the error.
    """
    import numpy

    path: Path = ("data", "targets", name, "scale")
    columns = mapping.targets[name]
    if target.dtype.kind not in "fiub":
        message = f"`scale` is for numbers, and `{columns[0]}` has text"
        context.error(codes.UNSCALABLE_TARGET, message, path, help="remove `scale`")
        return None
    own = _Columns(target, len(columns))
    if scale == "log":
        found = [numpy.flatnonzero((own[rows] <= 0).any(axis=(1, 2))) + rows.start for rows in own.all()]
        low = numpy.concatenate(found)
        if not len(low):
            return TargetScaling(scale)
        first = own[low[:1]][0].min(axis=0)
        column, least = columns[int(first.argmin())], first.min()
        message = f"`{column}` has no logarithm where it is not positive: it is {least:g} in {table.locate(low)}"
        help = f"use `scale: standard`, or leave these rows out: `where: {column} > 0`"
        context.error(codes.UNSCALABLE_TARGET, message, path, help=help)
        return None
    known = own.known(training)
    for column, least, largest in zip(columns, known.least, known.largest, strict=True):
        if not least < largest:
            message = f"`{column}` is {least:g} in every row of training, so `scale: {scale}` has nothing to divide by"
            context.error(codes.UNSCALABLE_TARGET, message, path, help="remove `scale`, or check the split")
            return None
    if scale == "minmax":
        return TargetScaling(scale, known.least, tuple(map(operator.sub, known.largest, known.least)))
    return TargetScaling(scale, known.means, known.deviations)


class _Facts(NamedTuple):
    """By column, facts about finite values."""

    least: tuple[float, ...]
    largest: tuple[float, ...]
    means: tuple[float, ...]
    deviations: tuple[float, ...]


class _Columns:
    """The columns of a target, which can lie in a file, as float64.

    Args:
        target: Shape (rows, …).
        count: How many columns it has.
    """

    def __init__(self, target: Array, count: int) -> None:
        self.target = target
        self.count = count

    def __getitem__(self, rows: Any) -> Array:
        """The values of rows, shape (rows, values, columns)."""
        import numpy

        values = numpy.asarray(self.target[rows])
        return values.reshape(len(values), -1, self.count).astype(numpy.float64)

    def all(self) -> Iterator[slice]:
        """All rows, in pieces."""
        return iter(pieces(len(self.target), row_bytes(self.target)))

    def known(self, training: Array) -> _Facts:
        """Facts about the finite values of some rows, in the same bits wherever the target lies.

        Args:
            training: The rows.
        """
        import numpy

        parts = list(pieces(len(training), row_bytes(self.target)))
        counts, sums = numpy.zeros(self.count), numpy.zeros(self.count)
        least, largest = numpy.full(self.count, numpy.inf), numpy.full(self.count, -numpy.inf)
        for part in parts:
            values = self[training[part]]
            is_known = numpy.isfinite(values)
            counts += is_known.sum(axis=(0, 1))
            sums += numpy.where(is_known, values, 0).sum(axis=(0, 1))
            least = numpy.minimum(least, numpy.where(is_known, values, numpy.inf).min(axis=(0, 1)))
            largest = numpy.maximum(largest, numpy.where(is_known, values, -numpy.inf).max(axis=(0, 1)))
        means, squares = sums / numpy.maximum(counts, 1), numpy.zeros(self.count)
        for part in parts:
            values = self[training[part]]
            squares += numpy.where(numpy.isfinite(values), (values - means) ** 2, 0).sum(axis=(0, 1))
        deviations = numpy.sqrt(squares / numpy.maximum(counts, 1))
        return _Facts(*(tuple(each.tolist()) for each in (least, largest, means, deviations)))
