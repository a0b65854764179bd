"""Reads the training data of an analysed spec."""

from __future__ import annotations

from kspec.analysis.program import Analysis
from kspec.data import Dataset, load
from kspec.data.network_specs import input_specs, output_specs
from kspec.data.shared_table import SharedTable
from kspec.diagnostics import Report, SpecError
from kspec.language import Spec


def read_training_data(
    spec: Spec, analysis: Analysis, report: Report, *, keep: bool = False, shared: SharedTable | None = None
) -> Dataset | None:
    """Reads a spec's data.

    Args:
        spec: The spec.
        analysis: Its analysis; the tasks of the outputs decide how targets are read.
        report: Receives every problem of the data.
        keep: Whether the data is stored for the next run, even if its table is not large.
        shared: The table, if several runs share it.

    Returns:
        The data, split and profiled; None if the spec has none, or if there are errors.
    """
    if spec.document.data is None:
        return None
    try:
        outputs, known = list(analysis.graph.outputs), output_specs(analysis)
        return load(
            spec,
            input_specs(spec),
            outputs,
            report,
            output_specs=known,
            graph=analysis.graph,
            keep=keep,
            shared=shared,
        )
    except SpecError as error:
        report.diagnostics.extend(error.diagnostics)
        return None
