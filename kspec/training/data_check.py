"""A look at a spec's data without running it: every problem of the data, and what is known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from kspec.data import Dataset, load_for_prediction
from kspec.diagnostics import Report, SpecError
from kspec.language import Spec
from kspec.language.training_config import Evaluate
from kspec.training.define import input_specs, read_data
from kspec.training.step_data import choose_split

if TYPE_CHECKING:
    from kspec.analysis import Analysis


def look_at_data(spec: Spec, analysis: Analysis, report: Report) -> Dataset | None:
    """Reads the data of all steps; what it found wrong is in the report.

    Returns:
        The training data, with what is known of it; None where there is none or it cannot be read.
    """
    try:
        dataset = read_data(spec, analysis, report)
        if dataset is None:
            return None
    except SpecError as error:
        report.diagnostics.extend(error.diagnostics)
        return None
    for step in ("evaluate", "predict"):
        try:
            _look_at_step(spec, analysis, dataset, step, report)
        except SpecError as error:
            report.diagnostics.extend(error.diagnostics)
    return dataset


def look_at_targets(spec: Spec, analysis: Analysis, dataset: Dataset, report: Report) -> None:
    """Holds the targets against the losses, once the data is known: what a run would refuse is in the report."""
    from kspec.training.target_encoding import MisfitTarget, check_weighted_labels, encode_targets

    if analysis.settings is None:
        return
    outputs = analysis.settings.outputs
    ranks = {}
    for name, tensor in analysis.graph.outputs.items():
        shape = analysis.types.tensor(tensor).shape
        ranks[name] = len(shape) if shape is not None else 2
    for part in dataset.parts.values():
        try:
            encode_targets(part, dataset.labels, outputs, ranks)
        except MisfitTarget as error:
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
