"""Sample weights: those of the data times those of the classes, in the shape that the loss of each output takes.

A loss averages over the last axis of a prediction, and weighs what remains: an example, or each of its positions. Keras
would align weights of shape (n,) with the positions. So they are repeated at every position, with a last axis of 1,
which fits losses and metrics alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from kspec.data.targets.encoding import TargetEncoding
from kspec.data.types import DataSplit
from kspec.diagnostics import Path, Report, Span, codes, did_you_mean
from kspec.language import Spec

Array = np.ndarray[Any, Any]
SHOWN = 20


def sample_weights(
    split: DataSplit,
    encodings: Mapping[str, TargetEncoding],
    targets: Mapping[str, Array],
    *,
    training: bool,
) -> dict[str, Array]:
    """The sample weights of a split; empty if all examples have equal weight.

    As in Keras, class weights apply only to training. They become sample weights, so that they work with any number of
    outputs.

    Args:
        split: The examples.
        encodings: By output, the encoding of its target.
        targets: By output, the encoded targets.
        training: Whether class weights apply.

    Returns:
        By output, float32: shape (n,), (n, *positions, 1) for an output with positions, (n, …, columns) for class
        weights that differ between columns.
    """
    weights: dict[str, Array] = {}
    for name, encoding in encodings.items():
        weight = split.weights.get(name)
        if name not in targets:
            if weight is not None and encoding.settings.is_minimized:
                weights[name] = weight.astype("float32")
            continue
        if weight is not None:
            weight = weights_in_shape(weight, encoding, targets[name])
        setting = encoding.settings.class_weight
        if training and setting is not None and encoding.labels is not None:
            absent = split.absent.get(name)
            by_class = _of_known(encoding, split.targets[name], setting, absent, split.positions.get(name))
            by_class = weights_in_shape(by_class, encoding, targets[name])
            weight = by_class if weight is None else weight * by_class
        absent = split.absent.get(name)
        if absent is not None and absent.any():
            known = known_weights(absent, encoding, targets[name])
            weight = known if weight is None else weight * known
        if weight is not None:
            weights[name] = weight.astype("float32")
    if weights:
        for name, encoding in encodings.items():
            ones = np.ones(len(split), "float32")
            if name not in weights:
                weights[name] = weights_in_shape(ones, encoding, targets[name]) if name in targets else ones
    return weights


def known_weights(absent: Array, encoding: TargetEncoding, target: Array) -> Array:
    """The weight 0 where a target is ignored, else 1, in the shape that the loss takes.

    A loss over several numbers weighs the example, which is ignored if one of them is missing.

    Args:
        absent: The examples without a target, shape (n,); or which of their rows have none, shape (n, horizon).
        encoding: The encoding of the target.
        target: The encoded target, shape (n, …).
    """
    try:
        return weights_in_shape(np.asarray(~absent, float), encoding, target)
    except ValueError:
        example = absent.any(axis=tuple(range(1, absent.ndim)))
        return weights_in_shape(np.asarray(~example, float), encoding, target)


def _of_known(
    encoding: TargetEncoding, raw: Array, setting: Any, absent: Array | None, positions: Array | None
) -> Array:
    """Class weights, which examples without a target do not change.

    Args:
        encoding: The encoding of the target, which has labels.
        raw: As in `DataSplit.targets`.
        setting: As in `class_weights`.
        absent: The examples without a target, shape (n,), or (n, horizon); None if all have one.
        positions: As in `class_weights`.
    """
    if absent is None or not absent.any():
        return class_weights(encoding, raw, setting, positions)
    known = ~absent
    by_class = class_weights(encoding, raw[known], setting, None if positions is None else positions[known])
    result = np.ones((*absent.shape, *by_class.shape[1:]))
    result[known] = by_class
    return result


def weights_in_shape(weight: Array, encoding: TargetEncoding, target: Array) -> Array:
    """Weights in the shape that the loss takes.

    Args:
        weight: Shape (n,) or that of the positions or columns, (n, …).
        encoding: The encoding of the target.
        target: The encoded target, shape (n, …).

    Raises:
        ValueError: If the weights have another shape.
    """
    count = len(target)
    if encoding.weighs_columns:
        shape = target.shape
    elif encoding.predicts_positions and not encoding.is_free_form:
        shape = (count, *target.shape[1 : len(encoding.shape)], 1)
    else:
        shape = (count,)
    if weight.size == count:
        weight = weight.reshape(count, *[1] * (len(shape) - 1))
    elif weight.ndim == len(shape) - 1:
        weight = weight[..., np.newaxis]
    return np.ascontiguousarray(np.broadcast_to(weight, shape))


def class_weights(encoding: TargetEncoding, raw: Array, setting: Any, positions: Array | None = None) -> Array:
    """The weight of each example, position or column by its class; 0 for an ignored label, and for padding.

    Args:
        encoding: The encoding of the target, which has labels.
        raw: As in `DataSplit.targets`.
        setting: `balanced` (n / (classes x count of the class), by column if the columns are separate yes/no targets),
            or label → weight; other labels have weight 1.
        positions: Which positions are real, as in `DataSplit.positions`; None if all are.

    Returns:
        float64, in the shape of `encoding.classes(raw)`.
    """
    classes = encoding.classes(raw, positions)
    if setting == "balanced":
        columns = classes.reshape(-1, classes.shape[-1]) if encoding.weighs_columns else classes.reshape(-1, 1)
        balanced = np.stack([_balanced(column) for column in columns.T], axis=1)
        return balanced.reshape(classes.shape)
    assert encoding.labels is not None
    by_class = np.ones(max(len(encoding.labels.names), int(classes.max(initial=-1)) + 1) + 1)
    by_class[-1] = 0.0  # the ignored label is class -1
    for label, weight in setting.items():
        number = encoding.labels.find(label)
        if number is not None:
            by_class[number] = float(weight)
    return np.asarray(by_class[classes])


def _balanced(classes: Array) -> Array:
    """The weight of each element: the rarer its class, the larger."""
    counted = classes[classes >= 0]
    counts = np.bincount(counted, minlength=1)
    by_class = np.append(len(counted) / (np.count_nonzero(counts) * np.maximum(counts, 1)), 0.0)
    return np.asarray(by_class[classes])


def check_weights(
    spec: Spec, split: DataSplit, encodings: Mapping[str, TargetEncoding], targets: Mapping[str, Array], report: Report
) -> None:
    """Reports sample weights that do not have the shape of their output, and class weights without effect.

    Args:
        spec: The spec.
        split: The training split.
        encodings: By output, the encoding of its target.
        targets: By output, the encoded targets.
        report: Receives every problem.
    """
    for name, encoding in encodings.items():
        if name in targets and name in split.weights:
            _check_shape(spec, name, split.weights[name], encoding, targets[name], report)
        if encoding.settings.class_weight is not None and name in targets:
            _check_class_weight(spec, name, encoding, report)


def _check_shape(spec: Spec, name: str, weight: Array, encoding: TargetEncoding, target: Array, report: Report) -> None:
    try:
        weights_in_shape(weight, encoding, target)
    except ValueError:
        positions = target.shape[1 : len(encoding.shape)]
        expected = "one weight for each example"
        if positions:
            expected += f", or the shape {list(positions)}"
        report.error(
            codes.INVALID_SAMPLE_WEIGHTS,
            f"the weights of `{name}` have the shape {list(weight.shape[1:])} for each example",
            _weights_span(spec, name),
            help=f"use {expected}",
        )


def _weights_span(spec: Spec, name: str) -> Span:
    weights = spec.document.data.weights if spec.document.data is not None else None
    return spec.positions.value(("data", "weights", name) if isinstance(weights, dict) else ("data", "weights"))


def _check_class_weight(spec: Spec, name: str, encoding: TargetEncoding, report: Report) -> None:
    settings, labels = encoding.settings, encoding.labels
    path: Path = ("fit", "class_weight")
    written = spec.document.fit.class_weight
    path = (*path, name) if isinstance(written, dict) and name in written else path
    if labels is None:
        if settings.task != "regression":  # which a rule reports
            report.error(
                codes.INVALID_CLASS_WEIGHT,
                f"class weights need classes, and the target of `{name}` has numbers that are none",
                spec.positions.value(path),
                help="remove them; `data: {weights: column}` weights each example",
            )
        return
    if settings.weighs_columns and settings.weighted_metrics:
        report.error(
            codes.INVALID_CLASS_WEIGHT,
            f"the class weights of `{name}` weigh each of its columns, and `weighted_metrics` weigh an example",
            spec.positions.value(path),
            help="list them under `metrics`",
        )
    for label in settings.class_weight if isinstance(settings.class_weight, dict) else ():
        if labels.find(label) is None:
            report.error(
                codes.INVALID_CLASS_WEIGHT,
                f"unknown label `{label}` of `{name}`",
                spec.positions.key((*path, label)),
                label=did_you_mean(label, labels.names),
                help=f"available labels: {', '.join(labels.names[:SHOWN])}",
            )
