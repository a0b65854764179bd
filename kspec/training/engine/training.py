"""An epoch a call: the functions that replace Keras's `train_function` and `test_function` while `fit` runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import tensorflow as tf

from kspec.language.engine import EngineName
from kspec.training.engine.engine_policy import Decision, EnginePolicy
from kspec.training.engine.loops import Loops
from kspec.training.engine.row_source import Rows, RowSource
from kspec.training.engine.tensors import Loop, StepName

CALL_SECONDS = 0.2
"""The time that a call aims to take: meanwhile the progress bar stands still, and Ctrl-C waits."""

Metrics = dict[str, tf.Tensor]


class StepsPerCall:
    """Chooses the number of steps of the next call, so that it takes about `CALL_SECONDS`.

    Args:
        every: Calls end at multiples of it, whatever they take, since callbacks look at batches there; else None.
    """

    def __init__(self, every: int | None = None) -> None:
        self.every = every
        self._steps: dict[EngineName, int] = {}

    def next(self, engine: EngineName, step: int) -> int:
        """The number of steps of the call that begins at a step."""
        if self.every is not None:
            return self.every - step % self.every
        return self._current(engine)

    def record(self, engine: EngineName, steps: int, seconds: float) -> None:
        """Learns from the time that a call took.

        Args:
            engine: The engine that ran the steps.
            steps: The number of steps in the call.
            seconds: The time that they took together.
        """
        current = self._current(engine)
        ideal = int(steps * CALL_SECONDS / max(seconds, 1e-6))
        if steps >= current or ideal < current:  # a short call says little about long ones
            self._steps[engine] = max(1, min(ideal, 16 * current))

    def _current(self, engine: EngineName) -> int:
        return self._steps.get(engine) or self._steps.get("fused", 1)


class XlaRefusal(Exception):
    """XLA cannot compile this network; the message says why."""


class Runner:
    """Runs the batches of a source through the loop of a step, under any engine.

    Args:
        loops: The model's loops.
        step: `train` or `test`.
        source: The examples.
    """

    def __init__(self, loops: Loops, step: StepName, source: RowSource) -> None:
        self.loops = loops
        self.step = step
        self.source = source
        self._fused: Loop | None = None
        self._compiled: Loop | None = None

    def fused(self) -> Loop:
        """The traced loop without XLA."""
        if self._fused is None:
            self._fused = self.loops.fused(self.step, self.source.signature)
        return self._fused

    def trace(self, rows: Rows) -> float:
        """Traces the fused loop without running a step; returns the seconds it took, none if it was traced before."""
        started, before = time.perf_counter(), self.loops.traced
        self.fused()(rows.tensors, _int32(0), _int32(0))
        return time.perf_counter() - started if self.loops.traced > before else 0.0

    def compile(self, rows: Rows) -> float:
        """Compiles the loop with XLA without running a step; returns the seconds that this took now.

        Raises:
            XlaRefusal: if XLA cannot compile it.
        """
        if self._compiled is not None:
            return 0.0
        started, before = time.perf_counter(), self.loops.traced
        if any(tensor.dtype == tf.string for tensor in tf.nest.flatten(self.source.signature)):
            raise XlaRefusal("XLA takes no text, and an input is text")
        if not rows.full:
            raise XlaRefusal("there are fewer examples than a batch has")
        try:
            compiled = self.loops.compiled(self.step, self.source.signature, self.source.chunk_batches)
            compiled(rows.tensors, _int32(0), _int32(0))
        except Exception as error:  # anything that TensorFlow or a user's layer may raise; no step has run yet
            from kspec.backend.keras_errors import plain

            raise XlaRefusal(f"XLA cannot compile this network ({_shorten(plain(error))})") from error
        self._compiled = compiled
        return time.perf_counter() - started if self.loops.traced > before else 0.0

    def run(self, engine: EngineName, rows: Rows, start: int, limit: int) -> tuple[EngineName, int, float]:
        """Runs batches of the rows. The smaller last batch always runs fused: XLA has no program for its size.

        Args:
            engine: `fused` or `fused_xla`.
            rows: A chunk of batches.
            start: The batch to begin with.
            limit: How many batches to run at most.

        Returns:
            The engine that ran, the number of batches, and the seconds.
        """
        started = time.perf_counter()
        if engine == "fused_xla" and start < rows.full and self._compiled is not None:
            loop, steps = self._compiled, min(limit, rows.full - start)
        else:
            engine, loop, steps = "fused", self.fused(), min(limit, rows.batches - start)
        loop(rows.tensors, _int32(start), _int32(start + steps))
        return engine, steps, time.perf_counter() - started


class Results:
    """The metrics after the latest call; Keras asks for them again at once."""

    def __init__(self, loops: Loops) -> None:
        self.loops = loops
        self.latest: Metrics = {}

    def update(self) -> Metrics:
        """Reads the metrics from the model."""
        self.latest = self.loops.results()
        return self.latest

    def __call__(self) -> Metrics:
        return self.latest


class TrainFunction:
    """Trains one epoch a call.

    Args:
        runner: Runs the training step.
        policy: Decides which engine runs.
        steps_per_call: Decides how many steps a call of a loop runs.
        steps: Batches in an epoch.
        first: The first step, counted over all training so far.
        done: The steps of the first epoch that another process has trained.
        total: The step to end before.
        between: Called between the loop calls of an epoch, with the steps done and the metrics; without metrics before
            the first call of an epoch that another process has begun.
        results: Receives the metrics.
    """

    def __init__(
        self,
        runner: Runner,
        policy: EnginePolicy,
        steps_per_call: StepsPerCall,
        *,
        steps: int,
        first: int,
        done: int = 0,
        total: int,
        between: Callable[[int, Metrics | None], None],
        results: Results,
    ) -> None:
        self.runner = runner
        self.results = results
        self.policy = policy
        self.steps_per_call = steps_per_call
        self.steps = steps
        self.total = total
        self.between = between
        self.step = first
        self._done = done
        passes, self._start = divmod(first, runner.source.steps)
        end = max(passes + 1, -(-total // runner.source.steps))  # no chunk is gathered in vain
        self._chunks: Iterator[Rows] = runner.source.passes(range(passes, end))
        self._rows = next(self._chunks)
        while self._start >= self._rows.batches:
            self._start -= self._rows.batches
            self._rows = next(self._chunks)

    def prepare(self) -> None:
        """Traces or compiles the loop of the first step, so that metrics and optimizer have their variables.

        Raises:
            Exception: if the network cannot be fused.
        """
        if self._decide().engine == "fused":
            seconds = self.runner.trace(self._rows)
            if seconds:
                self.policy.record_trace("fused", seconds)

    def __call__(self, iterator: Iterator[object]) -> Metrics:  # noqa: ARG002  Keras's iterator is empty
        done, self._done = self._done, 0
        updated = time.perf_counter()
        if done:
            self.between(done, None)
        while True:
            done += self._advance(self.steps - done)
            if done < self.steps and (self.steps_per_call.every or time.perf_counter() - updated > CALL_SECONDS / 2):
                self.between(done, self.results.update())
                updated = time.perf_counter()
            if done >= self.steps or self.runner.loops.model.stop_training:
                return self.results.update()

    def _advance(self, remaining: int) -> int:
        if self._start == self._rows.batches:
            self._rows, self._start = next(self._chunks), 0
        decision = self._decide()
        limit = min(remaining, decision.steps, self.steps_per_call.next(decision.engine, self.step))
        engine, steps, seconds = self.runner.run(decision.engine, self._rows, self._start, limit)
        self.steps_per_call.record(engine, steps, seconds)
        if engine == decision.engine:  # else it was the smaller last batch
            self.policy.record_steps(engine, steps, seconds)
        self.step += steps
        self._start += steps
        return steps

    def _decide(self) -> Decision:
        """Asks the policy for the next engine, and compiles what that needs."""
        while True:
            decision = self.policy.decide(self.step, self.total - self.step)
            if decision.engine != "fused_xla":
                return decision
            try:
                seconds = self.runner.compile(self._rows)
            except XlaRefusal as refusal:
                self.policy.reject_xla(self.step, str(refusal))
                continue
            if not seconds:
                return decision
            self.policy.record_trace("fused_xla", seconds)


class TestFunction:
    """Runs one validation a call.

    Args:
        runner: Runs the test step.
        steps: Batches in a validation.
        results: Receives the metrics.
        use_xla: Whether to run under XLA now.
    """

    def __init__(self, runner: Runner, steps: int, results: Results, use_xla: Callable[[], bool]) -> None:
        self.runner = runner
        self.results = results
        self.steps = steps
        self.use_xla = use_xla
        self._steps_per_call = StepsPerCall()
        self._refused = False

    def prepare(self) -> None:
        """Traces the loop, so that a network that cannot be fused fails before anything has run."""
        self.runner.fused()

    def __call__(self, iterator: Iterator[object] | None = None) -> Metrics:  # noqa: ARG002  Keras's iterator is empty
        remaining = self.steps
        for rows in self.runner.source.passes(range(-(-remaining // self.runner.source.steps))):
            engine = self._engine(rows)
            start = 0
            while start < rows.batches and remaining:
                limit = min(remaining, max(64, self._steps_per_call.next(engine, 0)))
                ran, steps, seconds = self.runner.run(engine, rows, start, limit)
                self._steps_per_call.record(ran, steps, seconds)
                start, remaining = start + steps, remaining - steps
            if not remaining:
                break
        return self.results.update()

    def _engine(self, rows: Rows) -> EngineName:
        if self._refused or not self.use_xla():
            return "fused"
        try:
            self.runner.compile(rows)
        except XlaRefusal:
            self._refused = True
            return "fused"
        return "fused_xla"


def _int32(value: int) -> tf.Tensor:
    return tf.constant(value, tf.int32)


def _shorten(text: str) -> str:
    return text if len(text) <= 120 else f"{text[:117]}..."
