"""The engine that is Keras's own: `Model.fit`, `evaluate` and `predict` over batches."""

from __future__ import annotations

from typing import Any

from kspec.data.pipeline import Batches
from kspec.language.engine import EnginePlan


class KerasEngine:
    """Trains, evaluates and asks a compiled model, a call for each step."""

    plan = EnginePlan.of("keras")

    def __init__(self, model: Any) -> None:
        self.model = model
        self.notes: list[str] = []

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
        """Trains; the batches come in the epoch's order already."""
        self.model.fit(
            # one iterator for all epochs: to begin one takes as long as some thirty steps
            train.dataset(repeat=True, start=initial_epoch * steps),
            epochs=epochs,
            initial_epoch=initial_epoch,
            steps_per_epoch=steps,
            validation_data=None if validation is None else validation.dataset(repeat=True),
            validation_steps=validation_steps,
            validation_freq=validation_freq,
            callbacks=callbacks,
            shuffle=False,
            verbose=0,
        )

    def evaluate(self, batches: Batches, steps: int | None = None) -> dict[str, float]:
        """Losses and metrics, by name."""
        steps = None if steps is None else min(steps, batches.steps)
        values = self.model.evaluate(batches.dataset(), verbose=0, return_dict=True, steps=steps)
        return {name: float(value) for name, value in values.items()}

    def predict(self, batches: Batches, steps: int | None = None) -> Any:
        """The answers: a tensor's, or by output."""
        return self.model.predict(batches.dataset(), verbose=0, steps=steps)
