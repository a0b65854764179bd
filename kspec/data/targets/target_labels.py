"""The labels of a target, from its columns and what is known of its output."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kspec.data.network_specs import OutputSpec
from kspec.data.profile.distinct_values import distinct
from kspec.data.storage.mapped_arrays import pieces, taken
from kspec.data.targets.labels import SPELLINGS, LabelKind, Labels
from kspec.data.targets.yes_no import pair_of

if TYPE_CHECKING:
    import numpy as np

    from kspec.data.table import Column

    Array = np.ndarray[Any, Any]


def labels_of(columns: Sequence[Column], raw: Array, output: OutputSpec | None = None) -> Labels | None:
    """The classes of a target; None if its values cannot be classes.

    Args:
        columns: The columns of the target.
        raw: Their values, as in `DataSplit.targets`.
        output: What is known of the output.
    """
    import numpy

    output = output or OutputSpec()
    is_classifier = output.task is not None and output.task != "regression"
    if len(columns) == 1 and raw.ndim == 1:
        column = columns[0]
        values = taken(raw, ~column.missing) if column.missing.any() else raw
        if column.kind == "text":
            return Labels("text", distinct(values).tolist(), ignored=output.ignored)
        if column.kind == "boolean":
            return Labels("boolean", _boolean_names(column, values))
        if column.kind == "integer":
            return _numbers("integer", distinct(values), output.ignored, are_numbers=output.ignored is not None)
        return _floats(values, output.ignored) if is_classifier else None
    if not is_classifier:
        return None
    rank, is_number = output.rank or 2, raw.dtype.kind in "fiub"
    if output.task == "multiclass_classification" and raw.ndim == rank and raw.shape[-1] > 1 and is_number:
        names = [column.name for column in columns] if len(columns) > 1 else [str(i) for i in range(raw.shape[-1])]
        return Labels("column", names, ignored=output.ignored)
    pairs = [pair_of(column) for column in columns]
    if len(columns) > 1 and None not in pairs and any(column.kind == "boolean" for column in columns):
        spellings = tuple(pair for pair in pairs if pair is not None)
        shared = spellings[0] if len(set(spellings)) == 1 else SPELLINGS[0]
        return Labels("boolean", list(shared), columns=spellings)
    match raw.dtype.kind:
        case "O" | "U":
            return Labels("text", list(map(str, distinct(raw.ravel()))), ignored=output.ignored)
        case "b":
            return Labels("boolean", ["true" if value else "false" for value in numpy.unique(raw)])
        case "i" | "u":
            return _numbers("integer", distinct(raw.ravel()), output.ignored, are_numbers=True)
        case "f":
            return _floats(raw, output.ignored)
    return None


def _numbers(kind: LabelKind, values: Array, ignored: int | None, *, are_numbers: bool) -> Labels:
    names = Labels(kind, [])
    return Labels(kind, [names.text(value) for value in values.tolist() if value != ignored], are_numbers, ignored)


def _floats(values: Array, ignored: int | None) -> Labels | None:
    """The labels of floats such as 0.0 and 1.0; None if some are no integers."""
    import numpy

    values = values.ravel()
    for piece in pieces(len(values)):
        if not (numpy.isfinite(values[piece]).all() and (values[piece] == numpy.floor(values[piece])).all()):
            return None
    return _numbers("float", distinct(values), ignored, are_numbers=True)


def _boolean_names(column: Column, values: Array) -> list[str]:
    """The booleans that occur, in the spelling of the file, if it has one for each."""
    present = distinct(values).tolist()
    texts = None if column.original_texts is None else column.texts()
    written = set(present and SPELLINGS[0]) if texts is None else set(distinct(texts[~column.missing]))
    pair = next((pair for pair in SPELLINGS if {text.strip() for text in written} <= set(pair)), SPELLINGS[0])
    return [pair[value] for value in present]
