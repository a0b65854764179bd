"""A trial of a sweep: a run that ends with the validation of its model, and leaves the test split alone."""

from __future__ import annotations

import time
from collections.abc import Callable

from kspec.backend.tensorflow import exclusive_keras
from kspec.compiler.compile import compile_spec
from kspec.language import Spec
from kspec.runs.execute import Execution
from kspec.runs.folder_lock import locked
from kspec.runs.part import Part
from kspec.runs.run import Run
from kspec.runs.run_folder import RunFolder
from kspec.training.console import Console
from kspec.training.fit import History


def run_trial(
    spec: Spec, folder: RunFolder, part: Part, is_hopeless: Callable[[History], bool], *, keeps_model: bool = False
) -> Run:
    """Trains and validates a spec, in silence.

    Args:
        spec: A loaded spec with data.
        folder: The run folder.
        part: What it has in common with other trials.
        is_hopeless: Called after each epoch with the history so far; whether the trial ends there.
        keeps_model: Whether the trained model is saved.

    Returns:
        The finished run, or an interrupted one after a signal.

    Raises:
        SpecError: with every error in the spec or its data.
        StepFailed: if Keras or TensorFlow fails in a step.
        RunFolderError: if the run folder cannot be written.
    """
    console = Console(True)
    with exclusive_keras(), console.own_output(), locked(folder.path):
        started = time.perf_counter()
        trial = _Trial(compile_spec(spec), folder, False, console)
        trial.part, trial.is_hopeless, trial.keeps_model = part, is_hopeless, keeps_model
        trial.recorder.durations["check"] = round(time.perf_counter() - started, 4)
        return trial.run()


class _Trial(Execution):
    """Reads the data, builds, compiles, trains and validates."""

    def _run_steps(self) -> None:
        dataset = self._read_data()
        built = self._define(dataset)
        self._compile(built)
        assert dataset is not None
        assert self.part is not None
        splits = self._batch_splits(built, dataset)
        engine = self.recorder.engine = self._engine(built)
        self._fit(built, engine, splits)
        if self.result.status != "interrupted":
            self.result.validation = self._validation(engine, splits.get("validation"))
            self.recorder.write_metrics()
        self.part.model.finish()
