"""Batches of a split: targets and weights in the form that each output's loss takes."""

from __future__ import annotations

from typing import Any

from kspec.compiler.define import BuiltModel, output_shapes
from kspec.data import Dataset, DataSplit
from kspec.data.pipeline import Batches
from kspec.data.targets.encoding import (
    TargetEncoding,
    TargetMismatch,
    encode_targets,
    target_encodings,
)
from kspec.data.targets.sample_weights import check_weights, sample_weights
from kspec.data.targets.shapes import check_target_shapes
from kspec.data.targets.stand_ins import spread_over_positions, with_placeholders
from kspec.diagnostics import Report
from kspec.training.prediction_shapes import prediction_shapes


def encodings_of(built: BuiltModel, dataset: Dataset) -> dict[str, TargetEncoding]:
    """By output, the encoding of its target.

    Args:
        built: The model.
        dataset: The training data, whose labels name the classes.
    """
    shapes = output_shapes(built.graph, built.model)
    columns = dataset.fitted["columns"]
    return target_encodings(
        built.settings.outputs, shapes, dataset.labels, columns["targets"], columns.get("lists"), dataset.encoders
    )


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
        SpecError: if a target or a weight does not fit its output.
    """
    outputs = built.settings.outputs
    document = built.spec.document
    encodings = encodings_of(built, dataset)
    targets = _encode(built, split, encodings, report)
    if document.data is not None and document.data.source == "synthetic":
        shapes = prediction_shapes(built, split)
        targets = {
            name: target if encodings[name].is_free_form else spread_over_positions(target, shapes[name])
            for name, target in targets.items()
        }
    if training:
        check_target_shapes(built.spec, built.graph, encodings, split, targets, report)
        check_weights(built.spec, split, encodings, targets, report)
        report.raise_errors()
    return Batches(
        split.inputs,
        with_placeholders(targets, outputs, len(split)),
        sample_weights(split, encodings, targets, training=training),
        batch_size=batch_size or document.fit.batch_size,
        shuffle=document.fit.shuffle and training,
        seed=document.seed,
        drawn=split.drawn if training else None,
    )


def _encode(
    built: BuiltModel, split: DataSplit, encodings: dict[str, TargetEncoding], report: Report
) -> dict[str, Any]:
    try:
        return encode_targets(split, encodings)
    except TargetMismatch as error:
        error.report(built.spec, report)
        report.raise_errors()
        raise
