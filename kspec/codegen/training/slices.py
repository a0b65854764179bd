"""The code that evaluates slices of the examples: those with the same value in a column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from kspec.analysis.settings import OutputSettings
from kspec.codegen.data.step_rows import StepRows
from kspec.codegen.text.literals import Code, dict_of, text_of
from kspec.codegen.training.steps import evaluate_call


def slice_lines(step_rows: StepRows, outputs: Mapping[str, OutputSettings], batch_size: str) -> list[str]:
    """The lines of `main` that evaluate the slices and print their losses and metrics; none without slices.

    Args:
        step_rows: The evaluated examples.
        outputs: The settings of the outputs.
        batch_size: The batch size in Python.
    """
    info, split = step_rows.info, step_rows.split
    if not info.sliced:
        return []
    columns = dict_of({column: info.variables.of(column) for column in info.sliced})
    own = replace(step_rows, split="rows", lines=())
    scores = text_of(Code("name"), ": ", Code("score", ".4f"))
    count = (" (", Code("len(rows)"), " examples): ", Code("scores"))
    message = text_of(f"{step_rows.label}, ", Code("column"), " = ", Code("value"), *count)
    return [
        f"    for column, values in {columns}.items():",
        f"        for value in np.unique(values[{split}]):",
        f"            rows = {split}[values[{split}] == value]",
        f"            metrics = {evaluate_call(own, outputs, batch_size)}",
        f'            scores = ", ".join({scores} for name, score in metrics.items())',
        f"            print({message})",
    ]
