"""An engine that runs as much of each step as it needs to know how long the whole takes."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Generic, NamedTuple, TypeVar

import keras
import numpy as np

from kspec.data.pipeline import Batches
from kspec.language.engine import EnginePlan
from kspec.training.engine import Engine
from kspec.training.engine.schedule import Schedule

SETTLED_SECONDS = 1.0
"""How long training is measured once its speed has settled: after the first steps, and after a change of engine."""
FEWEST_STEPS = 3
"""The fewest steps to measure."""
FINISH_SECONDS = 2.0
"""What would end within this time is run to its end."""

T = TypeVar("T")


class _Enough(Exception):
    """Training has been measured within an epoch."""


class StepClock(keras.callbacks.Callback):
    """Times steps and epochs, and ends training when their times are known.

    Args:
        schedule: Epochs and steps of training.
        plan: Returns which engine ran which steps so far.
    """

    only_watches = True
    """It changes nothing, so the engine is free to choose the steps at which to call it."""

    def __init__(self, schedule: Schedule, plan: Callable[[], EnginePlan]) -> None:
        super().__init__()
        self.schedule = schedule
        self.epochs: list[float] = []
        """Seconds of each whole epoch since the speed has settled."""
        self.done = 0
        """Steps so far."""
        self.saw_validation = False
        self.is_cut = False
        """Whether this callback has ended training."""
        self._plan = plan
        self._changes = 0
        self._before = 0  # steps of the epochs before
        self._began = 0.0
        self._settled: tuple[float, int] | None = None  # when, and after how many steps
        self._last: tuple[float, int] = (0.0, 0)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002
        self._before = (epoch - self.schedule.initial_epoch) * self.schedule.steps
        self._began = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002
        self.done = self._before + batch + 1
        rest = self.schedule.steps - batch - 1
        if rest and self._is_known() and self.seconds_per_step * rest > FINISH_SECONDS:
            self.is_cut = True
            raise _Enough

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002
        self.done = self._before + self.schedule.steps
        if self._settled is not None and self._settled[0] <= self._began:
            self.epochs.append(time.perf_counter() - self._began)
            self.saw_validation = self.saw_validation or any(name.startswith("val_") for name in logs or {})
        if self._is_known() and self.epochs and not self.model.stop_training:
            self.is_cut = self.model.stop_training = True

    @property
    def seconds_per_step(self) -> float:
        """Seconds of a step since the speed has settled."""
        if self._settled is None:
            return 0.0
        return (self._last[0] - self._settled[0]) / max(1, self._last[1] - self._settled[1])

    @property
    def remaining(self) -> float:
        """Seconds for the epochs and steps that have not been run, without validation that has not been seen."""
        left = self.schedule.new_epochs * self.schedule.steps - self.done
        if not left or not self.is_cut:  # another callback that ended training will do so again
            return 0.0
        per_epoch = float(np.mean(self.epochs)) if self.epochs else self.seconds_per_step * self.schedule.steps
        return per_epoch * left / self.schedule.steps

    def _is_known(self) -> bool:
        """Whether enough has been measured; notes when the speed settles."""
        now, changes = time.perf_counter(), len(self._plan().changes)
        self._last = now, self.done
        if self._settled is None or changes != self._changes:
            self._settled, self._changes = (now, self.done), changes
            self.epochs.clear()
            return False
        measured = self.done - self._settled[1]
        return measured >= FEWEST_STEPS and now - self._settled[0] >= SETTLED_SECONDS


class MeasuringEngine:
    """Runs a part of what another engine would run.

    Args:
        engine: The engine to measure.

    Attributes:
        missing: By step of the life cycle, the seconds that it would take longer.
        epoch: Seconds of an epoch with its validation; None if nothing is trained.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.missing = {"fit": 0.0, "evaluate": 0.0, "predict": 0.0}
        self.epoch: float | None = None

    @property
    def plan(self) -> EnginePlan:
        """Which engine ran which steps."""
        return self.engine.plan

    @property
    def notes(self) -> list[str]:
        """Lines for the user about the choice of the engine."""
        return self.engine.notes

    @property
    def settled(self) -> bool:
        """Whether no other engine takes over before the current stage ends."""
        return self.engine.settled

    def resume(self, plan: EnginePlan, settled: bool) -> None:
        """See `Engine.resume`."""
        self.engine.resume(plan, settled)

    def fit(self, train: Batches, validation: Batches | None, schedule: Schedule, callbacks: list[Any]) -> None:
        """Trains until the time of a step or of an epoch is known. See `Engine.fit`."""
        clock = StepClock(schedule, lambda: self.engine.plan)
        with suppress(_Enough):
            self.engine.fit(train, validation, schedule, [*callbacks, clock])
        missing, epoch = clock.remaining, clock.seconds_per_step * schedule.steps
        if clock.epochs:
            epoch = float(np.mean(clock.epochs))
        elif missing and validation is not None:
            evaluate = functools.partial(self.engine.evaluate, validation)
            seconds = _run(evaluate, validation, None).all_steps
            epoch += seconds / schedule.validation_freq
            missing += seconds * schedule.validations
        self.missing["fit"] += missing
        self.epoch = epoch or self.epoch

    def evaluate(self, batches: Batches, steps: int | None = None) -> dict[str, float]:
        """Evaluates on all batches, or on as many as tell the time of all. See `Engine.evaluate`."""
        part: _Part[dict[str, float]] = _run(functools.partial(self.engine.evaluate, batches), batches, steps)
        self.missing["evaluate"] += part.missing
        return part.result

    def predict(self, batches: Batches, steps: int | None = None) -> Any:
        """Predicts all examples; of many, some, which stand for the others as well. See `Engine.predict`."""
        part: _Part[Any] = _run(functools.partial(self.engine.predict, batches), batches, steps)
        self.missing["predict"] += part.missing
        if part.is_whole:
            return part.result
        rows = min(batches.examples, (steps or batches.steps) * batches.batch_size)
        if isinstance(part.result, dict):
            return {name: _repeat(values, rows) for name, values in part.result.items()}
        return _repeat(part.result, rows)


class _Part(NamedTuple, Generic[T]):
    """A measured part of a step.

    Args:
        result: What it returned.
        is_whole: Whether it ran to its end.
        all_steps: Seconds of all batches, without tracing.
        missing: Seconds that the whole takes longer than what has been run.
    """

    result: T
    is_whole: bool
    all_steps: float
    missing: float


def _run(function: Callable[[int], T], batches: Batches, steps: int | None) -> _Part[T]:
    """Runs a function of a number of batches: for a few, and again, since the first call traces; then for all of them.

    Args:
        function: Runs so many batches.
        batches: The examples.
        steps: How many batches there are to run; all by default.
    """
    count = min(steps or batches.steps, batches.steps)
    few = min(FEWEST_STEPS, count)
    result = function(few)
    started = time.perf_counter()
    if few == count:
        return _Part(result, True, 0.0, 0.0)
    result = function(few)
    seconds = time.perf_counter() - started
    expected = seconds * count / few
    if expected > FINISH_SECONDS:
        return _Part(result, False, expected, expected - 2 * seconds)
    return _Part(function(count), True, expected, -2 * seconds)


def _repeat(values: np.ndarray[Any, Any], rows: int) -> np.ndarray[Any, Any]:
    """The rows again and again, until there are so many."""
    return np.resize(values, (rows, *values.shape[1:]))
