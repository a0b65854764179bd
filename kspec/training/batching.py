"""A part of the data as batches: targets and weights in the form that each output's loss takes."""

from __future__ import annotations

from typing import Any

from kspec.compiler.define import BuiltModel, check_targets_fit, concrete_output_shapes, output_shapes
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


def batches_of(
    built: BuiltModel,
    dataset: Dataset,
    part: DataSplit,
    report: Report,
    *,
    training: bool = False,
    batch_size: int | None = None,
) -> Batches:
    """The batches of a part.

    Args:
        training: Whether they are trained on: shuffled, class weights counted, and what does not fit reported.
        batch_size: Examples a step; that of `fit` by default.

    Raises:
        SpecError: when a target cannot take the form that its output's loss wants.
    """
    outputs = built.settings.outputs
    document = built.spec.document
    targets = _encoded(built, part, dataset, report)
    if document.data is not None and document.data.source == "synthetic":
        shapes = concrete_output_shapes(built, part)
        targets = {name: spread_over_positions(target, shapes[name]) for name, target in targets.items()}
    if training:
        check_targets_fit(built, targets, report)
        check_weighted_labels(built.spec, outputs, dataset.labels, report)
    return Batches(
        part.inputs,
        with_placeholders(targets, outputs, len(part)),
        sample_weights(part, dataset.labels, outputs, training=training),
        batch_size=batch_size or document.fit.batch_size,
        shuffle=document.fit.shuffle and training,
        seed=document.seed,
    )


def _encoded(built: BuiltModel, part: DataSplit, dataset: Dataset, report: Report) -> dict[str, Any]:
    try:
        ranks = {name: len(shape) for name, shape in output_shapes(built.graph, built.model).items()}
        return encode_targets(part, dataset.labels, built.settings.outputs, ranks)
    except TargetMismatch as error:
        error.report(built.spec, report)
        report.raise_errors()
        raise
