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
        resumed: Epochs of this call that another process has trained already.
        resumed_steps: Steps of the next epoch that it has trained, too.
        stage: The stage of training, from 1.
    """

    epochs: int
    steps: int
    validation_steps: int | None = None
    validation_freq: int = 1
    initial_epoch: int = 0
    resumed: int = 0
    resumed_steps: int = 0
    stage: int = 1

    @property
    def first_step(self) -> int:
        """The step to begin with, from 0, counted over all epochs."""
        return self.first_epoch * self.steps + self.resumed_steps

    @property
    def first_epoch(self) -> int:
        """The epoch to begin with, from 0."""
        return self.initial_epoch + self.resumed

    @property
    def new_epochs(self) -> int:
        """Epochs that this call trains, with those that another process has trained: what is decided by them stays."""
        return self.epochs - self.initial_epoch

    @property
    def validations(self) -> int:
        """Validations in these epochs."""
        return self.epochs // self.validation_freq - self.initial_epoch // self.validation_freq
