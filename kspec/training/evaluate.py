"""Step 4, evaluate: the loss and metrics on examples that training has not seen."""

from __future__ import annotations

from kspec.data.pipeline import Batches
from kspec.training.engine import Engine
from kspec.training.metrics import sort_metrics


def evaluate(engine: Engine, batches: Batches, steps: int | None = None) -> dict[str, float]:
    """Computes losses and metrics.

    Args:
        engine: Runs the compiled model.
        batches: Examples with targets.
        steps: How many batches to use; all by default.

    Returns:
        Values by metric name, the loss first.
    """
    return sort_metrics(engine.evaluate(batches, steps))
