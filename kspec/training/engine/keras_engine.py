"""Keras's own loop: `Model.fit`, `evaluate` and `predict` over batches."""

from __future__ import annotations

from typing import Any

import keras
from keras.callbacks import Callback

from kspec.data.pipeline import Batches
from kspec.language.engine import EnginePlan
from kspec.training.engine.partial_epoch import begin_within_epoch
from kspec.training.engine.schedule import Schedule
from kspec.training.engine.variables import make_variables


class KerasEngine:
    """Trains, evaluates and predicts with a compiled model, one call a step."""

    plan = EnginePlan.of("keras")
    settled = True

    def __init__(self, model: keras.Model) -> None:
        self.model = model
        self.notes: list[str] = []

    def fit(self, train: Batches, validation: Batches | None, schedule: Schedule, callbacks: list[Callback]) -> None:
        """Trains on batches that come in the epoch's order already. See `Engine.fit`."""
        # one iterator for all epochs: starting one takes as long as some thirty steps
        batches = train.dataset(repeat=True, start=schedule.first_step)
        make_variables(self.model, "train", batches.element_spec)
        with begin_within_epoch(self.model, batches, schedule.resumed_steps):
            self.model.fit(
                batches,
                epochs=schedule.epochs,
                initial_epoch=schedule.first_epoch,
                steps_per_epoch=schedule.steps,
                validation_data=None if validation is None else validation.dataset(repeat=True),
                validation_steps=schedule.validation_steps,
                validation_freq=schedule.validation_freq,
                callbacks=callbacks,
                shuffle=False,
                verbose=0,
            )

    def resume(self, plan: EnginePlan, settled: bool) -> None:
        """See `Engine.resume`: there is nothing to choose."""

    def evaluate(self, batches: Batches, steps: int | None = None) -> dict[str, float]:
        """Returns losses and metrics by name."""
        steps = None if steps is None else min(steps, batches.steps)
        dataset = batches.dataset()
        make_variables(self.model, "test", dataset.element_spec)
        values = self.model.evaluate(dataset, verbose=0, return_dict=True, steps=steps)
        return {name: float(value) for name, value in values.items()}

    def predict(self, batches: Batches, steps: int | None = None) -> Any:
        """Returns the predictions; see `Engine.predict`."""
        return self.model.predict(batches.dataset(), verbose=0, steps=steps)
