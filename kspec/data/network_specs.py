"""What the inputs and outputs of a spec's network take."""

from __future__ import annotations

from typing import NamedTuple

from kspec.analysis.program import Analysis
from kspec.analysis.task_inference import loss_name
from kspec.language import Spec


class InputSpec(NamedTuple):
    """What an input takes.

    Args:
        shape: The shape of one example, without the batch; None for an open length.
        dtype: A Keras dtype; `string` for text.
    """

    shape: tuple[int | None, ...]
    dtype: str = "float32"


class OutputSpec(NamedTuple):
    """What is known of an output before its target is read.

    Args:
        task: The problem type, such as `regression`; None if unknown.
        units: The size of the last axis; None if unknown.
        rank: Its rank, including the batch axis; None if unknown.
        ignored: The label that its loss ignores.
        loss: The class of its loss; empty if unknown.
        steps: The number of its positions along the first axis after the batch; None if unknown.
        shape: Its shape for one example, None for an open length; None if unknown.
    """

    task: str | None = None
    units: int | None = None
    rank: int | None = None
    ignored: int | None = None
    loss: str = ""
    steps: int | None = None
    shape: tuple[int | None, ...] | None = None


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
