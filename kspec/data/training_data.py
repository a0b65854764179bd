"""Reads the training data of an analysed spec."""

from __future__ import annotations

from kspec.analysis.program import Analysis
from kspec.data import Dataset, InputSpec, OutputSpec, load
from kspec.diagnostics import Report, SpecError
from kspec.language import Spec


def read_training_data(spec: Spec, analysis: Analysis, report: Report) -> Dataset | None:
    """Reads a spec's data.

    Args:
        spec: The spec.
        analysis: Its analysis; the tasks of the outputs decide how targets are read.
        report: Receives every problem of the data.

    Returns:
        The data, split and profiled; None if the spec has none, or if there are errors.
    """
    if spec.document.data is None:
        return None
    settings = analysis.settings
    output_specs = {n: OutputSpec(o.task, o.head.units) for n, o in settings.outputs.items()} if settings else None
    try:
        outputs = list(analysis.graph.outputs)
        return load(spec, input_specs(spec), outputs, report, output_specs=output_specs, graph=analysis.graph)
    except SpecError as error:
        report.diagnostics.extend(error.diagnostics)
        return None


def input_specs(spec: Spec) -> dict[str, InputSpec]:
    """The shape and dtype that each input takes."""
    return {name: InputSpec(tuple(entry.shape), entry.dtype) for name, entry in spec.document.inputs.items()}
