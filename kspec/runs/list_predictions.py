"""Predictions that are lists: written with their real length, and without padding."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from kspec.analysis.task_inference import loss_name
from kspec.data import DataSplit
from kspec.data.targets.encoding import TargetEncoding
from kspec.training.predict import Column, predicted_classes
from kspec.training.prediction_arrays import Arrays, with_blanks

Array = np.ndarray[Any, Any]


def is_list(prediction: Array, encoding: TargetEncoding) -> bool:
    """Whether an output predicts a list of labels or values.

    Args:
        prediction: Shape (n, …).
        encoding: The encoding of its target.
    """
    if encoding.lists is None or prediction.ndim != 3:
        return False
    is_class = encoding.settings.task == "multiclass_classification" or _is_ctc(encoding)
    return is_class or (prediction.shape[-1] == 1 and not encoding.is_free_form)


def _is_ctc(encoding: TargetEncoding) -> bool:
    return loss_name(encoding.settings.loss) == "CTC"


def real_positions(split: DataSplit, output: str, prediction: Array, encoding: TargetEncoding) -> Array:
    """Which positions of a prediction are real: those of a list that feeds an input, else those of the target.

    Args:
        split: The examples.
        output: The output.
        prediction: Shape (n, length, …).
        encoding: The encoding of its target.

    Returns:
        Booleans, shape (n, length).
    """
    shape = prediction.shape[:2]
    through = encoding.lists.through if encoding.lists is not None else None
    own = {name: real[: shape[0]] for name, real in split.positions.items() if real.shape[1] == shape[1]}
    known = [real for name, real in own.items() if name in split.inputs or name == through]
    if output in own and not known:
        absent = split.absent.get(output, np.zeros(len(split), bool))[: shape[0], np.newaxis]
        known.append(own[output] | absent)
    return known[0] if known else np.ones(shape, bool)


def list_columns(split: DataSplit, output: str, prediction: Array, encoding: TargetEncoding) -> list[Column]:
    """The columns that such an output adds to the table of predictions: the list of each example as a text.

    Where the target is some items ahead, also what is predicted at the last position, and its probability or score.

    Args:
        split: The examples.
        output: The output.
        prediction: Shape (n, length, k).
        encoding: The encoding of its target.
    """
    values = _values(prediction, encoding)
    real = decoded(prediction) if _is_ctc(encoding) else real_positions(split, output, prediction, encoding)
    columns: list[Column] = [(output, _texts(values, real, encoding))]
    if encoding.lists is not None and encoding.lists.shift:
        last = np.where(real.any(axis=1), real.shape[1] - 1 - real[:, ::-1].argmax(axis=1), 0)
        each = np.arange(len(real))
        columns.append((f"{output}_last", values[each, last].tolist()))
        columns.append((f"{output}_last_{encoding.settings.kind_of_value}", prediction[each, last].max(axis=-1)))
    if output in split.targets and output in split.positions:
        columns.append((f"{output}_actual", actual_texts(split, output, len(prediction), encoding)))
    return columns


def actual_texts(split: DataSplit, output: str, count: int, encoding: TargetEncoding) -> list[str]:
    """What an output should have predicted, as a text for each example; empty where that is not known.

    Args:
        split: The examples.
        output: The output, which has a target.
        count: How many examples were predicted, from the first.
        encoding: The encoding of its target.
    """
    raw, real = split.targets[output][:count], split.positions[output][:count]
    texts = _texts(raw.reshape(real.shape), real, encoding)
    absent = split.absent.get(output)
    return texts if absent is None else ["" if a else text for text, a in zip(texts, absent.tolist(), strict=False)]


def decoded(prediction: Array) -> Array:
    """Which steps of a prediction for CTC stand for a label, by the best label of each step.

    Repeated labels count once, and 0 is the blank, as in Keras's `ctc_decode`.

    Args:
        prediction: Shape (n, steps, units).

    Returns:
        Booleans, shape (n, steps).
    """
    best = prediction.argmax(axis=-1)
    is_new = np.ones(best.shape, bool)
    is_new[:, 1:] = best[:, 1:] != best[:, :-1]
    return np.asarray(is_new & (best != 0))


class WholeLists(NamedTuple):
    """How many predictions equal their whole target.

    Args:
        right: Those that do.
        examples: All of them.
    """

    right: int
    examples: int

    @property
    def accuracy(self) -> float:
        """The share of those that do."""
        return self.right / self.examples


def whole_lists(
    split: DataSplit, predictions: Mapping[str, Array], encodings: Mapping[str, TargetEncoding]
) -> dict[str, WholeLists]:
    """By output whose loss is CTC, how many predictions equal their whole target.

    Args:
        split: The examples.
        predictions: By output, shape (n, …).
        encodings: By output, the encoding of its target.
    """
    found = {}
    for output, prediction in predictions.items():
        encoding = encodings[output]
        if _is_ctc(encoding) and is_list(prediction, encoding) and output in split.positions:
            texts = dict(list_columns(split, output, prediction, encoding))
            pairs = list(zip(texts[output], texts[f"{output}_actual"], strict=True))
            if pairs:
                found[output] = WholeLists(sum(predicted == actual for predicted, actual in pairs), len(pairs))
    return found


def describe_whole_lists(found: Mapping[str, WholeLists]) -> list[str]:
    """What `whole_lists` has found, a sentence for each output."""
    return [
        f"{each.right:,} of {each.examples:,} predictions of `{output}` are right as a whole ({each.accuracy:.4g})"
        for output, each in found.items()
    ]


def _values(prediction: Array, encoding: TargetEncoding) -> Array:
    """The label or value at each position, shape (n, length)."""
    settings = encoding.settings
    if settings.task == "multiclass_classification" or _is_ctc(encoding):
        classes = prediction.argmax(axis=-1)
    elif settings.task == "regression":
        return np.asarray(prediction[..., 0])
    else:
        classes = predicted_classes(prediction[..., 0], settings)
    names = encoding.labels.names if encoding.labels is not None else []
    if not names:
        return np.asarray(classes)
    width = max(len(names), prediction.shape[-1])
    every: Array = np.array([*names, *map(str, range(len(names), width))], object)
    return np.asarray(every[classes])


def without_padding(arrays: Arrays, real: Array) -> Arrays:
    """The arrays of an output, empty where there is padding.

    Args:
        arrays: As `prediction_arrays` returns them.
        real: Which positions are real, shape (n, length).
    """
    return {
        name: values
        if values.shape[:2] != real.shape
        else with_blanks(values, np.broadcast_to(~real.reshape(*real.shape, *[1] * (values.ndim - 2)), values.shape))
        for name, values in arrays.items()
    }


def _texts(values: Array, real: Array, encoding: TargetEncoding) -> list[str]:
    """Each list as a text, shape (n,)."""
    assert encoding.lists is not None
    sep = encoding.encoder.sep if encoding.encoder is not None else encoding.lists.sep
    labels = encoding.labels

    def spelled(value: Any) -> str:
        is_label = labels is not None and not isinstance(value, str)
        return labels.text(value) if is_label and labels is not None else str(value)

    return [
        (" " if sep is None else sep).join(map(spelled, row[kept].tolist()))
        for row, kept in zip(values, real, strict=True)
    ]
