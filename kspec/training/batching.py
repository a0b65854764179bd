"""Batches of a split: targets and weights in the form that each output's loss takes."""

from __future__ import annotations

from typing import Any

from kspec.compiler.define import BuiltModel, output_shapes
from kspec.data import Dataset, DataSplit
from kspec.data.pipeline import Batches
from kspec.data.target_encoding import (
    TargetMismatch,
    check_weighted_labels,
    encode_targets,
    sample_weights,
    spread_over_positions,
    with_placeholders,
)
from kspec.diagnostics import Report
from kspec.training.target_shapes import check_target_shapes, prediction_shapes


def batches_of(
    built: BuiltModel,
    dataset: Dataset,
    split: DataSplit,
    report: Report,
    *,
    training: bool = False,
    batch_size: int | None = None,
) -> Batches:
    """Batches of a split.

    Args:
        built: The model.
        dataset: The training data, whose labels encode the targets.
        split: The examples.
        report: Receives targets that do not fit their output.
        training: Whether the model trains on them: they are shuffled, class weights count, and targets are checked.
        batch_size: Examples in a step; that of `fit` by default.

    Raises:
        SpecError: if a target cannot be encoded for its output's loss.
    """
    outputs = built.settings.outputs
    document = built.spec.document
    targets = _encode(built, dataset, split, report)
    if document.data is not None and document.data.source == "synthetic":
        shapes = prediction_shapes(built, split)
        targets = {name: spread_over_positions(target, shapes[name]) for name, target in targets.items()}
    if training:
        check_target_shapes(built, targets, report)
        check_weighted_labels(built.spec, outputs, dataset.labels, report)
    return Batches(
        split.inputs,
        with_placeholders(targets, outputs, len(split)),
        sample_weights(split, dataset.labels, outputs, training=training),
        batch_size=batch_size or document.fit.batch_size,
        shuffle=document.fit.shuffle and training,
        seed=document.seed,
    )


def _encode(built: BuiltModel, dataset: Dataset, split: DataSplit, report: Report) -> dict[str, Any]:
    try:
        ranks = {name: len(shape) for name, shape in output_shapes(built.graph, built.model).items()}
        return encode_targets(split, dataset.labels, built.settings.outputs, ranks)
    except TargetMismatch as error:
        error.report(built.spec, report)
        report.raise_errors()
        raise
