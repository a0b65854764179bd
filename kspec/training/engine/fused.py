"""The engine that runs many steps in one graph; fit, callbacks, history and validation stay Keras's."""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kspec.backend.keras_model import BuiltNetwork
from kspec.data.pipeline import CHUNK_BYTES, Batches
from kspec.ir import Graph
from kspec.language.engine import EnginePlan
from kspec.training.engine.auto import Auto
from kspec.training.engine.engine_policy import Choice, Fixed
from kspec.training.engine.keras_engine import KerasEngine
from kspec.training.engine.loops import Loops
from kspec.training.engine.patch import patch
from kspec.training.engine.precompute import MixedExamples, PrecomputedPrefix, precompute_prefix
from kspec.training.engine.row_source import RowSource
from kspec.training.engine.timing_cache import key_of, recall, remember
from kspec.training.engine.training import Pace, Results, Runner, TestFunction, TrainFunction

RUN_BYTES = CHUNK_BYTES
"""What the batches between two looks at the supply may take."""
SMALL_CELL = 64
"""Units of a recurrent layer up to which its operations take less time than the way between them."""
WATCHED_STEPS = 100
"""Steps between two looks of a callback at the batches."""
COMPILED_VALIDATION = 32, 3000
"""Batches of one validation, and of all in a run, from which on they are worth a compilation of their own."""
LONG_TRACE = 5.0
"""Seconds from which on the user is told of what went by before the first epoch."""
TOLD_SECONDS = 15.0
"""Between two words on how far what is computed once has come."""


class FusedEngine:
    """Trains, evaluates and asks a compiled model.

    Args:
        said: `fit.engine`: `auto`, a name, or a list with changes.
        graph: What the model was built from; None to compute nothing beforehand.
        built: What building it gave.
        tell: Called with a line where a frozen part is computed once.
    """

    def __init__(
        self,
        model: Any,
        said: Any,
        graph: Graph | None = None,
        network: BuiltNetwork | None = None,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.model = model
        self.said = said
        self.choice: Choice = Fixed(EnginePlan.of("fused" if said == "auto" else said))
        self.graph = graph
        self.network = network
        self.tell = tell
        self.prefix: PrecomputedPrefix | None = None
        self._ready: dict[int, Batches] = {}  # what was computed beforehand, by the examples
        self._notes: list[str] = []  # those of the choice before this one
        self._loops: dict[tuple[int, bool], Loops] = {}
        self._keras: KerasEngine | None = None  # once it has taken over

    @property
    def plan(self) -> EnginePlan:
        """What ran, from which step."""
        return self._keras.plan if self._keras is not None else self.choice.plan

    @property
    def notes(self) -> list[str]:
        """What to tell the user of it."""
        return [*self._notes, *self.choice.notes]

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
        initial_epoch: int = 0,
    ) -> None:
        """Trains as `Model.fit` does, an epoch a call."""

        def by_keras(engine: KerasEngine) -> None:
            engine.fit(
                train, validation, callbacks=callbacks, epochs=epochs, steps=steps, validation_steps=validation_steps,
                validation_freq=validation_freq, initial_epoch=initial_epoch,
            )  # fmt: skip

        if self._keras is not None:
            by_keras(self._keras)
            return
        self._loops.clear()  # what was traced before the model was compiled anew trains other weights
        listed = keras.callbacks.CallbackList(callbacks, add_history=True, model=self.model, epochs=epochs, steps=steps)
        checks = epochs // validation_freq - initial_epoch // validation_freq
        parts = [train] if validation is None else [train, validation]
        try:
            self._prepare(parts, frozen=steps * (epochs - initial_epoch) > train.steps)
            began = time.monotonic()
            trains = self._train_function(train, listed, steps, initial_epoch, epochs)
            tests = self._test_function(validation, validation_steps, checks, trains) if validation else None
            if (took := time.monotonic() - began) > LONG_TRACE:
                self.tell(f"traced in {took:.0f} s")
        except Exception as error:  # Keras may take what cannot be fused; else it says what is wrong
            from kspec.backend.keras_errors import plain

            self._notes.append(f"keras: this network cannot be fused ({plain(error)[:120]})")
            self._keras = KerasEngine(self.model)
            by_keras(self._keras)
            return
        nothing = tf.data.Dataset.from_tensors(np.float32(0)).repeat()
        try:
            with patch(
                self.model,
                train_function=trains,
                test_function=tests,
                steps_per_execution=max(steps, validation_steps or 0),
                get_metrics_result=trains.results,
                reset_metrics=trains.runner.loops.reset,
            ):
                self.model.fit(
                    nothing,
                    epochs=epochs,
                    initial_epoch=initial_epoch,
                    steps_per_epoch=steps,
                    validation_data=None if tests is None else nothing,
                    validation_steps=validation_steps,
                    validation_freq=validation_freq,
                    callbacks=listed,
                    shuffle=False,
                    verbose=0,
                )
        finally:
            self._ready.clear()
            self.choice.close()

    def evaluate(self, batches: Batches, steps: int | None = None) -> dict[str, float]:
        """Losses and metrics, by name."""
        if self._keras is not None:
            return self._keras.evaluate(batches, steps)
        runner = self._runner("test", batches)
        steps = min(steps or batches.steps, batches.steps)
        function = TestFunction(runner, steps, Results(runner.loops), lambda: False)
        function.prepare()
        runner.loops.reset()
        return {name: float(value) for name, value in function().items()}

    def predict(self, batches: Batches, steps: int | None = None) -> Any:
        """The answers, as `Model.predict` gives them."""
        if self._keras is not None:
            return self._keras.predict(batches, steps)
        left = min(steps or batches.steps, batches.steps)
        runner = self._runner("predict", batches)
        ask = runner.loops.predict(runner.source.signature)
        answers = []
        for rows in runner.source.passes([0]):
            stop = min(left, rows.batches)
            answers.append(ask(rows.tensors, tf.constant(0), tf.constant(stop)))
            left -= stop
            if not left:
                break
        return tf.nest.map_structure(lambda *parts: np.concatenate([part.numpy() for part in parts]), *answers)

    def _train_function(self, train: Batches, listed: Any, steps: int, begun: int, epochs: int) -> TrainFunction:
        runner = self._runner("train", train)
        first = begun * steps
        if self.said == "auto":
            self._notes += self.choice.notes
            self.choice = _auto(self.model, runner, listed.callbacks, self.choice.plan, first)

        def between(done: int, metrics: dict[str, Any]) -> None:
            listed.on_train_batch_end(done - 1, metrics)
            listed.on_train_batch_begin(done)

        function = TrainFunction(
            runner,
            self.choice,
            Pace(_watched(listed.callbacks)),
            steps=steps,
            first=first,
            total=steps * epochs,
            between=between,
            results=Results(runner.loops),
        )
        function.prepare()
        return function

    def _test_function(
        self, validation: Batches, steps: int | None, checks: int, trains: TrainFunction
    ) -> TestFunction | None:
        if not steps:
            return None
        each, all_ = COMPILED_VALIDATION
        many = steps >= each and steps * checks >= all_

        def compiled() -> bool:
            return many and self.choice.plan.at(trains.step - 1) == "fused_xla"

        function = TestFunction(self._runner("test", validation), steps, trains.results, compiled)
        function.prepare()
        return function

    def _prepare(self, parts: list[Batches], *, frozen: bool) -> None:
        """Computes what does not change while these are trained on, as the layers are trainable now.

        Args:
            frozen: Whether frozen parts too: it is worth it where the examples are gone through more than once.
        """
        self.prefix = None
        self._ready.clear()
        if self.graph is None or self.network is None:
            return
        for all_ in (True, False) if frozen else (False,):
            early = precompute_prefix(self.model, self.graph, self.network, parts, frozen=all_)
            if early is None:
                continue
            try:
                self._ready.update({id(part): early(part, told) for part, told in self._told(early, parts)})
            except MixedExamples:
                names = ", ".join(early.found.nodes)
                self._notes.append(f"{names}: not computed once, as an example's answer hangs on those beside it")
                continue
            self.prefix = early
            return

    def _told(self, early: PrecomputedPrefix, parts: list[Batches]) -> Iterator[tuple[Batches, Callable[[int], None]]]:
        """The parts, each with what is to be called as it goes on; of a frozen part the user is told."""
        names, counts = ", ".join(early.found.nodes), [part.examples for part in parts]
        if early.found.has_frozen:
            self.tell(f"computed once over {' + '.join(f'{count:,}' for count in counts)} examples: {names}")
        last, before = time.monotonic(), 0

        def told(done: int) -> None:
            nonlocal last
            if early.found.has_frozen and time.monotonic() - last > TOLD_SECONDS:
                last = time.monotonic()
                self.tell(f"{before + done:,} of {sum(counts):,} examples computed")

        for part in parts:
            yield part, told
            before += part.examples

    def _runner(self, step: str, batches: Batches) -> Runner:
        batches, core = self._early(batches)
        key = batches.batch_size, core is not self.model
        if key not in self._loops:
            self._loops[key] = Loops(self.model, core, batches.batch_size)
        return Runner(self._loops[key], step, RowSource(batches, run_bytes=RUN_BYTES))

    def _early(self, batches: Batches) -> tuple[Batches, Any]:
        """The examples as a step takes them, and what it calls: the core, or the model where nothing is hoisted."""
        early = self.prefix
        if early is None:
            return batches, self.model
        if id(batches) in self._ready:
            return self._ready[id(batches)], early.core
        if not early.fits(batches):
            return batches, self.model
        try:
            return early(batches), early.core
        except MixedExamples:
            return batches, self.model


def _auto(model: Any, runner: Runner, callbacks: list[Any], plan: EnginePlan, first: int) -> Auto:
    """Measuring, with what is known of such networks and of this one."""
    key = key_of(model, runner.loops.batch_size, runner.source.signature)
    stops = any(isinstance(callback, keras.callbacks.EarlyStopping) for callback in callbacks)
    keep = functools.partial(remember, key)
    expected = _expected_gain(runner.loops.core)
    return Auto(recall(key), expected=expected, keep=keep, may_stop=stops, plan=plan, first=first)


def _expected_gain(core: Any) -> float | None:
    """How many times as fast XLA is taken to be for what a step calls; None where the steps will tell."""
    layers = core._flatten_layers()
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
        if every == "epoch" or getattr(callback, "only_watches", False):
            continue
        if any(
            getattr(type(callback), name) is not getattr(keras.callbacks.Callback, name)
            for name in ("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end")
        ):
            looks.append(every)
    return math.gcd(*looks) if looks else None
