"""The baseline of an evaluation: what always giving the commonest answer of the training split would score."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kspec.analysis.accuracy import ACCURACY, metric_head
from kspec.analysis.metric_names import logged_metrics, metric_call
from kspec.analysis.settings import OutputSettings
from kspec.analysis.task_inference import FREE_FORM_LOSSES, loss_name
from kspec.data import Labels
from kspec.data.lists.padding import real_only
from kspec.training.baseline_scores import overall_score

Array = np.ndarray[Any, Any]
Score = Callable[[Array, Array], Array]
"""True and predicted values, shape (n, …) → the metric of each value or example."""

EPSILON = 1e-7
"""Keras's smallest divisor."""
MEDIAN_LOSSES = frozenset({"MeanAbsoluteError", "MeanAbsolutePercentageError"})
"""Losses that are least at the median of a constant prediction; others are least at the mean, or near it."""


def _logarithm(values: Array) -> Array:
    logarithm: Array = np.log1p(np.maximum(values, EPSILON))
    return logarithm


def _equal(true: Array, predicted: Array) -> Array:
    return np.asarray(true == predicted)


def _log_cosh(true: Array, predicted: Array) -> Array:
    error = np.abs(predicted - true)
    return np.asarray(error + np.log1p(np.exp(-2 * error)) - np.log(2))


OF_CLASSES: dict[str, Score] = dict.fromkeys(
    (ACCURACY, "BinaryAccuracy", "CategoricalAccuracy", "SparseCategoricalAccuracy"), _equal
)
OF_NUMBERS: dict[str, Score] = {
    "MeanAbsoluteError": lambda true, predicted: np.abs(true - predicted),
    "MeanSquaredError": lambda true, predicted: (true - predicted) ** 2,
    "RootMeanSquaredError": lambda true, predicted: (true - predicted) ** 2,
    "MeanAbsolutePercentageError": lambda true, predicted: (
        100 * np.abs(true - predicted) / np.maximum(np.abs(true), EPSILON)
    ),
    "MeanSquaredLogarithmicError": lambda true, predicted: (_logarithm(true) - _logarithm(predicted)) ** 2,
    "LogCoshError": _log_cosh,
}


@dataclass(frozen=True, slots=True)
class Baseline:
    """What always giving the same answer scores.

    Args:
        answers: By output, the answer in words: "always `no`".
        metrics: By output, value by metric, as it is called in the logs.
        constants: By output, the answer: the number of a class, or a value for each unit, shape (k,).
        forecasts: Naive forecast in words → value by metric.
    """

    answers: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, dict[str, float]] = field(default_factory=dict)
    constants: dict[str, Array] = field(default_factory=dict)
    forecasts: dict[str, dict[str, float]] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """It in lines such as "accuracy 0.63 (always `no`)": the constant answers, then each naive forecast."""
        constant = ", ".join(_line(metrics, self.answers[output]) for output, metrics in self.metrics.items())
        naive = [_line(metrics, words) for words, metrics in self.forecasts.items()]
        return [line for line in (constant, *naive) if line]

    def to_json(self) -> dict[str, Any]:
        """Value by metric, the answers, in words and as numbers; empty if no metric has a baseline."""
        if not self.metrics and not self.forecasts:
            return {}
        values: dict[str, Any] = {name: value for metrics in self.metrics.values() for name, value in metrics.items()}
        constants = {name: constant.tolist() for name, constant in self.constants.items()}
        naive = {"forecasts": self.forecasts} if self.forecasts else {}
        return {
            "answers": {name: self.answers[name] for name in self.metrics},
            "constants": constants,
            **naive,
            **values,
        }


def _line(metrics: Mapping[str, float], answer: str) -> str:
    return f"{'  '.join(f'{name} {value:.4g}' for name, value in metrics.items())} ({answer})"


def constant_answers(
    train: Mapping[str, Array], outputs: Mapping[str, OutputSettings], without: Collection[str] = ()
) -> dict[str, Array]:
    """By output, the commonest answer of the training split, or its mean, or its median where that fits the loss.

    Args:
        train: By output, the encoded targets of the training split, shape (n, …).
        outputs: The settings of the outputs; an ignored label does not count.
        without: The outputs that have no baseline.

    Returns:
        The number of a class, or a value for each unit, shape (k,).
    """
    constants = {}
    for name, settings in outputs.items():
        form = settings.target_form
        if name in without or name not in train or settings.loss is None:
            continue
        if loss_name(settings.loss) in FREE_FORM_LOSSES or (form == "values" and settings.task != "regression"):
            continue
        answers = _classes(real_only(train[name])[0], form)
        if settings.ignored_label is not None and form == "integer":
            answers = answers[answers != settings.ignored_label]
        if answers.size:
            is_number, by_column = form == "values", form == "multi_label"
            constants[name] = _central(answers, settings) if is_number else _commonest(answers, by_column=by_column)
    return constants


def baseline(
    constants: Mapping[str, Array],
    evaluated: Mapping[str, Array],
    weights: Mapping[str, Array],
    outputs: Mapping[str, OutputSettings],
    columns: Mapping[str, Sequence[str]],
    labels: Mapping[str, Labels],
) -> Baseline:
    """The baseline of an evaluation, for the metrics of which a constant answer has a known value.

    Args:
        constants: By output, what is always answered: see `constant_answers`.
        evaluated: By output, the encoded targets of the evaluated split, shape (n, …).
        weights: By output, the sample weights of the evaluated split, shape (n, …); they count in weighted metrics.
        outputs: The settings of the outputs.
        columns: By output, the names of its target's columns.
        labels: By output, its classes, spelled as in the data; a label that the loss ignores does not count.
    """
    result, logged = Baseline(), logged_metrics(outputs)
    for name, constant in constants.items():
        settings = outputs[name]
        if name not in evaluated or settings.loss is None:
            continue
        values: dict[str, float] = {}
        for number, metric in enumerate(each for each in logged if each.output == name):
            own = weights.get(name) if number >= len(settings.metrics) else None
            found = metric_values(metric.metric, settings, evaluated[name], constant, own)
            if len(found) == len(metric.names):
                values.update(zip(metric.names, found, strict=True))
        if values:
            result.metrics[name] = values
            result.answers[name] = _in_words(settings, constant, labels.get(name), list(columns.get(name, ())))
            result.constants[name] = constant
    return result


def metric_values(
    metric: Any, settings: OutputSettings, target: Array, constant: Array, weights: Array | None
) -> list[float]:
    """The values of a metric for a constant answer, or for one by example; empty if that has no known value.

    Args:
        metric: As a spec would write it.
        settings: The settings of its output.
        target: The encoded target, shape (n, …).
        constant: The answer, or values in the shape of the target.
        weights: The weights of the examples, shape (n, …); None for equal ones.
    """
    form, head = settings.target_form, metric_head(metric)
    target, weights = real_only(target, weights)
    true = _classes(target, form)
    counted = true != settings.ignored_label if settings.ignored_label is not None and form == "integer" else None
    if counted is not None and not counted.any():
        return []
    scores = OF_NUMBERS if form == "values" else OF_CLASSES
    if head in scores:
        return [_value(head, scores[head](true, constant), weights, counted)]
    if form == "integer":
        return []
    if target.ndim < 2:
        target = target[:, np.newaxis]
    answer = np.eye(target.shape[-1])[int(constant)] if form == "one_hot" else np.atleast_1d(constant)
    return overall_score(head, metric_call(metric)[2], target, answer, weights)


def _classes(target: Array, form: str) -> Array:
    """Targets as numbers to compare: the class of each prediction, or values as float64."""
    if form == "one_hot":
        return np.asarray(target.argmax(axis=-1))
    if form == "values":
        return np.asarray(target, dtype="float64")
    return target[..., 0] if form in ("integer", "binary") and target.ndim > 1 and target.shape[-1] == 1 else target


def _commonest(classes: Array, *, by_column: bool) -> Array:
    """The commonest class; for several labels an example, that of each column, shape (k,)."""
    if by_column and classes.ndim > 1:
        rows = classes.reshape(-1, classes.shape[-1])
        return np.array([_commonest(column, by_column=False) for column in rows.T])
    if classes.dtype.kind == "i" and classes.size and classes.min() >= 0:
        return np.asarray(np.bincount(classes.ravel()).argmax())
    values, counts = np.unique(classes, return_counts=True)
    return np.asarray(values[counts.argmax()])


def _central(values: Array, settings: OutputSettings) -> Array:
    """The mean of each column, or the median where that fits the loss; shape (k,), or () for a target of rank 1."""
    rows = values.reshape(-1, values.shape[-1]) if values.ndim > 1 else values
    loss = loss_name(settings.loss)
    if loss in MEDIAN_LOSSES:
        return np.asarray(np.median(rows, axis=0))
    if loss == "MeanSquaredLogarithmicError":
        return np.asarray(np.expm1(_logarithm(rows).mean(axis=0)))
    return np.asarray(rows.mean(axis=0))


def _value(head: str, scores: Array, weights: Array | None, counted: Array | None) -> float:
    """The mean of a metric.

    Args:
        head: The metric.
        scores: Its values, shape (n, …).
        weights: The weights of the examples; None for equal ones.
        counted: Which values count; None for all.
    """
    if weights is not None:
        weights = np.asarray(weights, dtype="float64")
        while weights.ndim > scores.ndim:  # weights by position of scores without the axis of the units
            weights = weights.mean(axis=-1)
        shape = (*weights.shape, *[1] * (scores.ndim - weights.ndim))
        weights = np.broadcast_to(weights.reshape(shape), scores.shape)
    if counted is not None:
        scores, weights = scores[counted], None if weights is None else weights[counted]
    mean = float(np.average(scores, weights=weights))
    return mean**0.5 if head == "RootMeanSquaredError" else mean


def _in_words(settings: OutputSettings, constant: Array, labels: Labels | None, columns: list[str]) -> str:
    """The answer in words.

    Args:
        settings: The output's settings.
        constant: The answer, shape () or (k,).
        labels: The classes, spelled as in the data.
        columns: The names of the target's columns.
    """
    if settings.target_form == "values":
        word = "median" if loss_name(settings.loss) in MEDIAN_LOSSES else "mean"
        if constant.size == 1:
            return f"always {float(constant.reshape(-1)[0]):.4g}, the {word} of training"
        return f"always the {word}s of training"
    if constant.ndim:
        return "always the commonest labels of training"
    number = int(constant)
    if len(columns) > max(1, number):
        return f"always `{columns[number]}`"
    names = [] if labels is None else labels.names
    return f"always `{names[number] if 0 <= number < len(names) else number}`"
