"""Targets for CTC that need more steps than their output has (KS579)."""

from __future__ import annotations

from kspec.analysis.list_targets import list_targets
from kspec.analysis.program import Analysis
from kspec.analysis.task_inference import loss_name
from kspec.data.types import Dataset
from kspec.diagnostics import Report, codes
from kspec.language import Spec


def check_label_steps(spec: Spec, analysis: Analysis, dataset: Dataset, report: Report) -> None:
    """Reports targets whose loss would be infinite: CTC needs a step for each label, and one between equal labels.

    Targets that a layer has yet to encode are left out.

    Args:
        spec: The spec.
        analysis: Its analysis.
        dataset: The data.
        report: Receives the errors.
    """
    outputs = analysis.settings.outputs if analysis.settings is not None else {}
    for name, setting in list_targets(spec).items():
        if name not in outputs or loss_name(outputs[name].loss) != "CTC":
            continue
        shape = analysis.types.tensor(analysis.graph.outputs[name]).shape
        steps = None if shape is None or len(shape) < 3 else shape[1]
        found = None if steps is None else _longest(name, steps, dataset)
        if found is not None:
            rows, needed = found
            report.error(
                codes.LABELS_LONGER_THAN_STEPS,
                f"`{name}` has {steps} steps, and the target `{setting.column}` needs {needed} in {rows}",
                spec.positions.value(("data", "targets", name)),
                help="let it predict more steps, as with less pooling along that axis: CTC needs one for each label, "
                "and one between two equal labels",
            )


def _longest(name: str, steps: int, dataset: Dataset) -> tuple[str, int] | None:
    """The rows of the first split in which targets need more steps, and the steps that they need; None if none do.

    Args:
        name: The output.
        steps: Its steps.
        dataset: The data.
    """
    for part, split in dataset.splits.items():
        if name not in split.targets or name not in split.positions:
            continue
        raw, real = split.targets[name], split.positions[name]
        needed = real.sum(axis=1) + ((raw[:, 1:] == raw[:, :-1]) & real[:, 1:]).sum(axis=1)
        rows = split.rows[needed > steps]
        if len(rows):
            where = f"row {rows[0]}" if len(rows) == 1 else f"{len(rows):,} rows of the {part} split"
            return where, int(needed.max())
    return None
