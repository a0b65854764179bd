"""The engine that runs many steps in one graph; fit, callbacks, history and validation stay Keras's."""

from __future__ import annotations

import functools
import math
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kspec.data.pipeline import CHUNK_BYTES, Batches
from kspec.lifecycle.engine.auto import Auto
from kspec.lifecycle.engine.beforehand import Beforehand
from kspec.lifecycle.engine.by_keras import KerasEngine
from kspec.lifecycle.engine.choice import Choice, Fixed
from kspec.lifecycle.engine.loops import Loops
from kspec.lifecycle.engine.measurements import key_of, recall, remember
from kspec.lifecycle.engine.replaced import replaced
from kspec.lifecycle.engine.supply import Supply
from kspec.lifecycle.engine.training import Pace, Results, Runner, TestFunction, TrainFunction
from kspec.spec.engine import EnginePlan

RUN_BYTES = CHUNK_BYTES
"""What the batches between two looks at the supply may take."""
SMALL_CELL = 64
"""Units of a recurrent layer up to which its operations take less time than the way between them."""
WATCHED_STEPS = 100
"""Steps between two looks of a callback at the batches."""
COMPILED_VALIDATION = 32, 3000
"""Batches of one validation, and of all in a run, from which on they are worth a compilation of their own."""


class FusedEngine:
    """Trains, evaluates and asks a compiled model.

    Args:
        said: `fit.engine`: `auto`, a name, or a list with changes.
        beforehand: What is computed once over the data; None where nothing is.
    """

    def __init__(self, model: Any, said: Any, beforehand: Beforehand | None = None) -> None:
        self.model = model
        self.said = said
        self.choice: Choice = Fixed(EnginePlan.of("fused" if said == "auto" else said))
        self.beforehand = beforehand
        self._loops: dict[tuple[int, bool], Loops] = {}
        self._keras: KerasEngine | None = None  # once it has taken over

    @property
    def plan(self) -> EnginePlan:
        """What ran, from which step."""
        return self._keras.plan if self._keras is not None else self.choice.plan

    @property
    def notes(self) -> list[str]:
        """What to tell the user of it."""
        return self.choice.notes

    def fit(
        self,
        train: Batches,
        validation: Batches | None,
        *,
        callbacks: list[Any],
        epochs: int,
        steps: int,
        validation_steps: int | None,
        validation_freq: int,
    ) -> None:
        """Trains as `Model.fit` does, an epoch a call."""
        rest: dict[str, Any] = {"epochs": epochs, "validation_freq": validation_freq}
        listed = keras.callbacks.CallbackList(callbacks, add_history=True, model=self.model, epochs=epochs, steps=steps)
        runner = self._runner("train", train)
        if self.said == "auto":
            self.choice = _auto(self.model, runner, callbacks)
        results = Results(runner.loops)

        def between(done: int, metrics: dict[str, Any]) -> None:
            listed.on_train_batch_end(done - 1, metrics)
            listed.on_train_batch_begin(done)

        pace = Pace(_watched(callbacks))
        train_function = TrainFunction(
            runner, self.choice, pace, steps=steps, total=steps * epochs, between=between, results=results
        )
        try:
            train_function.prepare()
        except Exception as error:  # Keras may take what cannot be fused; else it says what is wrong
            self._fall_back(error).fit(
                train, validation, callbacks=callbacks, steps=steps, validation_steps=validation_steps, **rest
            )
            return
        test_function = None
        if validation is not None and validation_steps:
            each, all_ = COMPILED_VALIDATION
            often = validation_steps >= each and validation_steps * (epochs // validation_freq) >= all_
            test_function = TestFunction(
                self._runner("test", validation),
                validation_steps,
                results,
                lambda: often and self.choice.plan.at(train_function.step) == "fused_xla",
            )
        nothing = tf.data.Dataset.from_tensors(np.float32(0)).repeat()
        execution = max(steps, validation_steps or 0)
        with replaced(
            self.model,
            train_function=train_function,
            test_function=test_function,
            steps_per_execution=execution,
            get_metrics_result=results,
            reset_metrics=runner.loops.reset,
        ):
            self.model.fit(
                nothing,
                steps_per_epoch=steps,
                validation_data=None if test_function is None else nothing,
                validation_steps=validation_steps,
                callbacks=listed,
                shuffle=False,
                verbose=0,
                **rest,
            )
        self.choice.close()

    def evaluate(self, batches: Batches, steps: int | None = None) -> dict[str, float]:
        """Losses and metrics, by name."""
        if self._keras is not None:
            return self._keras.evaluate(batches, steps)
        runner = self._runner("test", batches)
        steps = min(steps or batches.steps, batches.steps)
        function = TestFunction(runner, steps, Results(runner.loops), lambda: False)
        runner.loops.fused("test", runner.supply.signature)
        runner.loops.reset()
        return {name: float(value) for name, value in function().items()}

    def predict(self, batches: Batches, steps: int | None = None) -> Any:
        """The answers, as `Model.predict` gives them."""
        if self._keras is not None:
            return self._keras.predict(batches, steps)
        left = min(steps or batches.steps, batches.steps)
        runner = self._runner("predict", batches)
        ask = runner.loops.predict(runner.supply.signature)
        answers = []
        for rows in runner.supply.passes([0]):
            stop = min(left, rows.batches)
            answers.append(ask(rows.tensors, tf.constant(0), tf.constant(stop)))
            left -= stop
            if not left:
                break
        return tf.nest.map_structure(lambda *parts: np.concatenate([part.numpy() for part in parts]), *answers)

    def _runner(self, step: str, batches: Batches) -> Runner:
        early = self.beforehand
        hoists = early is not None and early.fits(batches)
        if early is not None and hoists:
            batches = early(batches)
        key = batches.batch_size, hoists
        if key not in self._loops:
            core = early.core if early is not None and hoists else self.model
            self._loops[key] = Loops(self.model, core, batches.batch_size)
        return Runner(self._loops[key], step, Supply(batches, run_bytes=RUN_BYTES))

    def _fall_back(self, error: Exception) -> KerasEngine:
        from kspec.targets.keras_errors import plain

        self.notes.append(f"keras: this network cannot be fused ({plain(error)[:120]})")
        self._keras = KerasEngine(self.model)
        return self._keras


def _auto(model: Any, runner: Runner, callbacks: list[Any]) -> Auto:
    """Measuring, with what is known of such networks and of this one."""
    key = key_of(model, runner.loops.batch_size, runner.supply.signature)
    stops = any(isinstance(callback, keras.callbacks.EarlyStopping) for callback in callbacks)
    keep = functools.partial(remember, key)
    return Auto(recall(key), expected=_expected_gain(model), keep=keep, may_stop=stops)


def _expected_gain(model: Any) -> float | None:
    """How many times as fast XLA is taken to be for such a network; None where the steps will tell."""
    layers = model._flatten_layers()
    if any("Conv" in type(layer).__name__ for layer in layers) and not tf.config.list_physical_devices("GPU"):
        return 0.1  # its convolutions on a processor do without the vendor's library
    cells = [layer for layer in layers if hasattr(layer, "state_size")]
    if cells:  # a step is a loop of its own, of operations that are small where the cells are
        return 4.0 if all(getattr(layer, "units", 0) <= SMALL_CELL for layer in cells) else 1.2
    return None


def _watched(callbacks: list[Any]) -> int | None:
    """At the multiples of how many steps callbacks look at the batches; None where none but our own bar does."""
    looks = []
    for callback in callbacks:
        every = getattr(callback, "save_freq", WATCHED_STEPS)
        if every == "epoch" or getattr(callback, "only_shows", False):
            continue
        if any(
            getattr(type(callback), name) is not getattr(keras.callbacks.Callback, name)
            for name in ("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end")
        ):
            looks.append(every)
    return math.gcd(*looks) if looks else None
