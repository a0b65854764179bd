"""Step 3, fit: trains stage by stage, in an order of examples that the seed alone decides."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kspec.analysis.stages import Stage, stage_callbacks
from kspec.backend.keras_objects import Maker
from kspec.compiler.define import BuiltModel
from kspec.data.pipeline import Batches
from kspec.training.console import Console
from kspec.training.engine import Engine, Schedule
from kspec.training.interrupt import Interrupt
from kspec.training.metrics import sort_metrics
from kspec.training.stage_setup import begin_stage, resume_callbacks, trained_parameters

if TYPE_CHECKING:
    from kspec.training.checkpoints.checkpoint import Checkpoint
    from kspec.training.checkpoints.recording import CheckpointCallback, Checkpoints
    from kspec.training.shared_model import SharedModel

SMOKE_STEPS = 3
"""Batches of a smoke run, in each epoch and in each other step."""

History = list[dict[str, float]]
"""A row for each epoch: its number, its stage's number if the spec has stages, losses and metrics."""


@dataclass(slots=True)
class FitResult:
    """What training yields.

    Args:
        history: The epochs trained.
        stages: The stages begun, if the spec has stages: name, epochs, optimizer, number of trained parameters.
        interrupted: Whether a signal such as Ctrl-C ended training.
        kept: The epoch whose weights the model has; None for averages over epochs, and for a part of an epoch.
        chosen_by: The quantity by which that epoch was chosen; empty for the last epoch.
        averaged: Whether the optimizer averages weights: then `val_` metrics may be those of other weights.
        out_of_time: Whether `time_limit` ended training.
        pruned: Whether it was ended as hopeless.
    """

    history: History = field(default_factory=list)
    stages: list[dict[str, Any]] = field(default_factory=list)
    interrupted: bool = False
    kept: int | None = None
    chosen_by: str = ""
    averaged: bool = False
    out_of_time: bool = False
    pruned: bool = False

    @property
    def diverged(self) -> bool:
        """Whether the last loss is NaN or infinite."""
        return bool(self.history) and not math.isfinite(self.history[-1]["loss"])


def fit(
    built: BuiltModel,
    engine: Engine,
    train: Batches,
    validation: Batches | None,
    console: Console,
    *,
    locate: Callable[[str, bool], str],
    smoke: bool = False,
    after_epoch: Callable[[History], None] = lambda _: None,
    interrupt: Interrupt | None = None,
    checkpoints: Checkpoints | None = None,
    shared: SharedModel | None = None,
    is_hopeless: Callable[[History], bool] = lambda _: False,
) -> FitResult:
    """Trains the model stage by stage; epochs are counted over all stages.

    Args:
        built: The compiled model and its settings.
        engine: Runs the training loop.
        train: Examples to train on.
        validation: Examples to validate on.
        console: Where progress is shown.
        locate: Maps a path that a callback reads (False) or writes (True) to the file's path.
        smoke: Train a few batches of one epoch of each stage.
        after_epoch: Called with the history so far.
        interrupt: Remembers the signal that ends training. When `fit` returns, further ones are deferred, so that the
            caller can save the model.
        checkpoints: Where checkpoints are written, and the one from which training goes on; None to write none.
        shared: The model, where several trainings use it.
        is_hopeless: Called with the history so far; whether training ends with this epoch.

    Returns:
        The history and the stages; training ends early on a signal, and when the loss is no number.
    """
    trainer = _Trainer(
        built,
        engine,
        train,
        validation,
        console,
        Maker(path=locate),
        smoke,
        after_epoch,
        interrupt or Interrupt(),
        checkpoints,
        shared,
        is_hopeless,
    )
    try:
        for stage in trainer.begin():
            trainer.train(stage)
            result = trainer.result
            if result.interrupted or result.diverged or result.out_of_time or result.pruned:
                break
        trainer.interrupt.defer()
    except KeyboardInterrupt:  # between two stages, say
        trainer.stop()
    trainer.keep()
    return trainer.result


@dataclass(slots=True)
class _Trainer:
    built: BuiltModel
    engine: Engine
    batches: Batches
    validation: Batches | None
    console: Console
    maker: Maker
    smoke: bool
    after_epoch: Callable[[History], None]
    interrupt: Interrupt
    checkpoints: Checkpoints | None
    shared: SharedModel | None
    is_hopeless: Callable[[History], bool]
    result: FitResult = field(default_factory=FitResult)
    callbacks: list[Any] = field(default_factory=list)
    """Those of the spec in the stage before."""
    best: Any = None
    """Remembers the best weights of all stages."""
    limit: Any = None
    """Ends training when its time is over."""

    def begin(self) -> list[Stage]:
        """Takes over what has been trained already; returns the stages that are left."""
        stages = self.built.settings.stages
        if self.checkpoints is None or self.checkpoints.resumed is None:
            return stages
        facts = self.checkpoints.resumed.facts
        self.result.history = list(facts.history)
        self.result.stages = facts.stages[: facts.stage - 1]
        return stages[facts.stage - 1 :]

    def train(self, stage: Stage) -> None:
        """Trains one stage."""
        from kspec.training.best_weights import BestWeights, average_weights
        from kspec.training.progress import InterruptCallback, OnEpochEnd
        from kspec.training.time_limit import TimeLimit

        callbacks = [self.maker.object("callback", value) for value in stage_callbacks(self.built.spec, stage)]
        if self.best is None and self.built.settings.keep is not None:
            self.best = BestWeights(self.built.settings.keep)
        seconds = self.built.spec.document.fit.seconds
        if self.limit is None and seconds is not None and not self.smoke:
            used = 0.0 if self.checkpoints is None else self.checkpoints.seconds
            self.limit = TimeLimit(seconds - used, sum(each.epochs for each in self.built.settings.stages))
        schedule = self._schedule(stage, callbacks)
        if stage.name:
            self._begin(stage)
        own = callbacks[len(callbacks) - len(self.built.spec.document.fit.callbacks) :]
        if self.callbacks:
            resume_callbacks(own, self.callbacks)
        self.callbacks = own

        def end_epoch(epoch: int, logs: dict[str, float]) -> None:
            number = {"stage": stage.number} if stage.name else {}
            rate = scheduled_learning_rate(self.built.model.optimizer)
            self.result.history.append({"epoch": epoch + 1, **number, **sort_metrics(logs), **rate})
            self.after_epoch(self.result.history)
            if self.is_hopeless(self.result.history):
                self.result.pruned = True
                self.built.model.stop_training = True

        progress = self._progress(stage, schedule)
        checkpoint = self._checkpoint(stage, schedule, callbacks)
        try:
            with warnings.catch_warnings():
                # an output without a target has no loss, on purpose
                warnings.filterwarnings("ignore", message="Gradients do not exist")
                # between two validations, there is nothing to compare; `check` reports where there is none at all
                warnings.filterwarnings("ignore", message=".*(which is not available|only with .* available)")
                own = [callback for callback in (self.best, self.limit) if callback is not None]
                watchers = [OnEpochEnd(end_epoch), *own, *progress, *checkpoint, InterruptCallback(self.interrupt)]
                self.engine.fit(self.batches, self.validation, schedule, [*callbacks, *watchers])
        except KeyboardInterrupt:
            self.stop()
            average_weights(self.built.model, callbacks)
        finally:
            for callback in progress:
                if hasattr(callback, "stop"):
                    callback.stop()
        self.result.out_of_time = self.limit is not None and self.limit.is_reached
        if stage.name:
            self.result.stages[-1]["epochs"] = len(self.result.history) - schedule.initial_epoch

    def stop(self) -> None:
        """Ends training after a signal."""
        self.interrupt.defer()
        self.interrupt.clear()
        self.result.interrupted = True

    def keep(self) -> None:
        """Restores the weights to keep, and notes which epoch they are from."""
        from kspec.training.best_weights import averages_weights, restored_epoch

        result = self.result
        result.averaged = averages_weights(self.built.model.optimizer)
        if self.best is not None and self.best.epoch is not None:
            self.best.restore()
            result.kept, result.chosen_by = self.best.epoch, self.best.monitor.name
        elif result.interrupted:
            return
        elif (restored := restored_epoch(self.callbacks)) is not None:
            result.kept, result.chosen_by = restored
        elif result.history and not result.averaged:
            result.kept = int(result.history[-1]["epoch"])

    def _epochs(self, stage: Stage) -> int:
        return 1 if self.smoke else stage.epochs

    def _schedule(self, stage: Stage, callbacks: list[Any]) -> Schedule:
        """The epochs and steps of a stage, and those of them that are trained already."""
        settings = self.built.spec.document.fit
        steps = settings.steps_per_epoch or self.batches.steps
        validation_steps = None if self.validation is None else self.validation.steps
        if self.smoke:
            steps = min(SMOKE_STEPS, steps)
            validation_steps = None if validation_steps is None else min(SMOKE_STEPS, validation_steps)
        resumed, before = self._resumed(stage), len(self.result.history)
        done = partial = 0
        if resumed is not None:
            from kspec.training.checkpoints.callback_state import has_ended

            before = sum(row.get("stage", 1) < stage.number for row in self.result.history)
            done, partial = len(self.result.history) - before, resumed.facts.step
            if has_ended(resumed.facts, callbacks, settings.seconds):
                done = self._epochs(stage)
                if self.limit is not None:
                    self.limit.is_reached = resumed.facts.stopped == "time"
        epochs = before + self._epochs(stage)
        freq = settings.validation_freq
        return Schedule(epochs, steps, validation_steps, freq, before, done, partial, stage.number)

    def _resumed(self, stage: Stage) -> Checkpoint | None:
        """The checkpoint from which a stage goes on; None if it begins."""
        resumed = None if self.checkpoints is None else self.checkpoints.resumed
        return resumed if resumed is not None and resumed.facts.stage == stage.number else None

    def _checkpoint(self, stage: Stage, schedule: Schedule, callbacks: list[Any]) -> list[CheckpointCallback]:
        """The callback that writes checkpoints; it also lets the stage go on from one.

        Args:
            stage: The stage.
            schedule: Its epochs.
            callbacks: The callbacks of the spec.
        """
        from kspec.training.checkpoints.checkpoint import EngineFacts
        from kspec.training.checkpoints.recording import CheckpointCallback, Trained

        checkpoints, resumed = self.checkpoints, self._resumed(stage)
        if checkpoints is None:
            return []
        if resumed is not None:
            self.engine.resume(resumed.facts.engine.plan, resumed.facts.engine.settled)

        def engine() -> EngineFacts:
            plan = list(self.engine.plan.changes)
            return EngineFacts(setting=checkpoints.engine, changes=plan, settled=self.engine.settled)

        trained = Trained(stage.number, schedule, self.result.history, self.result.stages, engine, self.limit)
        best = [self.best] if self.best is not None else []
        return [CheckpointCallback(checkpoints, trained, [*callbacks, *best], self.interrupt, resumed)]

    def _begin(self, stage: Stage) -> None:
        """Freezes layers, compiles, and announces the stage."""
        line = begin_stage(self.built, stage, self.shared)
        count = len(self.built.settings.stages)
        name = "" if stage.name == f"stage {stage.number}" else f" ({stage.name})"
        self.console.step("fit", f"stage {stage.number} of {count}{name}: {line}")
        parameters = trained_parameters(self.built.model)
        self.result.stages.append({"name": stage.name, "optimizer": stage.optimizer, "trained_parameters": parameters})

    def _progress(self, stage: Stage, schedule: Schedule) -> list[Any]:
        """The callbacks that show progress."""
        from kspec.training.progress import EpochLines, ProgressBar

        verbose = self.built.spec.document.fit.verbose
        if verbose == 0 or self.console.quiet:
            return []
        later = self.built.settings.stages[stage.number - 1 :]
        epochs = schedule.initial_epoch + sum(self._epochs(other) for other in later)
        if verbose == 1 and (self.console.is_terminal or self.console.is_notebook):
            return [ProgressBar(epochs, schedule.steps, self.console.stream, stage.name)]
        return [EpochLines(self.console, epochs, stage.name)]


def scheduled_learning_rate(optimizer: Any) -> dict[str, float]:
    """The learning rate at the end of an epoch, where a schedule changes it; callbacks that change it log it."""
    from keras.optimizers.schedules import LearningRateSchedule

    schedule = getattr(optimizer, "_learning_rate", None)
    return {"learning_rate": float(optimizer.learning_rate)} if isinstance(schedule, LearningRateSchedule) else {}
