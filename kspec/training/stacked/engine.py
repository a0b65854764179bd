"""The engine of a network that was trained in a stack: its callbacks go through the epochs that are recorded."""

from __future__ import annotations

from typing import Any

import keras
from keras.callbacks import Callback, CallbackList, EarlyStopping

from kspec.backend.keras_model import BuiltNetwork
from kspec.data.pipeline import Batches
from kspec.ir import Graph
from kspec.training.best_weights import BestWeights
from kspec.training.engine.fused import FusedEngine
from kspec.training.engine.schedule import Schedule
from kspec.training.engine.traces import Traces
from kspec.training.stacked.stack import Epoch, Record


class StackedEngine(FusedEngine):
    """Yields what a network has learned in a stack. All that is not training runs fused.

    Args:
        model: The compiled model, as it was before training.
        record: What training it has yielded.
        graph: The graph that it was built from.
        network: Layers and tensors of the built graph.
        traces: What has been traced for the model.
    """

    def __init__(self, model: keras.Model, record: Record, graph: Graph, network: BuiltNetwork, traces: Traces) -> None:
        super().__init__(model, "fused", graph, network, traces=traces)
        self.record = record

    def fit(self, train: Batches, validation: Batches | None, schedule: Schedule, callbacks: list[Callback]) -> None:
        """Calls the callbacks as `Model.fit` does, epoch by epoch. See `Engine.fit`."""
        del train, validation
        model, steps = self.model, schedule.steps
        seen = CallbackList(callbacks, add_history=True, model=model, epochs=schedule.epochs, steps=steps)
        # what else may stand in a spec reads no weights, and setting them takes longer than the rest of an epoch
        reads = any(isinstance(callback, (BestWeights, EarlyStopping)) for callback in callbacks)
        model.stop_training = False
        seen.on_train_begin()
        logs: dict[str, float] = {}
        for number, epoch in enumerate(self.record.epochs):
            seen.on_epoch_begin(number)
            seen.on_train_batch_begin(0)
            self._advance(epoch, steps, reads=reads)
            seen.on_train_batch_end(steps - 1, epoch.logs)
            seen.on_test_begin()
            seen.on_test_end(epoch.validation)
            logs = epoch.logs | {f"val_{name}": value for name, value in epoch.validation.items()}
            seen.on_epoch_end(number, logs)
            if model.stop_training:
                break
        seen.on_train_end(logs)

    def _advance(self, epoch: Epoch, steps: int, *, reads: bool) -> None:
        """Gives the model the state after an epoch.

        Args:
            epoch: The epoch.
            steps: Its batches.
            reads: Whether callbacks look at the weights.
        """
        model: Any = self.model
        is_last = epoch is self.record.epochs[-1]
        if reads or is_last:
            for variable, value in zip(model.variables, epoch.weights, strict=True):
                variable.assign(value)
        model.optimizer.iterations.assign_add(steps)  # schedules count them
        if is_last:
            for variable, value in zip(model.optimizer.variables, self.record.optimizer, strict=True):
                variable.assign(value)
