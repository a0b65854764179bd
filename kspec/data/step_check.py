"""Checks of the data that need no model: other data of `evaluate` and `predict`, and the form of the targets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from kspec.data import Dataset, load_for_prediction
from kspec.data.step_data import choose_split
from kspec.data.training_data import input_specs
from kspec.diagnostics import Report, SpecError
from kspec.language import Spec
from kspec.language.training_config import Evaluate

if TYPE_CHECKING:
    from kspec.analysis.program import Analysis


def check_step_data(spec: Spec, analysis: Analysis, dataset: Dataset, report: Report) -> None:
    """Reads the data that `evaluate` and `predict` name; its problems are in the report.

    Args:
        dataset: The training data, whose columns and labels the other data must have.
    """
    for step in ("evaluate", "predict"):
        try:
            _look_at_step(spec, analysis, dataset, step, report)
        except SpecError as error:
            report.diagnostics.extend(error.diagnostics)


def check_targets(spec: Spec, analysis: Analysis, dataset: Dataset, report: Report) -> None:
    """Holds the targets against the losses, once the data is known: what a run would refuse is in the report."""
    from kspec.data.target_encoding import TargetMismatch, check_weighted_labels, encode_targets

    if analysis.settings is None:
        return
    outputs = analysis.settings.outputs
    ranks = {}
    for name, tensor in analysis.graph.outputs.items():
        shape = analysis.types.tensor(tensor).shape
        ranks[name] = len(shape) if shape is not None else 2
    for part in dataset.splits.values():
        try:
            encode_targets(part, dataset.labels, outputs, ranks)
        except TargetMismatch as error:
            error.tell(spec, report)
            return
    check_weighted_labels(spec, outputs, dataset.labels, report)


def _look_at_step(
    spec: Spec, analysis: Analysis, dataset: Dataset, step: Literal["evaluate", "predict"], report: Report
) -> None:
    settings: Evaluate = getattr(spec.document, step)
    if settings.data is None:
        choose_split(settings.split, dataset, report, spec.positions.value((step, "split")))
        return
    load_for_prediction(
        settings.data,
        spec,
        input_specs(spec),
        list(analysis.graph.outputs),
        dataset.labels,
        dataset.fitted,
        report,
        need_targets=step == "evaluate",
        place=(step, "data"),
    )
