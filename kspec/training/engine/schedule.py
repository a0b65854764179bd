"""How long to train, and how often to validate."""

from __future__ import annotations

from typing import NamedTuple


class Schedule(NamedTuple):
    """Epochs and steps of one call of `fit`, as `Model.fit` takes them.

    Args:
        epochs: The number of the last epoch, counted from 1.
        steps: Batches in an epoch.
        validation_steps: Batches in a validation; None without one.
        validation_freq: Epochs between two validations.
        initial_epoch: Epochs trained by earlier calls.
    """

    epochs: int
    steps: int
    validation_steps: int | None = None
    validation_freq: int = 1
    initial_epoch: int = 0

    @property
    def new_epochs(self) -> int:
        """Epochs that this call trains."""
        return self.epochs - self.initial_epoch

    @property
    def validations(self) -> int:
        """Validations in this call."""
        return self.epochs // self.validation_freq - self.initial_epoch // self.validation_freq
