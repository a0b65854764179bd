"""Other data that a step of a spec names, with the facts of its columns: what is written of it depends on these."""

from __future__ import annotations

from kspec.analysis.program import Analysis
from kspec.data import Dataset
from kspec.data.context import Context
from kspec.data.inference_data import source_of
from kspec.data.profiling import profile_table
from kspec.data.sources import read
from kspec.data.sources.read_request import Request
from kspec.data.step_data import Step, read_step_split
from kspec.data.training_data import input_specs
from kspec.diagnostics import Report
from kspec.language import Spec


def read_step_datasets(spec: Spec, analysis: Analysis, dataset: Dataset, report: Report) -> dict[str, Dataset]:
    """Other data than that of training, by the step that uses it, `evaluate` or `predict`; each is one part.

    Args:
        dataset: What is trained on.
        report: Gets what is wrong with it.
    """
    found: dict[str, Dataset] = {}
    steps: tuple[Step, ...] = ("evaluate", "predict")
    for step in steps:
        if getattr(spec.document, step).data is not None:
            other = _read(step, spec, analysis, dataset, report)
            if other is not None:
                found[step] = other
    return found


def _read(step: Step, spec: Spec, analysis: Analysis, dataset: Dataset, report: Report) -> Dataset | None:
    part = read_step_split(step, spec, analysis.graph, dataset, report, need_targets=step == "evaluate")
    if part is None:
        return None
    context = Context(spec, Report(), (step, "data"))
    source = source_of(getattr(spec.document, step).data, spec.document.data, context)
    assert source is not None
    inputs, outputs = input_specs(spec), list(analysis.graph.outputs)
    table = read(*source, Request(context, inputs, outputs, spec.document.seed, for_prediction=step == "predict"))
    assert table is not None
    return Dataset(
        {step: part}, dataset.labels, dataset.fitted, profile_table(table, source[0]), table.fingerprints,
        unused=list(table.unusable),
    )  # fmt: skip
