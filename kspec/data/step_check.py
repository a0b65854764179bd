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


def check_step_data(spec: Spec, analysis: Analysis, dataset: Dataset, report: Report) -> None:
    """Checks the splits and the other data that `evaluate` and `predict` name.

    Args:
        spec: The spec.
        analysis: Its analysis.
        dataset: The training data, whose columns and labels the other data must have.
        report: Receives every problem.
    """
    for step in STEPS:
        settings: Evaluate = getattr(spec.document, step)
        try:
            if settings.data is None:
                choose_split(settings.split, dataset, report, spec.positions.value((step, "split")))
            else:
                read_step_split(step, spec, analysis.graph, dataset, report, need_targets=step == "evaluate")
        except SpecError as error:
            report.diagnostics.extend(error.diagnostics)


def check_targets(spec: Spec, analysis: Analysis, dataset: Dataset, report: Report) -> None:
    """Checks that the losses can take their targets.

    Args:
        spec: The spec.
        analysis: Its analysis; without settings, nothing is checked.
        dataset: The training data.
        report: Receives every problem.
    """
    from kspec.data.target_encoding import TargetMismatch, check_weighted_labels, encode_targets

    if analysis.settings is None:
        return
    outputs = analysis.settings.outputs
    shapes = {name: analysis.types.tensor(tensor).shape for name, tensor in analysis.graph.outputs.items()}
    ranks = {name: len(shape) if shape is not None else 2 for name, shape in shapes.items()}
    for split in dataset.splits.values():
        try:
            encode_targets(split, dataset.labels, outputs, ranks)
        except TargetMismatch as error:
            error.report(spec, report)
            return
    check_weighted_labels(spec, outputs, dataset.labels, report)
