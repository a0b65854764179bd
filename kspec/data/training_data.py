"""Reads the training data of an analysed spec."""

from __future__ import annotations

from kspec.analysis.program import Analysis
from kspec.analysis.task_inference import loss_name
from kspec.data import Dataset, InputSpec, OutputSpec, load
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


def output_specs(analysis: Analysis) -> dict[str, OutputSpec]:
    """What an analysis knows of each output; nothing without settings."""
    specs = {}
    for name, output in analysis.settings.outputs.items() if analysis.settings is not None else ():
        shape = analysis.types.tensor(analysis.graph.outputs[name]).shape
        rank = None if shape is None else len(shape)
        steps = None if shape is None or len(shape) < 3 else shape[1]
        loss = loss_name(output.loss)
        example = None if shape is None else shape[1:]
        specs[name] = OutputSpec(output.task, output.head.units, rank, output.ignored_label, loss, steps, example)
    return specs


def input_specs(spec: Spec) -> dict[str, InputSpec]:
    """The shape and dtype that each input takes."""
    return {name: InputSpec(tuple(entry.shape), entry.dtype) for name, entry in spec.document.inputs.items()}
