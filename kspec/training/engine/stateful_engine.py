"""The engine for stateful layers: it resets their states before each pass over the examples.

States are no weights, and no file holds them. If they carried over from one pass to the next, validation would change
training, and a loaded run would predict other values than it did.
"""

from __future__ import annotations

from typing import Any

import keras
from keras.callbacks import Callback

from kspec.data.pipeline import Batches
from kspec.language.engine import EngineSetting
from kspec.training.engine.keras_engine import KerasEngine
from kspec.training.engine.schedule import Schedule


def stateful_layers(model: keras.Model) -> list[keras.Layer]:
    """The layers of a model, nested ones included, that keep states from batch to batch."""
    return [layer for layer in model._flatten_layers() if getattr(layer, "stateful", False)]


class StatefulEngine(KerasEngine):
    """Keras's own loop, with states reset before each epoch, validation, evaluation and prediction.

    Args:
        model: A compiled Keras model.
        layers: Its stateful layers.
        setting: The value of `fit.engine`.
    """

    def __init__(self, model: keras.Model, layers: list[keras.Layer], setting: EngineSetting) -> None:
        super().__init__(model)
        self.layers = layers
        if setting not in ("auto", "keras"):
            self.notes.append(f"keras instead of {setting}: `{layers[0].name}` is stateful")

    def fit(self, train: Batches, validation: Batches | None, schedule: Schedule, callbacks: list[Callback]) -> None:
        """Trains; each epoch and each validation starts from zero states. See `Engine.fit`."""
        super().fit(train, validation, schedule, [_ResetStates(self), *callbacks])

    def evaluate(self, batches: Batches, steps: int | None = None) -> dict[str, float]:
        """Returns losses and metrics by name."""
        self.reset_states()
        return super().evaluate(batches, steps)

    def predict(self, batches: Batches, steps: int | None = None) -> Any:
        """Returns the predictions; see `Engine.predict`."""
        self.reset_states()
        return super().predict(batches, steps)

    def reset_states(self) -> None:
        """Sets all states to zero."""
        for layer in self.layers:
            layer.reset_state()


class _ResetStates(Callback):
    def __init__(self, engine: StatefulEngine) -> None:
        super().__init__()
        self.engine = engine

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002
        self.engine.reset_states()

    def on_test_begin(self, logs: Any = None) -> None:  # noqa: ARG002
        self.engine.reset_states()
