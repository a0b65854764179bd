"""The other data of `evaluate` and `predict` as data sets with a profile, which exported code depends on."""

from __future__ import annotations

from kspec.analysis.program import Analysis
from kspec.data import Dataset
from kspec.data.context import Context
from kspec.data.network_specs import input_specs
from kspec.data.new_source import resolve_source
from kspec.data.profile.profiling import profile_table
from kspec.data.sources import read
from kspec.data.sources.read_request import Request
from kspec.data.step_check import encodings_before_build
from kspec.data.step_data import STEPS, Step, read_step_split
from kspec.diagnostics import Report
from kspec.language import Spec


def read_step_datasets(spec: Spec, analysis: Analysis, dataset: Dataset, report: Report) -> dict[str, Dataset]:
    """Reads the other data that steps name.

    Args:
        spec: The spec.
        analysis: Its analysis.
        dataset: The training data.
        report: Receives every problem.

    Returns:
        By step, a data set with a single split.
    """
    steps = [step for step in STEPS if getattr(spec.document, step).data is not None]
    datasets = {step: _read(step, spec, analysis, dataset, report) for step in steps}
    return {step: other for step, other in datasets.items() if other is not None}


def _read(step: Step, spec: Spec, analysis: Analysis, dataset: Dataset, report: Report) -> Dataset | None:
    need_targets = step == "evaluate"
    encodings = encodings_before_build(analysis, dataset)
    split = read_step_split(step, spec, analysis.graph, dataset, encodings, report, need_targets=need_targets)
    if split is None:
        return None
    context = Context(spec, Report(), (step, "data"), is_new=True)
    source = resolve_source(getattr(spec.document, step).data, spec.document.data, context)
    assert source is not None
    inputs, outputs = input_specs(spec), list(analysis.graph.outputs)
    table = read(*source, Request(context, inputs, outputs, spec.document.data_seed, for_prediction=step == "predict"))
    assert table is not None
    profile = profile_table(table, source[0])
    unused = list(table.unusable)
    return Dataset({step: split}, dataset.labels, dataset.fitted, profile, table.fingerprints, unused)
