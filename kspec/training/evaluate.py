"""Step 4, evaluate: the loss and metrics on examples that training has not seen."""

from __future__ import annotations

from kspec.data.pipeline import Batches
from kspec.training.engine import Engine


def evaluate(engine: Engine, batches: Batches, steps: int | None = None) -> dict[str, float]:
    """Losses and metrics, by name."""
    from kspec.training.progress import ordered

    return ordered(engine.evaluate(batches, steps))
