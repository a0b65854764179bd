"""Members that have finished before the run of all goes on: what they share is made again, and nothing is trained."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from kspec.backend.tensorflow import exclusive_keras
from kspec.compiler.compile import compile_spec
from kspec.compiler.define import define
from kspec.data.shared_table import SharedTable
from kspec.data.step_data import choose_examples
from kspec.language import Spec
from kspec.runs.run_loader import load_run, predictions_of
from kspec.runs.trained import Trained
from kspec.training.batching import encodings_of
from kspec.training.engine import engine_of


@exclusive_keras()
def built_again(spec: Spec, folder: Path, table: SharedTable) -> Trained:
    """A member's model, without its weights, and its examples.

    Args:
        spec: The spec of the member.
        folder: Its folder.
        table: The table of the data, once a member has read it.

    Raises:
        SpecError: With every error in the spec or its data.
    """
    compiled = compile_spec(spec)
    compiled.unwrap()
    dataset = compiled.read_data(shared=table)
    compiled.report.raise_errors()
    own, analysis = compiled.unwrap()
    built = define(own, analysis, compiled.report, dataset, run_folder=folder)
    compiled.report.raise_errors()
    assert built is not None
    assert dataset is not None
    of_step = functools.partial(choose_examples, spec=own, graph=built.graph, dataset=dataset)
    of_step = functools.partial(of_step, encodings=encodings_of(built, dataset), report=compiled.report)
    evaluated, predicted = of_step("evaluate", need_targets=True), of_step("predict", need_targets=False)
    return Trained(built, engine_of(built.model, "keras"), dataset, evaluated, predicted)


def predicted_again(spec: Spec, folder: Path, table: SharedTable) -> dict[str, Any]:
    """What a member has predicted, by output.

    Args:
        spec: The spec of the member.
        folder: Its folder, with the trained model.
        table: The table of the data, once a member has read it.

    Raises:
        RunFolderError: If its model cannot be loaded.
    """
    examples = built_again(spec, folder, table).predicted.split
    granted = spec.permissions
    run = load_run(str(folder), allow_code=granted.code, allow_outside=granted.outside)
    return predictions_of(run, examples)[0]
