"""Encodes targets and sample weights in the form that each loss takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from kspec.analysis.settings import OutputSettings
from kspec.analysis.task_inference import loss_name
from kspec.data import DataSplit, Labels, encode
from kspec.diagnostics import Path, Report, codes, did_you_mean
from kspec.language import Spec


def encode_targets(
    split: DataSplit, labels: Mapping[str, Labels], outputs: Mapping[str, OutputSettings], ranks: Mapping[str, int]
) -> dict[str, Any]:
    """The encoded targets of a split, for outputs that have a loss and a target.

    Args:
        split: The examples.
        labels: By output, the vocabulary of its target.
        outputs: By output, its settings.
        ranks: By output, its rank, including the batch axis.

    Returns:
        By output, an array of shape (n, …).

    Raises:
        TargetMismatch: If a loss cannot take its target.
    """
    encoded = {}
    for name, settings in outputs.items():
        if settings.loss is None or name not in split.targets:
            continue
        form = settings.target_form
        raw = split.targets[name]
        if form == "integer" and raw.dtype.kind in "iuf" and raw.ndim == ranks[name] - 1 > 1:
            encoded[name] = raw.astype("int32")  # a label at each position, not one-hot columns
            continue
        try:
            encoded[name] = encode(raw, labels.get(name), form)
        except ValueError as error:
            raise TargetMismatch(name, settings, labels.get(name), error) from error
    return encoded


class TargetMismatch(ValueError):
    """A target that a loss cannot take.

    Args:
        name: The output.
        settings: Its settings.
        labels: The vocabulary of its target, if it has one.
        error: Why the target cannot be encoded.
    """

    def __init__(self, name: str, settings: OutputSettings, labels: Labels | None, error: ValueError) -> None:
        super().__init__(f"the target of `{name}` does not fit the loss `{loss_name(settings.loss)}`: {error}")
        self.name = name
        self.settings = settings
        self.labels = labels
        self.error = error

    def report(self, spec: Spec, report: Report) -> None:
        """Reports the mismatch at the loss or, if the spec omits it, at the target."""
        loss = spec.document.compile.loss
        is_default = loss is None or (isinstance(loss, dict) and loss.get(self.name, ...) is None)
        path: Path = ("data", "targets") if is_default else ("compile", "loss")
        own = (*path, self.name)
        path = own if own in spec.positions.values else path
        message = (
            f"the target of `{self.name}` does not fit the loss `{loss_name(self.settings.loss)}`"
            + (", which kspec filled in" if is_default else "")
            + f": {self.error}"
        )
        help = self._help(is_default=is_default, task_declared=spec.document.task is not None)
        report.error(codes.INCOMPATIBLE_DATA_TYPE, message, spec.positions.value(path), help=help)

    def _help(self, *, is_default: bool, task_declared: bool) -> str:
        """What to write instead: the head, loss and task for the classes of the target."""
        settings, labels = self.settings, self.labels
        if settings.target_form not in ("values", "binary", "multi_label"):
            return "for numbers that are not classes, use a linear output and `mean_squared_error`"
        if labels is None:
            return "for one column of labels, use a softmax output and `sparse_categorical_crossentropy`"
        count = len(labels.names)
        task, loss = "binary_classification", "binary_crossentropy"
        units, activation = "one unit", "sigmoid"
        if count > 2:
            task, loss = "multiclass_classification", "sparse_categorical_crossentropy"
            units, activation = f"{count} units", "softmax"
        changes = []
        wanted = 1 if count <= 2 else count
        if (settings.head.activation, settings.head.units) != (activation, wanted):
            changes.append(f"end `{self.name}` with {units} and `activation: {activation}`")
        if task_declared and settings.task != task:
            changes.append(f"write `task: {task}`")
        if not is_default and loss_name(settings.loss) != loss_name(loss):
            changes.append(f"write the loss `{loss}`")
        return f"for the {count} classes of `{self.name}`, " + ", and ".join(changes or [f"write the loss `{loss}`"])


def check_weighted_labels(
    spec: Spec, outputs: Mapping[str, OutputSettings], labels: Mapping[str, Labels], report: Report
) -> None:
    """Reports class weights for unknown labels, which would have no effect.

    Args:
        spec: The spec.
        outputs: By output, its settings.
        labels: By output, the vocabulary of its target.
        report: Receives every problem.
    """
    for name, output in outputs.items():
        if not isinstance(output.class_weight, dict) or name not in labels:
            continue
        known = [str(label) for label in labels[name].names]
        path: Path = ("fit", "class_weight")
        path = (*path, name) if name in (spec.document.fit.class_weight or {}) else path
        for label in output.class_weight:
            if label not in known:
                report.error(
                    codes.INVALID_CLASS_WEIGHT,
                    f"unknown label `{label}` of `{name}`",
                    spec.positions.key((*path, label)),
                    label=did_you_mean(label, known),
                    help=f"available labels: {', '.join(known[:20])}",
                )


def spread_over_positions(target: np.ndarray[Any, Any], shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """Repeats a synthetic target, one value per example, at every position of its output.

    Args:
        target: The encoded target, shape (n,) or (n, k).
        shape: The output's shape for one example; its last axis is the units.
    """
    if len(shape) < 2 or target.ndim > 2:
        return target
    positions = shape[:-1]
    middle = target.reshape(len(target), *[1] * len(positions), *target.shape[1:])
    return np.ascontiguousarray(np.broadcast_to(middle, (len(target), *positions, *target.shape[1:])))


def with_placeholders(
    targets: Mapping[str, Any], outputs: Mapping[str, OutputSettings], count: int
) -> dict[str, np.ndarray[Any, Any]]:
    """Adds zeros as targets of outputs that have none: Keras requires a target for each output.

    Args:
        targets: By output, the encoded targets.
        outputs: All outputs.
        count: The number of examples.
    """
    if not targets and not any(output.is_minimized for output in outputs.values()):
        return {}
    return {name: targets[name] if name in targets else np.zeros(count, "float32") for name in outputs}


def sample_weights(
    split: DataSplit, labels: Mapping[str, Labels], outputs: Mapping[str, OutputSettings], *, training: bool
) -> dict[str, np.ndarray[Any, Any]]:
    """The sample weights of a split; empty if all examples have equal weight.

    As in Keras, class weights apply only to training. They become sample weights, so that they work with any number of
    outputs.

    Args:
        split: The examples.
        labels: By output, the vocabulary of its target.
        outputs: By output, its settings.
        training: Whether class weights apply.

    Returns:
        By output, float32, shape (n,).
    """
    weights: dict[str, np.ndarray[Any, Any]] = {}
    for name, settings in outputs.items():
        if settings.loss is None or (name not in split.targets and not settings.is_minimized):
            continue
        weight = split.weights.get(name)
        if training and settings.class_weight is not None and name in labels:
            by_class = class_weights(split.targets[name], labels[name], settings.class_weight)
            weight = by_class if weight is None else weight * by_class
        if weight is not None:
            weights[name] = weight.astype("float32")
    if weights:
        for name in outputs:
            weights.setdefault(name, np.ones(len(split), "float32"))
    return weights


def class_weights(raw: np.ndarray[Any, Any], labels: Labels, setting: Any) -> np.ndarray[Any, Any]:
    """The weight of each example by its class.

    Args:
        raw: The column of the target, shape (n,).
        labels: The vocabulary of the target.
        setting: `balanced` (n / (classes x count of the class)), or label → weight; other labels have weight 1.
    """
    classes = encode(raw, labels, "integer")
    if setting == "balanced":
        counts = np.bincount(classes, minlength=len(labels.names))
        present = np.maximum(counts, 1)
        by_class = len(classes) / (np.count_nonzero(counts) * present)
    else:
        by_class = np.array([float(setting.get(str(label), 1.0)) for label in labels.names])
    return by_class[classes].astype("float32")
