"""The engines of the workers: the chief's, which runs a spec's training, and that of the others, which follow it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import keras
import tensorflow as tf
from keras.callbacks import Callback, CallbackList
from keras.src.backend.common import global_state
from keras.src.random.seed_generator import GLOBAL_SEED_GENERATOR

from kspec.backend.keras_model import BuiltNetwork
from kspec.data.pipeline import Batches
from kspec.ir import Graph
from kspec.language.engine import EngineName
from kspec.training.engine.fused import ROWS_BYTES, FusedEngine, watch_interval
from kspec.training.engine.loops import Loops
from kspec.training.engine.row_source import Rows, RowSource
from kspec.training.engine.schedule import Schedule
from kspec.training.engine.tensors import StepName
from kspec.training.engine.training import Runner, TrainFunction
from kspec.training.workers.batch_moments import normalizing_layers
from kspec.training.workers.cluster import Cluster
from kspec.training.workers.orders import Kind, Order, Orders, uninterrupted
from kspec.training.workers.part_loops import PartLoops


class WorkersEngine(FusedEngine):
    """Trains a compiled model together with other workers: what both kinds of worker have in common.

    Args:
        model: A compiled Keras model.
        cluster: The workers.
        graph: The graph that the model was built from; None to precompute nothing.
        network: Layers and tensors of the built graph.
        announce: Called with a line when something takes long before the first epoch.
    """

    def __init__(
        self,
        model: keras.Model,
        cluster: Cluster,
        graph: Graph | None = None,
        network: BuiltNetwork | None = None,
        announce: Callable[[str], None] = lambda _: None,
    ) -> None:
        super().__init__(model, "fused", graph, network, announce)
        self.cluster = cluster
        self.orders = Orders(cluster)
        self._loops: dict[tuple[int, int], PartLoops] = {}
        self._copy: tf.types.experimental.PolymorphicFunction | None = None

    def _loops_of_workers(self, batches: Batches) -> tuple[Loops, RowSource]:
        batches, core = self._precompute(batches)
        key = id(core), batches.batch_size
        if key not in self._loops:
            self._loops[key] = PartLoops(self.model, core, batches.batch_size, self.cluster)
        return self._loops[key], RowSource(batches, chunk_bytes=ROWS_BYTES)

    def _copying(self) -> Callable[[], None]:
        """What copies the chief's variables to the other workers; called by all of them at once."""
        variables = [variable for variable in _variables(self.model) if variable.dtype != "string"]

        def copy() -> None:
            own = [tf.convert_to_tensor(variable.value) for variable in variables]
            sent = own if self.cluster.is_chief else [tf.zeros_like(value) for value in own]
            for variable, value in zip(variables, self.cluster.sum_each(sent), strict=True):
                variable.value.assign(value)

        traced: Callable[[], None] = tf.function(copy, input_signature=[], autograph=False).get_concrete_function()
        return traced


class ChiefEngine(WorkersEngine):
    """The engine of the worker that runs the spec: callbacks, history and checkpoints are its own.

    The others do what it does. Before each epoch and validation they copy its variables, which a callback, or a
    checkpoint from which it goes on, may have changed.
    """

    def fit(self, train: Batches, validation: Batches | None, schedule: Schedule, callbacks: list[Callback]) -> None:
        """Trains together with the other workers. See `Engine.fit`."""
        self._loops.clear()
        size = -(-train.batch_size // self.cluster.count)
        note = "; BatchNormalization counts the whole batch" if normalizing_layers(self.model) else ""
        self.announce(f"{self.cluster.count} workers, each with up to {size} examples of a batch{note}")
        self._changes = _Changes(watch_interval(callbacks) is not None)
        with uninterrupted():
            self.orders.give(Order.begin(schedule))
        try:
            super().fit(train, validation, schedule, [*callbacks, self._changes])
        except KeyboardInterrupt:  # the others wait for the next order
            self._end()
            raise
        self._end()

    def dismiss(self) -> None:
        """Ends the other workers, once there is nothing left to train."""
        with uninterrupted():
            self.orders.give(Order(Kind.DISMISS))

    def run_together(self, step: StepName, steps: int, run: Callable[[], Any]) -> None:
        """Runs batches while the other workers run the same ones.

        Args:
            step: `train` or `test`.
            steps: How many batches.
            run: Runs them here.
        """
        with uninterrupted():
            if self._changes.is_stale:
                self.orders.give(Order(Kind.COPY))
                self._copy_variables()
                self._changes.is_stale = False
            first, self._changes.begins_validation = self._changes.begins_validation, False
            self.orders.give(Order(Kind.TRAIN if step == "train" else Kind.TEST, (steps, int(first))))
            run()

    def _end(self) -> None:
        self._is_fitting = False
        with uninterrupted():
            self.orders.give(Order(Kind.END))

    _is_fitting = False

    def _train_function(self, train: Batches, callback_list: CallbackList, schedule: Schedule) -> TrainFunction:
        self._is_fitting = True
        function = super()._train_function(train, callback_list, schedule)
        self._copy_variables = self._copying()
        return function

    def _fit_with_keras(self, error: Exception, *_: Any) -> None:
        raise error

    def _runner(self, step: StepName, batches: Batches) -> Runner:
        if not self._is_fitting:  # what follows training runs here alone
            return super()._runner(step, batches)
        return _ChiefRunner(self, step, *self._loops_of_workers(batches))


class _ChiefRunner(Runner):
    """Runs batches here and in the other workers.

    Args:
        engine: Gives the orders.
        step: `train` or `test`.
        loops: The loops that all workers run.
        source: The examples.
    """

    def __init__(self, engine: ChiefEngine, step: StepName, loops: Loops, source: RowSource) -> None:
        super().__init__(loops, step, source)
        self._engine = engine

    def run(self, engine: EngineName, rows: Rows, start: int, limit: int) -> tuple[EngineName, int, float]:
        """See `Runner.run`."""
        results: list[tuple[EngineName, int, float]] = []
        run = super().run
        steps = min(limit, rows.batches - start)
        self._engine.run_together(self.step, steps, lambda: results.append(run(engine, rows, start, steps)))
        return results[0]


class _Changes(Callback):
    """Notes when a callback may have changed the model.

    Args:
        by_batch: Whether other callbacks see batches.
    """

    only_watches = True

    def __init__(self, by_batch: bool) -> None:
        super().__init__()
        self.is_stale = True
        self.begins_validation = False
        self._by_batch = by_batch

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002
        self.is_stale = True

    def on_test_begin(self, logs: Any = None) -> None:  # noqa: ARG002
        self.is_stale = self.begins_validation = True

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002
        self.is_stale |= self._by_batch


class FollowerEngine(WorkersEngine):
    """The engine of a worker that does what the chief tells it."""

    def follow(self, train: Batches, validation: Batches | None, schedule: Schedule) -> None:
        """Follows the chief through a stage.

        Args:
            train: Examples to train on.
            validation: Examples to validate on.
            schedule: Epochs and steps.
        """
        self._loops.clear()
        self._prepare(train, validation, schedule)
        # traced in the order in which the chief does it
        training = _Follower(Runner(*self._of("train", train)), schedule.first_step)
        copy = self._copying()
        validating = None
        if validation is not None and schedule.validation_steps:
            validating = _Follower(Runner(*self._of("test", validation)))
        while (order := self.orders.receive()).kind != Kind.END:
            if order.kind == Kind.COPY:
                copy()
            elif order.kind == Kind.TRAIN:
                training.run(order.values[0])
            else:
                assert validating is not None
                if order.values[1]:
                    validating.begin()
                validating.run(order.values[0])
        self._precomputed.clear()

    def _of(self, step: StepName, batches: Batches) -> tuple[Loops, StepName, RowSource]:
        loops, source = self._loops_of_workers(batches)
        loops.fused(step, source.signature)
        return loops, step, source


class _Follower:
    """Runs batches in the order in which the chief runs them.

    Args:
        runner: Runs the step.
        first: The first step.
    """

    def __init__(self, runner: Runner, first: int = 0) -> None:
        self._runner = runner
        self.begin(first)

    def begin(self, first: int = 0) -> None:
        """Begins with a step, from 0, counted over all passes."""
        number, self._start = divmod(first, self._runner.source.steps)
        self._chunks: Iterator[Rows] = self._runner.source.passes(count(number))
        self._rows = next(self._chunks)

    def run(self, steps: int) -> None:
        """Runs the next batches, all of the same chunk of rows."""
        while self._start >= self._rows.batches:
            self._start -= self._rows.batches
            self._rows = next(self._chunks)
        self._runner.run("fused", self._rows, self._start, steps)
        self._start += steps


def _variables(model: keras.Model) -> list[keras.Variable]:
    """All variables that training changes, each once: weights, states of random layers, those of the optimizer."""
    generator = global_state.get_global_attribute(GLOBAL_SEED_GENERATOR)
    everything = [*model.variables, *model.optimizer.variables, *([] if generator is None else [generator.state])]
    return list({id(variable): variable for variable in everything}.values())
