"""The labels of a target, from its columns and what is known of its output."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kspec.data.labels import SPELLINGS, LabelKind, Labels
from kspec.data.types import OutputSpec
from kspec.data.yes_no import pair_of

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
        values = raw[~column.missing]
        if column.kind == "text":
            return Labels("text", sorted(set(values.tolist())), ignored=output.ignored)
        if column.kind == "boolean":
            return Labels("boolean", _boolean_names(column, values))
        if column.kind == "integer":
            return _numbers("integer", numpy.unique(values), output.ignored, are_numbers=output.ignored is not None)
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
            return Labels("text", sorted(set(map(str, raw.ravel().tolist()))), ignored=output.ignored)
        case "b":
            return Labels("boolean", ["true" if value else "false" for value in numpy.unique(raw)])
        case "i" | "u":
            return _numbers("integer", distinct_integers(raw), output.ignored, are_numbers=True)
        case "f":
            return _floats(raw, output.ignored)
    return None


def _numbers(kind: LabelKind, values: Array, ignored: int | None, *, are_numbers: bool) -> Labels:
    names = Labels(kind, [])
    return Labels(kind, [names.text(value) for value in values.tolist() if value != ignored], are_numbers, ignored)


def _floats(values: Array, ignored: int | None) -> Labels | None:
    """The labels of floats such as 0.0 and 1.0; None if some are no integers."""
    import numpy

    if not (numpy.isfinite(values).all() and (values == numpy.floor(values)).all()):
        return None
    return _numbers("float", numpy.unique(values), ignored, are_numbers=True)


def _boolean_names(column: Column, values: Array) -> list[str]:
    """The booleans that occur, in the spelling of the file, if it has one for each."""
    import numpy

    present = [bool(value) for value in numpy.unique(values)]
    written = set(column.texts()[~column.missing].tolist())
    pair = next((pair for pair in SPELLINGS if {text.strip() for text in written} <= set(pair)), SPELLINGS[0])
    return [pair[value] for value in present]


def distinct_integers(values: Array) -> Array:
    """The distinct integers of an array of any shape, sorted; in a small range, by counting."""
    import numpy

    if not values.size:
        return values.ravel()
    least, most = int(values.min()), int(values.max())
    if most - least > 1 << 16:
        return numpy.unique(values)
    counts = numpy.bincount((values.ravel() - least).astype(numpy.int64), minlength=most - least + 1)
    return numpy.flatnonzero(counts) + least
