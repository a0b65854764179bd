"""Lists of other data for a trained model."""

from __future__ import annotations

from collections.abc import Mapping

from kspec.data.arrays import TableArrays
from kspec.data.columns import ColumnMapping
from kspec.data.context import Context
from kspec.data.lists.mapping import read_lists, refuse_other_lists, require_lists
from kspec.data.table import Table
from kspec.data.targets.encoding import TargetEncoding


def read_other_lists(table: Table, mapping: ColumnMapping, context: Context, *, for_prediction: bool) -> None:
    """Reads the lists of other data as those of training.

    Args:
        table: The table, whose columns are replaced.
        mapping: The columns of each input and output, and the plans of lists.
        context: Receives the errors.
        for_prediction: Whether the data is only used for predictions.

    Raises:
        InvalidData: If a column lacks lists, or has some that training did not pad.
    """
    if for_prediction:
        plan_prediction(mapping)
    refuse_other_lists(table, mapping, context)
    read_lists(table, mapping)
    require_lists(table, mapping, context)


def plan_prediction(mapping: ColumnMapping) -> None:
    """Makes inputs keep the items that they lack in training, whose successors are to be predicted."""
    for name, plan in mapping.lists.items():
        for other, own in mapping.inputs.items():
            if plan.shift and other in mapping.lists and own == mapping.targets.get(name):
                plan.gap = plan.shift
    for name in mapping.inputs:
        if name in mapping.lists:
            mapping.lists[name].shorten = 0


def fill_padding(arrays: TableArrays, encodings: Mapping[str, TargetEncoding]) -> None:
    """Gives the padding of targets a label that training had: it is none that other data could have in its place.

    Args:
        arrays: The arrays of other data.
        encodings: By output, the encoding of its target in training.
    """
    for name, raw in arrays.targets.items():
        encoding = encodings.get(name)
        labels = encoding.labels if encoding is not None and encoding.encoder is None else None
        if name in arrays.positions and labels is not None and labels.names and labels.kind != "column":
            raw = raw.astype(object) if labels.kind == "text" else raw.copy()
            raw[~arrays.positions[name]] = labels.values[0]
            arrays.targets[name] = raw
