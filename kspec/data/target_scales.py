"""Learns the scales of targets from the training split."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kspec.analysis.target_scaling import TargetScaling
from kspec.data.columns import ColumnMapping
from kspec.data.context import Context
from kspec.data.table import Table
from kspec.data.types import OutputSpec
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

    Returns:
        By output with a scale, the scale.
    """
    found = {}
    for name, target in targets.items():
        scale = target_scale(data.targets, name)
        task = outputs[name].task if name in outputs else None
        if scale is None or task not in (None, "regression"):
            continue
        scaling = _learn(scale, name, target, table, mapping, training, context)
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
    values = target.reshape(len(target), -1, len(columns)).astype(numpy.float64)
    if scale == "log":
        for number, column in enumerate(columns):
            low = numpy.flatnonzero((values[:, :, number] <= 0).any(axis=1))
            if len(low):
                value = f"{values[low[0], :, number].min():g}"
                message = f"`{column}` has no logarithm where it is not positive: it is {value} in {table.locate(low)}"
                help = "use `scale: standard`, or leave these rows out: " + context.remedy(f"`where: {column} > 0`")
                context.error(codes.UNSCALABLE_TARGET, message, path, help=help)
                return None
        return TargetScaling(scale)
    known = values[training]
    centers, spreads = [], []
    for number, column in enumerate(columns):
        own = known[:, :, number]
        own = own[numpy.isfinite(own)]
        least, largest = float(own.min()), float(own.max())
        if least == largest:
            message = f"`{column}` is {least:g} in every row of training, so `scale: {scale}` has nothing to divide by"
            context.error(codes.UNSCALABLE_TARGET, message, path, help="remove `scale`, or check the split")
            return None
        centers.append(float(own.mean()) if scale == "standard" else least)
        spreads.append(float(own.std()) if scale == "standard" else largest - least)
    return TargetScaling(scale, tuple(centers), tuple(spreads))
