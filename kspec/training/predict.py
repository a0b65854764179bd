"""Step 5, predict: probabilities and the crisp class with its label, or the values of a regression."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from kspec.analysis.settings import OutputSettings
from kspec.data import Labels
from kspec.data.pipeline import Batches
from kspec.training.engine import Engine

Column = tuple[str, Any]


def raw_predictions(
    engine: Engine, batches: Batches, outputs: list[str], steps: int | None = None
) -> dict[str, np.ndarray[Any, Any]]:
    """What the model answers, by output: shape (n, …)."""
    answers = engine.predict(batches, steps)
    return (
        {name: np.asarray(answers[name]) for name in outputs}
        if isinstance(answers, dict)
        else {outputs[0]: np.asarray(answers)}
    )


def probabilities(answer: np.ndarray[Any, Any], settings: OutputSettings) -> np.ndarray[Any, Any]:
    """Logits turned into probabilities; any other answer as it is."""
    if not settings.logits:
        return answer
    if settings.task == "multiclass_classification":
        shifted = np.exp(answer - answer.max(axis=-1, keepdims=True))
        softmax: np.ndarray[Any, Any] = shifted / shifted.sum(axis=-1, keepdims=True)
        return softmax
    sigmoid: np.ndarray[Any, Any] = 1.0 / (1.0 + np.exp(-answer))
    return sigmoid


def crisp(answer: np.ndarray[Any, Any], settings: OutputSettings) -> np.ndarray[Any, Any]:
    """The class of each example, as an index: by the threshold, or by argmax."""
    if settings.task == "multiclass_classification":
        classes: np.ndarray[Any, Any] = np.argmax(answer, axis=-1)
        return classes
    return (answer >= settings.threshold).astype("int64")


def prediction_columns(
    name: str, answer: np.ndarray[Any, Any], settings: OutputSettings, labels: Labels | None, columns: list[str]
) -> list[Column]:
    """The columns of the predictions that one output gives.

    Args:
        answer: Probabilities or values, shape (n,) or (n, k).
        columns: The names of the target's columns, for an output with several.
    """
    flat = answer.reshape(len(answer), -1)
    names = [str(label) for label in labels.names] if labels is not None else []
    if settings.task == "binary_classification" and flat.shape[1] == 1:
        classes = crisp(flat[:, 0], settings)
        return [(f"{name}_probability", flat[:, 0]), (name, _labelled(classes, names))]
    if settings.task == "multiclass_classification":
        each = names if len(names) == flat.shape[1] else columns if len(columns) == flat.shape[1] else None
        each = each or [str(i) for i in range(flat.shape[1])]
        shown = [(f"{name}_{label}", flat[:, i]) for i, label in enumerate(each)]
        return [*shown, (name, _labelled(crisp(flat, settings), each))]
    each = columns if len(columns) == flat.shape[1] else [str(i) for i in range(flat.shape[1])]
    if settings.task in ("multilabel_classification", "binary_classification"):
        classes = crisp(flat, settings)
        shown = [(f"{name}_{label}_probability", flat[:, i]) for i, label in enumerate(each)]
        return shown + [(f"{name}_{label}", classes[:, i]) for i, label in enumerate(each)]
    if flat.shape[1] == 1:
        return [(name, flat[:, 0])]
    return [(f"{name}_{label}", flat[:, i]) for i, label in enumerate(each)]


def _labelled(classes: np.ndarray[Any, Any], names: list[str]) -> Any:
    return [names[index] for index in classes] if names else classes


def is_table(answers: Mapping[str, np.ndarray[Any, Any]]) -> bool:
    """Whether each answer is a value or a row of values, so that a table can hold them."""
    return all(answer.ndim <= 2 for answer in answers.values())
