"""Predictions as plain values: an object for each example."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from kspec.data import DataSplit
from kspec.data.targets.encoding import TargetEncoding
from kspec.runs.ensemble import Combined
from kspec.runs.list_predictions import is_list, list_columns
from kspec.training.predict import predicted_classes

Array = np.ndarray[Any, Any]
Objects = list[dict[str, Any]]


def answer_objects(split: DataSplit, predictions: Combined, encodings: Mapping[str, TargetEncoding]) -> Objects:
    """What each output predicts for each example.

    Args:
        split: The examples.
        predictions: Of all outputs, shape (n, …); deviations are empty for a single model.
        encodings: By output, the classes and columns of its target.

    Returns:
        For each example, by output: `prediction`, and `probabilities` by label, or the `score`, of a classifier;
        `deviation` of several models, in the form of the prediction's numbers.
    """
    answers: Objects = [{} for _ in range(len(split))]
    for name, values in predictions.mean.items():
        found = _objects(split, name, values, encodings[name])
        if name in predictions.deviation:
            for each, deviation in zip(found, predictions.deviation[name].tolist(), strict=True):
                each["deviation"] = _single(deviation)
        for answer, each in zip(answers, found, strict=True):
            answer[name] = each
    return answers


def _objects(split: DataSplit, name: str, values: Array, encoding: TargetEncoding) -> Objects:
    """What an output predicts for each example; the arguments are those of `answer_objects`."""
    if is_list(values, encoding):
        texts = list_columns(split, name, values, encoding)[0][1]
        return [{"prediction": text} for text in (texts.tolist() if isinstance(texts, np.ndarray) else texts)]
    if values.ndim > 2:
        return [{"prediction": each} for each in values.tolist()]
    settings, flat = encoding.settings, values.reshape(len(values), -1)
    width = flat.shape[1]
    if settings.task == "multiclass_classification":
        return _classes(flat, encoding.names(width), encoding)
    if settings.task == "binary_classification" and width == 1:
        return _truths(flat[:, 0], 0, encoding)
    suffixes = encoding.suffixes(width)
    if settings.task in ("multilabel_classification", "binary_classification"):
        columns = [_truths(flat[:, number], number, encoding) for number in range(width)]
        return [dict(zip(suffixes, row, strict=True)) for row in zip(*columns, strict=True)]
    if width == 1:
        return [{"prediction": value} for value in flat[:, 0].tolist()]
    if len(encoding.columns) != width:
        return [{"prediction": row} for row in flat.tolist()]
    return [{"prediction": dict(zip(suffixes, row, strict=True))} for row in flat.tolist()]


def _classes(values: Array, names: list[str], encoding: TargetEncoding) -> Objects:
    """The best class of each example, and the probability or score of each.

    Args:
        values: Shape (n, k).
        names: A name for each unit.
        encoding: The encoding of the target.
    """
    settings = encoding.settings
    word = "probabilities" if settings.gives_probabilities else "scores"
    best = predicted_classes(values, settings).tolist()
    return [
        {"prediction": names[index], word: dict(zip(names, row, strict=True))}
        for index, row in zip(best, values.tolist(), strict=True)
    ]


def _truths(values: Array, column: int, encoding: TargetEncoding) -> Objects:
    """Which of two classes each example has, and the probability or score.

    Args:
        values: Of the second class, shape (n,).
        column: The number of the column among those of the target.
        encoding: The encoding of the target.
    """
    settings = encoding.settings
    labels = encoding.labels
    names = [] if labels is None else labels.of_column(column).names
    names = [*names, *("0", "1")[len(names) :]][:2]
    classes = predicted_classes(values, settings).tolist()
    pairs = zip(classes, values.tolist(), strict=True)
    if not settings.gives_probabilities:
        return [{"prediction": names[each], "score": value} for each, value in pairs]
    return [
        {"prediction": names[each], "probabilities": {names[0]: 1 - value, names[1]: value}} for each, value in pairs
    ]


def _single(values: Any) -> Any:
    return values[0] if isinstance(values, list) and len(values) == 1 else values
