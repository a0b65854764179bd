"""A trial of a sweep: a run that ends with the validation of its model, and leaves the test split alone."""

from __future__ import annotations

import functools
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kspec.backend.tensorflow import exclusive_keras
from kspec.compiler.compile import compile_spec
from kspec.compiler.define import BuiltModel
from kspec.data import Dataset
from kspec.data.pipeline import Batches
from kspec.diagnostics import SpecError
from kspec.language import Spec
from kspec.runs.execute import Execution
from kspec.runs.failures import StepFailed
from kspec.runs.folder_lock import locked
from kspec.runs.part import Part
from kspec.runs.run import Run
from kspec.runs.run_folder import RunFolder
from kspec.training.console import Console
from kspec.training.engine import Engine
from kspec.training.fit import History
from kspec.training.interrupt import Interrupt

if TYPE_CHECKING:
    from kspec.training.stacked.stack import Record


@dataclass(slots=True)
class _Prepared:
    """What a trial trains, and on what.

    Args:
        dataset: The data.
        built: The model, not compiled.
        splits: The batches of training and validation.
    """

    dataset: Dataset
    built: BuiltModel
    splits: dict[str, Batches]


class Trial(Execution):
    """Reads the data, builds, compiles, trains and validates.

    Args:
        spec: A loaded spec with data.
        folder: The run folder.
        part: What it has in common with other trials.
        keeps_model: Whether the trained model is saved.

    Attributes:
        seconds: How long it took before its turn came.
        alone: Why its network does not train with others, if they were to train together; empty else.
    """

    part: Part

    def __init__(self, spec: Spec, folder: RunFolder, part: Part, *, keeps_model: bool) -> None:
        started = time.perf_counter()
        super().__init__(compile_spec(spec), folder, False, Console(True))
        self.part, self.keeps_model = part, keeps_model
        self.record: Record | None = None
        self.seconds = 0.0
        self.alone = ""
        self._prepared: _Prepared | None = None
        self.recorder.durations["check"] = round(time.perf_counter() - started, 4)

    def run_until(self, is_hopeless: Callable[[History], bool]) -> Run:
        """Trains and validates its model, in silence.

        Args:
            is_hopeless: Called after each epoch with the history so far; whether the trial ends there.

        Returns:
            The finished run, or an interrupted one after a signal.

        Raises:
            SpecError: with every error in the spec or its data.
            StepFailed: if Keras or TensorFlow fails in a step.
            RunFolderError: if the run folder cannot be written.
        """
        assert self.folder is not None
        self.is_hopeless = is_hopeless
        self.recorder.set_clock(self.seconds)
        with exclusive_keras(), self.console.own_output(), locked(self.folder.path):
            return self.run()

    def prepare(self) -> BuiltModel:
        """Reads the data, and builds the model, which nothing trains yet.

        Raises:
            SpecError: with every error in the spec or its data.
            StepFailed: if Keras or TensorFlow fails in a step.
        """
        dataset = self._read_data()
        assert dataset is not None
        built = self._build(dataset)
        self._prepared = _Prepared(dataset, built, self._batch_splits(built, dataset))
        return built

    def build(self) -> BuiltModel:
        """Builds the model once more."""
        assert self._prepared is not None
        return self._build(self._prepared.dataset)

    @property
    def splits(self) -> dict[str, Batches]:
        """The batches of a trial that is prepared."""
        assert self._prepared is not None
        return self._prepared.splits

    @property
    def engine_notes(self) -> list[str]:
        """What is known of the choice of its engine, once it has run."""
        own = [] if not self.alone else [f"trained alone: {self.alone}"]
        return own + ([] if self.recorder.engine is None else self.recorder.engine.notes)

    def _run_steps(self) -> None:
        if self._prepared is None:
            self.prepare()
        prepared, self._prepared = self._prepared, None
        assert prepared is not None
        built = self._adopt(prepared.built, prepared.dataset)
        self._compile(built)
        engine = self.recorder.engine = self._engine(built)
        self._fit(built, engine, prepared.splits)
        if self.engine_notes:
            self.recorder.facts["engine_notes"] = self.engine_notes
        if self.result.status != "interrupted":
            self.result.validation = self._validation(engine, prepared.splits.get("validation"))
            self.recorder.write_metrics()
        self.part.model.finish()

    def _engine(self, built: BuiltModel) -> Engine:
        if self.record is None:
            return super()._engine(built)
        from kspec.training.stacked.engine import StackedEngine

        self.recorder.facts["stacked"] = self.record.networks
        return StackedEngine(built.model, self.record, built.graph, built.network, self.part.model.traces)


def train_together(trials: Sequence[Trial], ends: Sequence[Callable[[History], bool]]) -> None:
    """Trains the networks of trials in one program, as far as that pays; each of them runs later as if alone.

    Args:
        trials: Trials of one form.
        ends: For each, whether training ends after an epoch, given the history so far: as its `is_hopeless` will say.

    Raises:
        KeyboardInterrupt: After a signal.
    """
    from kspec.backend.keras_errors import plain
    from kspec.training.stacked.together import Candidate, CannotStack
    from kspec.training.stacked.together import train_together as train

    failure = ""
    with exclusive_keras(), trials[0].console.own_output(), Interrupt() as interrupt:
        candidates, own = [], []
        for trial, is_hopeless in zip(trials, ends, strict=True):
            started = time.monotonic()
            try:
                built = trial.prepare()
            except (SpecError, StepFailed):
                continue  # it fails again when it has its turn, and says why
            finally:
                trial.seconds = time.monotonic() - started
            interrupt.check()
            ends_after = functools.partial(_ends_after, is_hopeless)
            candidates.append(Candidate(built, trial.splits["train"], trial.splits["validation"], ends_after))
            own.append(trial)
        if len(own) < 2:
            return
        started = time.monotonic()
        shared = own[0].part.model
        if not shared.fits(candidates[0].built):
            shared.adopt(own[0].build())  # not its own model, whose weights the others would overwrite
        records: list[Record | None] = [None] * len(own)
        alone = ""
        try:
            records = train(shared, candidates, interrupt.check)
        except CannotStack as reason:
            alone = str(reason)
        except Exception as error:  # whatever Keras cannot do without its own variables, it can do with them
            alone = failure = f"{type(error).__name__}: {plain(error)[:200]}"
        for trial, record in zip(own, records, strict=True):
            trial.record, trial.alone = record, alone
            trial.seconds += (time.monotonic() - started) / len(own)
    if failure:
        warnings.warn(f"networks that should train together train alone: {failure}", RuntimeWarning, stacklevel=2)


def _ends_after(is_hopeless: Callable[[History], bool], number: int, logs: dict[str, float]) -> bool:
    return is_hopeless([{"epoch": number, **logs}])
