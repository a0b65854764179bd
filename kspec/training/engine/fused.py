"""The engine that runs many steps in one graph; `fit`, callbacks, history and validation stay Keras's."""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.callbacks import Callback, CallbackList, EarlyStopping, TensorBoard

from kspec.backend.keras_errors import plain
from kspec.backend.keras_model import BuiltNetwork
from kspec.data.pipeline import CHUNK_BYTES, Batches
from kspec.ir import Graph
from kspec.language.engine import EnginePlan, EngineSetting
from kspec.training.engine.auto import EARLY_STOP_FRACTION, AutoPolicy
from kspec.training.engine.engine_policy import EnginePolicy, FixedPolicy
from kspec.training.engine.expected_gain import expected_engine, expected_speedup, pays_for_validation
from kspec.training.engine.keras_engine import KerasEngine
from kspec.training.engine.loops import Loops
from kspec.training.engine.patch import patch
from kspec.training.engine.precompute import MixedExamples, PrecomputedPrefix, precompute_prefix
from kspec.training.engine.row_source import RowSource
from kspec.training.engine.schedule import Schedule
from kspec.training.engine.tensors import StepName
from kspec.training.engine.timing_cache import key_of, recall, remember
from kspec.training.engine.traces import Traces
from kspec.training.engine.training import Metrics, Results, Runner, StepsPerCall, TestFunction, TrainFunction

ROWS_BYTES = CHUNK_BYTES
"""The memory of a chunk of rows that a loop runs over."""
WATCHED_STEPS = 100
"""How often a callback sees batches, in steps, if it does not say."""
COMPILED_VALIDATION = 32, 3000
"""Validation is compiled by XLA if it has so many batches, and all validations of the run so many together."""
LONG_TRACE = 5.0
"""Tracing that takes more seconds than this is announced."""
PROGRESS_SECONDS = 15.0
"""The time between two lines on the progress of the precomputation."""


class FusedEngine:
    """Trains, evaluates and predicts with a compiled model.

    Args:
        model: A compiled Keras model.
        setting: The value of `fit.engine`: `auto`, a name, or a list with changes.
        graph: The graph that the model was built from; None to precompute nothing.
        network: Layers and tensors of the built graph.
        announce: Called with a line when something takes long before the first epoch.
        traces: What earlier trainings of the model have traced, which serves this one; None to trace anew.
        trainings: About how many trainings share what is compiled, if `auto` decides for all of them beforehand, by the
            network alone; None if it decides for this one, by measuring.
    """

    def __init__(
        self,
        model: keras.Model,
        setting: EngineSetting,
        graph: Graph | None = None,
        network: BuiltNetwork | None = None,
        announce: Callable[[str], None] = lambda _: None,
        traces: Traces | None = None,
        trainings: float | None = None,
    ) -> None:
        self.model = model
        self.setting = setting
        self.policy: EnginePolicy = FixedPolicy(EnginePlan.of("fused" if setting == "auto" else setting))
        self.graph = graph
        self.network = network
        self.announce = announce
        self.prefix: PrecomputedPrefix | None = None
        self._precomputed: dict[int, Batches] = {}  # by the id of the examples they replace
        self._notes: list[str] = []  # those of earlier policies
        self._traces = Traces() if traces is None else traces
        self._keeps_traces = traces is not None
        self._trainings = trainings
        self._keras: KerasEngine | None = None  # set once it has taken over
        self._resumed: tuple[EnginePlan, bool] | None = None

    @property
    def plan(self) -> EnginePlan:
        """Which engine ran which steps."""
        return self._keras.plan if self._keras is not None else self.policy.plan

    @property
    def settled(self) -> bool:
        """Whether no other engine takes over before the current stage ends."""
        return self._keras is not None or self.policy.settled

    @property
    def notes(self) -> list[str]:
        """Lines for the user about the choice of the engine."""
        return [*self._notes, *self.policy.notes]

    def resume(self, plan: EnginePlan, settled: bool) -> None:
        """Lets the next call of `fit` go on with the engines of another process; see `Engine.resume`."""
        self._resumed = plan, settled

    def fit(self, train: Batches, validation: Batches | None, schedule: Schedule, callbacks: list[Callback]) -> None:
        """Trains, an epoch a call. See `Engine.fit`. Keras's own loop takes over if the network cannot be fused."""
        if self._keras is not None:
            self._keras.fit(train, validation, schedule, callbacks)
            return
        if not self._keeps_traces:  # the model may be compiled anew: older loops would train other weights
            self._traces.clear()
        callback_list = CallbackList(
            callbacks, add_history=True, model=self.model, epochs=schedule.epochs, steps=schedule.steps
        )
        try:
            self._prepare(train, validation, schedule)
            started = time.monotonic()
            train_function = self._train_function(train, callback_list, schedule)
            test_function = self._test_function(validation, schedule, train_function)
            if (seconds := time.monotonic() - started) > LONG_TRACE:
                self.announce(f"graph built in {seconds:.0f} s")
        except Exception as error:  # Keras may run what cannot be fused, and else raises its own error
            self._fit_with_keras(error, train, validation, schedule, callbacks)
            return
        try:
            self._fit(train_function, test_function, schedule, callback_list)
        finally:
            self._precomputed.clear()
            self.policy.close()

    def _fit_with_keras(
        self,
        error: Exception,
        train: Batches,
        validation: Batches | None,
        schedule: Schedule,
        callbacks: list[Callback],
    ) -> None:
        self._notes.append(f"keras: this network cannot be fused ({plain(error)[:120]})")
        self._keras = KerasEngine(self.model)
        self._keras.fit(train, validation, schedule, callbacks)

    def _fit(
        self,
        train_function: TrainFunction,
        test_function: TestFunction | None,
        schedule: Schedule,
        callback_list: CallbackList,
    ) -> None:
        """Calls `Model.fit` with functions that run a whole epoch, or a whole validation, a call."""
        nothing = tf.data.Dataset.from_tensors(np.float32(0)).repeat()
        with patch(
            self.model,
            train_function=train_function,
            test_function=test_function,
            steps_per_execution=max(schedule.steps, schedule.validation_steps or 0),
            get_metrics_result=train_function.results,
            reset_metrics=train_function.runner.loops.reset,
        ):
            self.model.fit(
                nothing,
                epochs=schedule.epochs,
                initial_epoch=schedule.first_epoch,
                steps_per_epoch=schedule.steps,
                validation_data=None if test_function is None else nothing,
                validation_steps=schedule.validation_steps,
                validation_freq=schedule.validation_freq,
                callbacks=callback_list,
                shuffle=False,
                verbose=0,
            )

    def evaluate(self, batches: Batches, steps: int | None = None) -> dict[str, float]:
        """Returns losses and metrics by name."""
        if self._keras is not None:
            return self._keras.evaluate(batches, steps)
        runner = self._runner("test", batches)
        steps = min(steps or batches.steps, batches.steps)
        function = TestFunction(runner, steps, Results(runner.loops), lambda: False)
        function.prepare()
        runner.loops.reset()
        return {name: float(value) for name, value in function().items()}

    def predict(self, batches: Batches, steps: int | None = None) -> Any:
        """Returns the predictions; see `Engine.predict`."""
        if self._keras is not None:
            return self._keras.predict(batches, steps)
        remaining = min(steps or batches.steps, batches.steps)
        loops, source = self._loops_for(batches)
        loop = loops.predict(source.signature)
        predictions = []
        for rows in source.passes([0]):
            stop = min(remaining, rows.batches)
            predictions.append(loop(rows.tensors, tf.constant(0), tf.constant(stop)))
            remaining -= stop
            if not remaining:
                break
        return tf.nest.map_structure(lambda *chunks: np.concatenate([chunk.numpy() for chunk in chunks]), *predictions)

    def _train_function(self, train: Batches, callback_list: CallbackList, schedule: Schedule) -> TrainFunction:
        runner = self._runner("train", train)
        first = schedule.first_step
        (plan, settled), self._resumed = self._resumed or (self.policy.plan, False), None
        if self.setting == "auto":
            self._notes += self.policy.notes
            if self._trainings is not None:
                self.policy = _shared_policy(runner, callback_list.callbacks, schedule, plan, self._trainings)
            elif settled:
                self.policy = FixedPolicy(plan)
            else:
                self.policy = _auto_policy(self.model, runner, callback_list.callbacks, plan, first)

        def between(done: int, metrics: Metrics | None) -> None:
            if metrics is not None:
                callback_list.on_train_batch_end(done - 1, metrics)
            callback_list.on_train_batch_begin(done)

        function = TrainFunction(
            runner,
            self.policy,
            StepsPerCall(watch_interval(callback_list.callbacks)),
            steps=schedule.steps,
            first=first,
            done=schedule.resumed_steps,
            total=schedule.steps * schedule.epochs,
            between=between,
            results=Results(runner.loops),
        )
        function.prepare()
        return function

    def _test_function(
        self, validation: Batches | None, schedule: Schedule, train_function: TrainFunction
    ) -> TestFunction | None:
        steps = schedule.validation_steps
        if validation is None or not steps:
            return None
        runner = self._runner("test", validation)
        in_each, in_all = COMPILED_VALIDATION
        is_long = steps >= in_each and steps * schedule.validations >= in_all
        if self._trainings is not None:
            is_long = pays_for_validation(runner.loops.core, steps, schedule.validations * self._trainings)

        def use_xla() -> bool:
            return is_long and self.policy.plan.at(train_function.step - 1) == "fused_xla"

        function = TestFunction(runner, steps, train_function.results, use_xla)
        function.prepare()
        return function

    def core(self, train: Batches, validation: Batches, schedule: Schedule) -> tuple[Batches, Batches, keras.Layer]:
        """What a step of training takes and calls, once all that does not change is computed.

        Args:
            train: Examples to train on.
            validation: Examples to validate on.
            schedule: Epochs and steps.

        Returns:
            The examples, those to validate on, and the rest of the model.
        """
        self._prepare(train, validation, schedule)
        rows, core = self._precompute(train)
        return rows, self._precompute(validation)[0], core

    def _prepare(self, train: Batches, validation: Batches | None, schedule: Schedule) -> None:
        """Precomputes what does not change during this call, given the layers that train now.

        Frozen layers are precomputed only if training goes over the examples more than once.
        """
        self.prefix = None
        self._precomputed.clear()
        if self.graph is None or self.network is None:
            return
        splits = [train] if validation is None else [train, validation]
        repeats = schedule.steps * schedule.new_epochs > train.steps
        for frozen in (True, False) if repeats else (False,):
            prefix = precompute_prefix(self.model, self.graph, self.network, splits, frozen=frozen)
            if prefix is None:
                continue
            try:
                progress = self._report_progress(prefix, splits)
                self._precomputed.update({id(split): prefix(split, report) for split, report in progress})
            except MixedExamples:
                names = ", ".join(prefix.nodes)
                self._notes.append(f"{names}: not precomputed, since an example's values depend on its batch")
                continue
            self.prefix = prefix
            return

    def _report_progress(
        self, prefix: PrecomputedPrefix, splits: list[Batches]
    ) -> Iterator[tuple[Batches, Callable[[int], None]]]:
        """The splits, each with a function that announces progress; preprocessing alone is fast, and not announced."""
        counts = [split.stored for split in splits]
        if prefix.has_frozen:
            names = ", ".join(f"`{name}`" for name in prefix.nodes)
            parts = " and ".join(
                f"{count:,} {part}" for count, part in zip(counts, ("training", "validation"), strict=False)
            )
            self.announce(f"{names} computed once for {parts} examples")
        last, before = time.monotonic(), 0

        def report(done: int) -> None:
            nonlocal last
            if prefix.has_frozen and time.monotonic() - last > PROGRESS_SECONDS:
                last = time.monotonic()
                self.announce(f"{before + done:,} of {sum(counts):,} examples computed")

        for split in splits:
            yield split, report
            before += split.stored

    def _runner(self, step: StepName, batches: Batches) -> Runner:
        loops, source = self._loops_for(batches)
        return Runner(loops, step, source)

    def _loops_for(self, batches: Batches) -> tuple[Loops, RowSource]:
        batches, core = self._precompute(batches)
        loops = self._traces.loops(self.model, core, batches.batch_size)
        return loops, RowSource(batches, chunk_bytes=ROWS_BYTES)

    def _precompute(self, batches: Batches) -> tuple[Batches, keras.Layer]:
        """The examples as a step takes them, and what it calls: the core, or the model if nothing is precomputed."""
        prefix = self.prefix
        if prefix is None:
            return batches, self.model
        if id(batches) in self._precomputed:
            return self._precomputed[id(batches)], self._traces.core_of(prefix)
        if not prefix.fits(batches):
            return batches, self.model
        try:
            return prefix(batches), self._traces.core_of(prefix)
        except MixedExamples:
            return batches, self.model


def _auto_policy(
    model: keras.Model, runner: Runner, callbacks: list[Callback], plan: EnginePlan, first: int
) -> AutoPolicy:
    """A policy that knows earlier times of this network, and the usual speedup of its kind."""
    key = key_of(model, runner.loops.batch_size, runner.source.signature)
    keep = functools.partial(remember, key)
    expected = expected_speedup(runner.loops.core)
    may_stop = _may_stop(callbacks)
    return AutoPolicy(recall(key), expected=expected, keep=keep, may_stop=may_stop, plan=plan, first=first)


def _shared_policy(
    runner: Runner, callbacks: list[Callback], schedule: Schedule, plan: EnginePlan, trainings: float
) -> FixedPolicy:
    """The engine for a training that is one of several, all of which share what is compiled.

    Args:
        runner: Runs the steps.
        callbacks: Those of the training.
        schedule: Its epochs.
        plan: The decisions of the stages before.
        trainings: About how many trainings there are.
    """
    steps = schedule.steps * schedule.new_epochs * trainings * (EARLY_STOP_FRACTION if _may_stop(callbacks) else 1.0)
    engine = expected_engine(runner.loops.core, steps)
    policy = FixedPolicy(plan.with_change(schedule.first_step, engine))
    policy.notes.append(f"{engine}: about {steps:,.0f} steps in {trainings:,.0f} trainings share what is compiled")
    return policy


def _may_stop(callbacks: list[Callback]) -> bool:
    return any(isinstance(callback, EarlyStopping) for callback in callbacks)


def watch_interval(callbacks: list[Callback]) -> int | None:
    """The interval, in steps, at which callbacks see batches; None if only kspec's own callbacks see them."""
    intervals = []
    for callback in callbacks:
        every = 1 if isinstance(callback, TensorBoard) else getattr(callback, "save_freq", WATCHED_STEPS)
        if every == "epoch" or getattr(callback, "only_watches", False) or _logs_epochs(callback):
            continue
        if any(
            getattr(type(callback), name) is not getattr(Callback, name)
            for name in ("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end")
        ):
            intervals.append(every)
    return math.gcd(*intervals) if intervals else None


def _logs_epochs(callback: Callback) -> bool:
    """Whether a callback is a TensorBoard that needs no batches; others count the batches that they see."""
    if not isinstance(callback, TensorBoard):
        return False
    profiles = callback._start_batch > 0
    return callback.update_freq == "epoch" and not callback.write_steps_per_second and not profiles
