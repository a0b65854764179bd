"""The predictions that no table holds, such as a class for each position: arrays for an npz file."""

from __future__ import annotations

import numpy as np

from kspec.data.targets.encoding import TargetEncoding, reshaped
from kspec.training.predict import Array, predicted_classes

Arrays = dict[str, Array]


def label_values(encoding: TargetEncoding, width: int) -> Array | None:
    """The label of each class as the data has it: integers, floats or text, shape (k,); None without labels.

    Args:
        encoding: The classes of the output.
        width: The number of units.
    """
    labels = encoding.labels
    if labels is None:
        return None
    is_by_unit = encoding.settings.task == "multiclass_classification"
    names = encoding.names(max(width, len(labels.names))) if is_by_unit else labels.names
    if labels.kind == "integer" or names == [str(number) for number in range(len(names))]:
        return np.array(names, dtype="int64")
    return np.array(names, dtype="float64") if labels.kind == "float" else np.array(names)


def prediction_arrays(name: str, prediction: Array, encoding: TargetEncoding) -> Arrays:
    """What an output predicts.

    Args:
        name: The output.
        prediction: Probabilities, scores or values, shape (n, …).
        encoding: The classes of the output.

    Returns:
        `NAME`: the values of a regression; or the labels, without the last axis if there is a unit for each class. Of a
        classifier also `NAME_probability` or `NAME_score`, in the shape of the output, and `NAME_labels`, the label of
        each class.
    """
    settings = encoding.settings
    if settings.task not in ("multiclass_classification", "multilabel_classification", "binary_classification"):
        return {name: prediction}
    labels = label_values(encoding, prediction.shape[-1])
    classes = predicted_classes(prediction, settings)
    arrays = {name: classes if labels is None else labels[classes], f"{name}_{settings.kind_of_value}": prediction}
    return arrays if labels is None else arrays | {f"{name}_labels": labels}


def actual_array(
    raw: Array, width: int, encoding: TargetEncoding, absent: Array | None = None, real: Array | None = None
) -> Array:
    """What an output should have predicted, spelled and shaped as its predictions.

    Args:
        raw: Its target, as in `DataSplit.targets`.
        width: The number of units.
        encoding: The classes of the output.
        absent: Which examples, or positions, have no actual value, shape (n, …); None if all have one.
        real: Which positions are real, as in `DataSplit.positions`; None if all are.

    Returns:
        Labels or values; empty (NaN, or "" as text) where there is none, or where the loss ignores the label.
    """
    labels = label_values(encoding, width)
    if labels is None:
        values = raw.astype(str) if raw.dtype.kind in "OU" else raw
        values = values if encoding.is_free_form else reshaped(values, encoding.shape)
        empty = np.zeros(values.shape, bool)
    else:
        classes = encoding.classes(raw)
        values, empty = labels[classes], classes < 0
    if real is not None and values.shape[:2] == real.shape:
        empty = empty | ~real.reshape(*real.shape, *[1] * (empty.ndim - 2))
    if absent is not None:
        empty = empty | absent.reshape(*absent.shape, *[1] * (empty.ndim - absent.ndim))
    return with_blanks(values, empty)


def with_blanks(values: Array, empty: Array) -> Array:
    """Values with NaN, or "" as text, where they are empty; only then do integers become floats.

    Args:
        values: Shape (n, …).
        empty: Which of them are, in the same shape.
    """
    if not empty.any():
        return values
    if values.dtype.kind == "U":
        return np.where(empty, "", values)
    values = values if values.dtype.kind == "f" else values.astype("float64")
    return np.where(empty, np.asarray(np.nan, values.dtype), values)


def aligned(values: Array, present: Array) -> Array:
    """The values of some examples among those of all, which are empty.

    Args:
        values: Shape (n, …).
        present: Which examples have values, n of them; shape (all,).
    """
    if present.all():
        return values
    every = np.zeros((len(present), *values.shape[1:]), values.dtype)
    every[present] = values
    return with_blanks(every, np.broadcast_to(~present.reshape(-1, *[1] * (values.ndim - 1)), every.shape))
