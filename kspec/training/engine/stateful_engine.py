"""The engine for layers that are stateful: their states are zeros where a pass over the examples begins.

What a layer keeps is no weight, and no file has it. Were it left from one pass to the next, validating would change
what is trained, and a run that is loaded would answer otherwise than it did.
"""

from __future__ import annotations

from typing import Any

import keras

from kspec.data.pipeline import Batches
from kspec.training.engine.keras_engine import KerasEngine


def stateful_layers(model: Any) -> list[Any]:
    """The layers of a model, those in other layers too, that keep states from batch to batch."""
    return [layer for layer in model._flatten_layers() if getattr(layer, "stateful", False)]


class StatefulEngine(KerasEngine):
    """Keras's own engine, which forgets states before each epoch, each validation, and when it evaluates and predicts.

    Args:
        layers: Those that are stateful.
        said: The engine that the spec names.
    """

    def __init__(self, model: Any, layers: list[Any], said: Any) -> None:
        super().__init__(model)
        self.layers = layers
        if said not in ("auto", "keras"):
            self.notes.append(f"keras, not {said}: `{layers[0].name}` is stateful")

    def fit(self, train: Batches, validation: Batches | None, *, callbacks: list[Any], **settings: Any) -> None:
        """Trains; each epoch and each validation begins afresh."""
        super().fit(train, validation, callbacks=[_Afresh(self), *callbacks], **settings)

    def evaluate(self, batches: Batches, steps: int | None = None) -> dict[str, float]:
        """Losses and metrics, by name."""
        self.forget()
        return super().evaluate(batches, steps)

    def predict(self, batches: Batches, steps: int | None = None) -> Any:
        """The answers: a tensor's, or by output."""
        self.forget()
        return super().predict(batches, steps)

    def forget(self) -> None:
        """Makes all states zeros."""
        for layer in self.layers:
            layer.reset_state()


class _Afresh(keras.callbacks.Callback):
    def __init__(self, engine: StatefulEngine) -> None:
        super().__init__()
        self.engine = engine

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002
        self.engine.forget()

    def on_test_begin(self, logs: Any = None) -> None:  # noqa: ARG002
        self.engine.forget()
