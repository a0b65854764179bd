"""Checks of the data that need no model: the other data of `evaluate` and `predict`, and the form of the targets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kspec.data import Dataset
from kspec.data.step_data import STEPS, choose_split, read_step_split
from kspec.diagnostics import Report, SpecError
from kspec.language import Spec
from kspec.language.training_config import Evaluate

if TYPE_CHECKING:
    from kspec.analysis.program import Analysis
    from kspec.data.targets.encoding import TargetEncoding


def check_step_data(spec: Spec, analysis: Analysis, dataset: Dataset, report: Report) -> None:
    """Checks the splits and the other data that `evaluate` and `predict` name.

    Args:
        spec: The spec.
        analysis: Its analysis.
        dataset: The training data, whose columns and labels the other data must have.
        report: Receives every problem.
    """
    encodings = _without_misfits(encodings_before_build(analysis, dataset), dataset)
    for step in STEPS:
        settings: Evaluate = getattr(spec.document, step)
        try:
            if settings.data is None:
                choose_split(settings.split, dataset, report, spec.positions.value((step, "split")))
            else:
                need_targets = step == "evaluate"
                read_step_split(step, spec, analysis.graph, dataset, encodings, report, need_targets=need_targets)
        except SpecError as error:
            report.diagnostics.extend(error.diagnostics)


def _without_misfits(encodings: dict[str, TargetEncoding], dataset: Dataset) -> dict[str, TargetEncoding]:
    """Encodings that ask no shape where the targets of training lack it too, which is one mistake.

    Args:
        encodings: By output, the encoding of its target.
        dataset: The training data.
    """
    from dataclasses import replace

    from kspec.data.targets.shapes import misfit

    targets = dataset.splits["train"].targets
    return {
        name: replace(encoding, is_known=False) if name in targets and misfit(encoding, targets[name]) else encoding
        for name, encoding in encodings.items()
    }


def check_targets(spec: Spec, analysis: Analysis, dataset: Dataset, report: Report) -> None:
    """Checks that the losses can take their targets.

    Args:
        spec: The spec.
        analysis: Its analysis; without settings, nothing is checked.
        dataset: The training data.
        report: Receives every problem.
    """
    from kspec.data.targets.encoding import TargetMismatch, encode_targets
    from kspec.data.targets.label_steps import check_label_steps
    from kspec.data.targets.sample_weights import check_weights
    from kspec.data.targets.shapes import check_target_shapes

    if analysis.settings is None:
        return
    check_label_steps(spec, analysis, dataset, report)
    encodings = encodings_before_build(analysis, dataset)
    for split in dataset.splits.values():
        try:
            targets = encode_targets(split, encodings)
        except TargetMismatch as error:
            error.report(spec, report)
            return
        if split is dataset.splits["train"] and dataset.profile.source != "synthetic":
            before = report.errors
            check_target_shapes(spec, analysis.graph, encodings, split, targets, report)
            if report.errors == before:
                check_weights(spec, split, encodings, targets, report)


def encodings_before_build(analysis: Analysis, dataset: Dataset) -> dict[str, TargetEncoding]:
    """By output, the encoding of its target, with the shapes that the analysis knows.

    Args:
        analysis: The analysis of a spec; without settings, there are none.
        dataset: The training data.
    """
    from kspec.data.targets.encoding import target_encodings

    if analysis.settings is None:
        return {}
    shapes = {name: analysis.types.tensor(tensor).shape for name, tensor in analysis.graph.outputs.items()}
    columns = dataset.fitted.get("columns", {})
    known, lists = columns.get("targets", {}), columns.get("lists")
    return target_encodings(analysis.settings.outputs, shapes, dataset.labels, known, lists)
