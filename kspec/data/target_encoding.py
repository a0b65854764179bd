"""Targets and sample weights, in the form that each output's loss takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from kspec.analysis.settings import OutputSettings, TargetForm
from kspec.analysis.task_inference import loss_name
from kspec.data import DataSplit, Labels, encode
from kspec.diagnostics import Path, Report, codes, did_you_mean
from kspec.language import Spec


def encode_targets(
    part: DataSplit, labels: Mapping[str, Labels], outputs: Mapping[str, OutputSettings], ranks: Mapping[str, int]
) -> dict[str, Any]:
    """The targets of a part, by output, for those that have a loss and a target; none where nothing is trained.

    Args:
        ranks: Of each output, the batch counted.
    """
    encoded = {}
    for name, settings in outputs.items():
        if settings.loss is None or name not in part.targets:
            continue
        form = settings.target_form
        raw = part.targets[name]
        if form == "integer" and raw.dtype.kind in "iuf" and raw.ndim == ranks[name] - 1 > 1:
            encoded[name] = raw.astype("int32")  # a label at each position, not one-hot columns
            continue
        try:
            encoded[name] = encode(part.targets[name], labels.get(name), form)
        except ValueError as error:
            raise TargetMismatch(name, settings, form, error) from error
    return encoded


class TargetMismatch(ValueError):
    """A target that an output's loss cannot take; `help` says what to write instead."""

    def __init__(self, name: str, settings: OutputSettings, form: TargetForm, error: ValueError) -> None:
        super().__init__(f"the target of `{name}` does not fit the loss `{loss_name(settings.loss)}`: {error}")
        labelled = form in ("values", "binary", "multi_label")
        self.help = (
            "for one column of labels: a softmax output and `sparse_categorical_crossentropy`"
            if labelled
            else "for numbers that are no classes: a linear output and `mean_squared_error`"
        )

    def tell(self, spec: Spec, report: Report) -> None:
        """Reports it, at the loss or, where that is left out, at the target."""
        path: Path = ("data", "targets") if spec.document.compile.loss is None else ("compile", "loss")
        report.error(codes.INCOMPATIBLE_DATA_TYPE, str(self), spec.positions.value(path), help=self.help)


def check_weighted_labels(
    spec: Spec, outputs: Mapping[str, OutputSettings], labels: Mapping[str, Labels], report: Report
) -> None:
    """Reports weights for labels that a target does not have: they would be passed over in silence."""
    for name, output in outputs.items():
        if not isinstance(output.class_weight, dict) or name not in labels:
            continue
        known = [str(label) for label in labels[name].names]
        path: Path = ("fit", "class_weight")
        path = (*path, name) if name in (spec.document.fit.class_weight or {}) else path
        for label in output.class_weight:
            if label not in known:
                report.error(
                    codes.INVALID_CLASS_WEIGHT, f"`{name}` has no label `{label}`", spec.positions.key((*path, label)),
                    label=did_you_mean(label, known), help=f"its labels: {', '.join(known[:20])}",
                )  # fmt: skip


def spread_over_positions(target: np.ndarray[Any, Any], shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """A synthetic target, one value an example, repeated at every position that its output answers at.

    Args:
        target: Encoded, shape (n,) or (n, k).
        shape: Of the output's answers for one example; its last axis is the units.
    """
    if len(shape) < 2 or target.ndim > 2:
        return target
    positions = shape[:-1]
    middle = target.reshape(len(target), *[1] * len(positions), *target.shape[1:])
    return np.ascontiguousarray(np.broadcast_to(middle, (len(target), *positions, *target.shape[1:])))


def with_placeholders(
    targets: Mapping[str, Any], outputs: Mapping[str, OutputSettings], count: int
) -> dict[str, np.ndarray[Any, Any]]:
    """Zeros for outputs that are only predicted: Keras wants something for each, and looks at none without a loss."""
    if not targets:
        return {}
    return {name: targets[name] if name in targets else np.zeros(count, "float32") for name in outputs}


def sample_weights(
    part: DataSplit, labels: Mapping[str, Labels], outputs: Mapping[str, OutputSettings], *, training: bool
) -> dict[str, np.ndarray[Any, Any]]:
    """Weights of the examples, by output; empty where every example counts alike.

    Class weights count in training alone, as in Keras; they are lowered to sample weights, so that they work with any
    number of outputs.
    """
    weights: dict[str, np.ndarray[Any, Any]] = {}
    for name, settings in outputs.items():
        if settings.loss is None or name not in part.targets:
            continue
        weight = part.weights.get(name)
        if training and settings.class_weight is not None and name in labels:
            by_class = class_weights(part.targets[name], labels[name], settings.class_weight)
            weight = by_class if weight is None else weight * by_class
        if weight is not None:
            weights[name] = weight.astype("float32")
    if weights:
        for name in outputs:
            weights.setdefault(name, np.ones(len(part), "float32"))
    return weights


def class_weights(raw: np.ndarray[Any, Any], labels: Labels, said: Any) -> np.ndarray[Any, Any]:
    """The weight of each example by its class.

    Args:
        raw: The target's column, shape (n,).
        said: `balanced` (n / (classes x count of the class)), or label → weight; a label left out has weight 1.
    """
    classes = encode(raw, labels, "integer")
    if said == "balanced":
        counts = np.bincount(classes, minlength=len(labels.names))
        present = np.maximum(counts, 1)
        by_class = len(classes) / (np.count_nonzero(counts) * present)
    else:
        by_class = np.array([float(said.get(str(label), 1.0)) for label in labels.names])
    return by_class[classes].astype("float32")
