"""Writes the checkpoints of a training as it goes, and puts a training back to where one was made."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras

from kspec.language.checkpoints import Interval
from kspec.training.checkpoints.callback_state import WatchedCallback
from kspec.training.checkpoints.checkpoint import CallbackFacts, Checkpoint, EngineFacts, Facts
from kspec.training.checkpoints.randomness import capture_randomness, restore_randomness
from kspec.training.checkpoints.store import CheckpointStore
from kspec.training.checkpoints.variables import capture_variables, restore_variables
from kspec.training.engine.schedule import Schedule
from kspec.training.interrupt import Interrupt
from kspec.training.time_limit import TimeLimit

EPOCH_SECONDS, STEP_SECONDS = 60.0, 600.0
"""The least time between two checkpoints at the end of an epoch, and within one, unless the spec asks for another."""


class Checkpoints:
    """The checkpoints of a run.

    Args:
        store: Where they are.
        spec: The resolved spec, as plain values.
        data: The fingerprints of the data.
        engine: The value of `fit.engine`.
        warn: Called with a sentence where one cannot be written.
        interval: How far they are apart; None where the spec leaves it open.
        resumed: The checkpoint from which the run goes on; None for one that begins.
        writes: Whether to write any; a run can go on without further ones.
    """

    def __init__(
        self,
        store: CheckpointStore,
        spec: dict[str, Any],
        data: dict[str, str],
        engine: Any,
        warn: Callable[[str], None],
        interval: Interval | None = None,
        resumed: Checkpoint | None = None,
        *,
        writes: bool = True,
    ) -> None:
        self.store = store
        self.writes = writes
        self.spec = spec
        self.data = data
        self.engine = engine
        self.warn = warn
        self.interval = interval
        self.resumed = resumed
        self._before = 0.0 if resumed is None else resumed.facts.seconds
        self._started = self._written = time.monotonic()
        self._place = (0, 0) if resumed is None else (resumed.facts.epoch, resumed.facts.step)
        self._has_failed = False

    @property
    def seconds(self) -> float:
        """How long training has taken, over all its parts."""
        return self._before + time.monotonic() - self._started

    def is_due(self, epoch: int, step: int, steps: int) -> bool:
        """Whether enough time or training has passed since the last one.

        Args:
            epoch: The epochs that have ended.
            step: The steps done of the next; 0 at the end of an epoch.
            steps: The steps of an epoch.
        """
        least = self.interval
        if not self.writes:
            return False
        if least is not None and least.unit == "epoch":
            return step == 0 and epoch - self._place[0] >= least.number
        if least is not None and least.unit == "step":
            return (epoch - self._place[0]) * steps + step - self._place[1] >= least.number
        seconds = least.number if least is not None else STEP_SECONDS if step else EPOCH_SECONDS
        return time.monotonic() - self._written >= seconds

    def write(self, facts: Facts, arrays: list[Any]) -> None:
        """Writes a checkpoint; training goes on where the disk is full."""
        if not self.writes:
            return
        try:
            self.store.add(Checkpoint(facts, arrays))
        except OSError as error:
            if not self._has_failed:
                self.warn(f"no checkpoint: {error}")
            self._has_failed = True
        self._written, self._place = time.monotonic(), (facts.epoch, facts.step)


@dataclass(slots=True)
class Trained:
    """What of a training is no state of Keras's.

    Args:
        stage: The stage, from 1.
        schedule: Its epochs and steps.
        history: The rows so far.
        stages: The stages begun.
        engine: Describes what the engine has chosen.
        limit: Ends training when its time is over; None without a limit.
    """

    stage: int
    schedule: Schedule
    history: list[dict[str, float]]
    stages: list[dict[str, Any]]
    engine: Callable[[], EngineFacts]
    limit: TimeLimit | None = None


class CheckpointCallback(keras.callbacks.Callback):
    """Writes checkpoints during a stage; the last of the callbacks, since it saves what the others remember.

    A signal is answered here, where training can stop and go on: after some steps, or at the end of an epoch.

    Args:
        checkpoints: The checkpoints of the run.
        trained: What is no state of Keras's.
        callbacks: The callbacks whose states count.
        interrupt: Remembers the signal that ends training.
        resumed: The checkpoint from which this stage goes on; None where it begins.
    """

    def __init__(
        self,
        checkpoints: Checkpoints,
        trained: Trained,
        callbacks: Sequence[keras.callbacks.Callback],
        interrupt: Interrupt,
        resumed: Checkpoint | None = None,
    ) -> None:
        super().__init__()
        self.checkpoints = checkpoints
        self.trained = trained
        self.interrupt = interrupt
        self.watched = [WatchedCallback(callback) for callback in callbacks]
        self.resumed = resumed
        interval = checkpoints.interval
        self.only_watches = interval is None or interval.unit != "step"
        self.save_freq = 1 if interval is None else int(interval.number)
        self._partial = resumed if resumed is not None and resumed.facts.step else None
        self._epoch = 0
        self.averaging = [each for each in callbacks if isinstance(each, keras.callbacks.SwapEMAWeights)]
        for swap in self.averaging:
            # at the end of the last epoch it would overwrite the weights with which training could go on
            vars(swap)["_finalize_ema_values"] = lambda: None
        if resumed is not None:  # before the callbacks open their files
            for watched, saved in zip(self.watched, self._saved(resumed), strict=True):
                watched.cut_files(saved, checkpoints.store.run)

    def on_train_begin(self, logs: Any = None) -> None:  # noqa: ARG002
        self.interrupt.defer()
        if self.resumed is not None and self._partial is None:
            self._restore(self.resumed)
            if self.resumed.facts.epoch == self.trained.schedule.epochs:
                self._end_averaging()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002
        self._epoch = epoch

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002
        if self._partial is not None:  # this also undoes what callbacks did when the epoch began
            self._restore(self._partial)
            self._partial = None

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002
        steps, step = self.trained.schedule.steps, batch + 1
        if step >= steps or self.model.stop_training:
            return
        is_stopped = self.interrupt.is_pending
        if is_stopped or self.checkpoints.is_due(self._epoch, step, steps):
            self._write(self._epoch, step)
        if is_stopped:
            self.interrupt.resume()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002
        done, schedule = epoch + 1, self.trained.schedule
        is_last, is_stopped = done == schedule.epochs or self.model.stop_training, self.interrupt.is_pending
        if is_last or is_stopped or self.checkpoints.is_due(done, 0, schedule.steps):
            self._write(done, 0)
        if done == schedule.epochs:
            self._end_averaging()
        elif is_stopped:
            self.interrupt.resume()

    def on_train_end(self, logs: Any = None) -> None:  # noqa: ARG002
        self.interrupt.resume()

    def _write(self, epoch: int, step: int) -> None:
        trained, arrays = self.trained, list[Any]()
        variables = capture_variables(self.model, arrays, within_epoch=step > 0)
        is_late = trained.limit is not None and trained.limit.is_reached
        facts = Facts(
            spec=self.checkpoints.spec,
            data=self.checkpoints.data,
            stage=trained.stage,
            epoch=epoch,
            step=step,
            stopped="time" if is_late else "callback" if self.model.stop_training else "",
            history=trained.history,
            stages=trained.stages,
            engine=trained.engine(),
            variables=variables,
            random=capture_randomness(arrays),
            callbacks=[CallbackFacts(**watched.capture(arrays)) for watched in self.watched],
            seconds=self.checkpoints.seconds,
        )
        self.checkpoints.write(facts, arrays)

    def _restore(self, checkpoint: Checkpoint) -> None:
        facts, arrays = checkpoint.facts, checkpoint.arrays
        restore_variables(self.model, facts.variables, arrays)
        for watched, saved in zip(self.watched, self._saved(checkpoint), strict=True):
            watched.restore(saved, arrays)
        restore_randomness(facts.random, arrays)

    def _saved(self, checkpoint: Checkpoint) -> list[dict[str, Any]]:
        """The states of the callbacks in a checkpoint, one for each callback.

        Raises:
            ValueError: If it is that of other callbacks.
        """
        saved = [each.model_dump() for each in checkpoint.facts.callbacks]
        if [each["kind"] for each in saved] != [watched.kind for watched in self.watched]:
            raise ValueError("the checkpoint is that of other callbacks")
        return saved

    def _end_averaging(self) -> None:
        for swap in self.averaging:
            if swap.swap_on_epoch:
                type(swap)._finalize_ema_values(swap)
