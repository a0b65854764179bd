"""Lets `Model.fit` begin within an epoch, whose first steps another process has trained."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
from keras.src.backend.tensorflow import trainer

from kspec.training.engine.patch import patch


@contextmanager
def begin_within_epoch(model: keras.Model, batches: Any, steps: int) -> Iterator[None]:
    """Makes the first epoch of `Model.fit` begin after some steps.

    Args:
        model: The compiled model; its metrics are built, since their sums so far will be restored.
        batches: The batches to train on, which begin after those steps.
        steps: The number of steps; none for a whole epoch.
    """
    if not steps:
        yield
        return
    model._symbolic_build(data_batch=next(iter(batches)))
    left = [steps]

    class PartialEpochs(trainer.TFEpochIterator):
        """The first of them that is made iterates over the training examples."""

        def __init__(self, *arguments: Any, **settings: Any) -> None:
            super().__init__(*arguments, **settings)
            self.skipped = left.pop() if left else 0

        def _enumerate_iterator(self) -> Iterator[Any]:
            skipped, self.skipped = self.skipped, 0
            return (each for each in super()._enumerate_iterator() if each[0] >= skipped)

    with patch(trainer, TFEpochIterator=PartialEpochs):
        yield
