"""An epoch a call: what stands in for Keras's `train_function` and `test_function` while `fit` runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import tensorflow as tf

from kspec.language.engine import EngineName
from kspec.training.engine.engine_policy import Choice, Turn
from kspec.training.engine.loops import Loops
from kspec.training.engine.row_source import Rows, RowSource

CALL_SECONDS = 0.2
"""What a call aims to take: so long a bar stands still, and Ctrl-C waits."""


class Pace:
    """How many steps a call has, so that it takes about as long as is wanted.

    Args:
        every: Where callbacks look at batches: calls end at the multiples of it, whatever the clock says; else None.
    """

    def __init__(self, every: int | None = None) -> None:
        self.every = every
        self._steps: dict[EngineName, int] = {}

    def next(self, engine: EngineName, step: int) -> int:
        """The steps of the next call, which begins at a step."""
        if self.every is not None:
            return self.every - step % self.every
        return self._steps.get(engine) or self._steps.get("fused", 1)

    def took(self, engine: EngineName, steps: int, seconds: float) -> None:
        allowed = self._steps.get(engine) or self._steps.get("fused", 1)
        wanted = int(steps * CALL_SECONDS / max(seconds, 1e-6))
        if steps >= allowed or wanted < allowed:  # a short run of batches tells nothing of long ones
            self._steps[engine] = max(1, min(wanted, 16 * allowed))


class XlaRefusal(Exception):
    """XLA does not take this network; the message says why."""


class Runner:
    """Runs batches of a supply through a step's loop, under the engine that is asked for.

    Args:
        step: `train` or `test`.
    """

    def __init__(self, loops: Loops, step: str, source: RowSource) -> None:
        self.loops = loops
        self.step = step
        self.source = source
        self._fused: Any = None
        self._compiled: Any = None

    def trace(self, rows: Rows) -> float:
        """Traces the fused loop, without a step being trained; what that took."""
        started = time.perf_counter()
        self.fused()(rows.tensors, _number(0), _number(0))
        return time.perf_counter() - started

    def fused(self) -> Any:
        """The loop without XLA, traced."""
        if self._fused is None:
            self._fused = self.loops.fused(self.step, self.source.signature)
        return self._fused

    def compile(self, rows: Rows) -> float:
        """Compiles the loop under XLA, without a step being trained; what that took.

        Raises:
            XlaRefusal: where XLA takes it not.
        """
        if self._compiled is not None:
            return 0.0
        started = time.perf_counter()
        texts = [t for t in tf.nest.flatten(self.source.signature) if t.dtype == tf.string]
        if texts:
            raise XlaRefusal("XLA takes no text, and an input is text")
        if not rows.whole:
            raise XlaRefusal("there are fewer examples than a batch has")
        try:
            compiled = self.loops.compiled(self.step, self.source.signature, self.source.several)
            compiled(rows.tensors, _number(0), _number(0))
        except Exception as error:  # whatever TensorFlow or a layer of the user has against it: nothing has run yet
            from kspec.backend.keras_errors import plain

            raise XlaRefusal(f"XLA refuses this network ({_short(plain(error))})") from error
        self._compiled = compiled
        return time.perf_counter() - started

    def run(self, engine: EngineName, rows: Rows, at: int, most: int) -> tuple[EngineName, int, float]:
        """Runs batches of the rows, from one on; returns what ran them, how many these were, and the seconds.

        The smaller last batch has no program of its own under XLA: it runs fused.
        """
        started = time.perf_counter()
        if engine == "fused_xla" and at < rows.whole:
            loop, steps = self._compiled, min(most, rows.whole - at)
        else:
            engine, loop, steps = "fused", self.fused(), min(most, rows.batches - at)
        loop(rows.tensors, _number(at), _number(at + steps))
        return engine, steps, time.perf_counter() - started


class Results:
    """The metrics after the newest call, for Keras, which asks for them again at once."""

    def __init__(self, loops: Loops) -> None:
        self.loops = loops
        self.latest: dict[str, Any] = {}

    def renew(self) -> dict[str, Any]:
        self.latest = self.loops.results()
        return self.latest

    def __call__(self) -> dict[str, Any]:
        return self.latest


class TrainFunction:
    """An epoch of training a call.

    Args:
        steps: Of an epoch.
        first: The step to begin with, counted over all that has been trained.
        total: The step to end before.
        between: Called between the calls that an epoch is made of, with the steps that are done, and the metrics.
    """

    def __init__(
        self,
        runner: Runner,
        choice: Choice,
        pace: Pace,
        *,
        steps: int,
        first: int,
        total: int,
        between: Callable[[int, dict[str, Any]], None],
        results: Results,
    ) -> None:
        self.runner = runner
        self.results = results
        self.choice = choice
        self.pace = pace
        self.steps = steps
        self.total = total
        self.between = between
        self.step = first
        begun, self._at = divmod(first, runner.source.steps)
        self._runs: Iterator[Rows] = runner.source.passes(count(begun))
        self._rows = next(self._runs)
        while self._at >= self._rows.batches:
            self._at -= self._rows.batches
            self._rows = next(self._runs)

    def prepare(self) -> None:
        """Traces or compiles the loop of the first step, so that metrics and optimizer have their variables.

        Raises:
            Exception: what stands against the network's being fused at all.
        """
        if self._turn().engine == "fused":
            self.choice.traced("fused", self.runner.trace(self._rows))

    def __call__(self, iterator: Any) -> dict[str, Any]:  # noqa: ARG002  Keras's iterator has nothing in it
        done, told = 0, time.perf_counter()
        while True:
            done += self._advance(self.steps - done)
            if done < self.steps and (self.pace.every or time.perf_counter() - told > CALL_SECONDS / 2):
                self.between(done, self.results.renew())
                told = time.perf_counter()
            if done >= self.steps or self.runner.loops.model.stop_training:
                return self.results.renew()

    def _advance(self, left: int) -> int:
        if self._at == self._rows.batches:
            self._rows, self._at = next(self._runs), 0
        turn = self._turn()
        most = min(left, turn.steps, self.pace.next(turn.engine, self.step))
        engine, steps, seconds = self.runner.run(turn.engine, self._rows, self._at, most)
        self.pace.took(engine, steps, seconds)
        if engine == turn.engine:  # else it was the smaller last batch
            self.choice.ran(engine, steps, seconds)
        self.step += steps
        self._at += steps
        return steps

    def _turn(self) -> Turn:
        """Who runs now; what has to be compiled for it is."""
        while True:
            turn = self.choice.next(self.step, self.total - self.step)
            if turn.engine != "fused_xla":
                return turn
            try:
                seconds = self.runner.compile(self._rows)
            except XlaRefusal as refusal:
                self.choice.refused(self.step, str(refusal))
                continue
            if not seconds:
                return turn
            self.choice.traced("fused_xla", seconds)


class TestFunction:
    """A validation a call.

    Args:
        steps: Batches to go through.
        compiled: Whether the engine of these moments is fused_xla.
    """

    def __init__(self, runner: Runner, steps: int, results: Results, compiled: Callable[[], bool]) -> None:
        self.runner = runner
        self.results = results
        self.steps = steps
        self.compiled = compiled
        self._pace = Pace()
        self._refused = False

    def prepare(self) -> None:
        """Traces the loop, so that what stands against it shows before anything has run."""
        self.runner.fused()

    def __call__(self, iterator: Any = None) -> dict[str, Any]:  # noqa: ARG002  Keras's iterator has nothing in it
        left = self.steps
        for rows in self.runner.source.passes(count()):
            engine = self._engine(rows)
            at = 0
            while at < rows.batches and left:
                most = min(left, max(64, self._pace.next(engine, 0)))
                ran, steps, seconds = self.runner.run(engine, rows, at, most)
                self._pace.took(ran, steps, seconds)
                at, left = at + steps, left - steps
            if not left:
                break
        return self.results.renew()

    def _engine(self, rows: Rows) -> EngineName:
        if self._refused or not self.compiled():
            return "fused"
        try:
            self.runner.compile(rows)
        except XlaRefusal:
            self._refused = True
            return "fused"
        return "fused_xla"


def _number(value: int) -> Any:
    return tf.constant(value, tf.int32)


def _short(text: str) -> str:
    return text if len(text) <= 120 else f"{text[:117]}..."
