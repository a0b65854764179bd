"""A part of the data as batches: targets and weights in the form that each output's loss takes."""

from __future__ import annotations

from typing import Any

from kspec.data import Dataset, Part
from kspec.data.pipeline import Batches
from kspec.diagnostics import Path, Report, did_you_mean
from kspec.lifecycle.define import Defined, answer_shapes, check_targets_fit, output_shapes
from kspec.lifecycle.targets import (
    MisfitTarget,
    encode_targets,
    sample_weights,
    spread_over_positions,
    with_placeholders,
)


def batches_of(defined: Defined, dataset: Dataset, part: Part, report: Report, *, training: bool = False) -> Batches:
    """The batches of a part.

    Args:
        training: Whether they are trained on: shuffled, class weights counted, and what does not fit reported.

    Raises:
        SpecError: when a target cannot take the form that its output's loss wants.
    """
    outputs = defined.settings.outputs
    document = defined.spec.document
    targets = _encoded(defined, part, dataset, report)
    if document.data is not None and document.data.source == "synthetic":
        shapes = answer_shapes(defined, part)
        targets = {name: spread_over_positions(target, shapes[name]) for name, target in targets.items()}
    if training:
        check_targets_fit(defined, targets, report)
        _check_weighted_labels(defined, dataset, report)
    return Batches(
        part.inputs,
        with_placeholders(targets, outputs, len(part)),
        sample_weights(part, dataset.labels, outputs, training=training),
        batch_size=document.fit.batch_size,
        shuffle=document.fit.shuffle and training,
        seed=document.seed,
    )


def _check_weighted_labels(defined: Defined, dataset: Dataset, report: Report) -> None:
    """A weight for a label that the target does not have would be passed over in silence."""
    for name, output in defined.settings.outputs.items():
        if not isinstance(output.class_weight, dict) or name not in dataset.labels:
            continue
        known = [str(label) for label in dataset.labels[name].names]
        path: Path = ("fit", "class_weight")
        path = (*path, name) if name in (defined.spec.document.fit.class_weight or {}) else path
        for label in output.class_weight:
            if label not in known:
                span = defined.spec.positions.key((*path, label))
                report.error(
                    "KS217", f"`{name}` has no label `{label}`", span, label=did_you_mean(label, known),
                    help=f"its labels: {', '.join(known[:20])}",
                )  # fmt: skip


def _encoded(defined: Defined, part: Part, dataset: Dataset, report: Report) -> dict[str, Any]:
    try:
        ranks = {name: len(shape) for name, shape in output_shapes(defined.graph, defined.model).items()}
        return encode_targets(part, dataset.labels, defined.settings.outputs, ranks)
    except MisfitTarget as error:
        document = defined.spec.document
        path: tuple[str, ...] = ("data", "targets") if document.compile.loss is None else ("compile", "loss")
        report.error("KS508", str(error), defined.spec.positions.value(path), help=error.help)
        report.raise_errors()
        raise
