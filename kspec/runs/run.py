"""What a run gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(slots=True, repr=False)
class Run:
    """One execution of a spec.

    Args:
        name: The spec's name.
        folder: The run folder; None for a smoke run.
        status: finished, interrupted or failed.
        metrics: What evaluation gave: `{"split": "test", "loss": …, "accuracy": …}`; empty where there was none.
        history: By epoch, the losses and metrics of training.
        model: The trained Keras model.
        predictions: By output, what the model answered: shape (n, …).
    """

    name: str
    folder: Path | None
    status: str = "running"
    metrics: dict[str, Any] = field(default_factory=dict)
    history: list[dict[str, float]] = field(default_factory=list)
    model: Any = None
    predictions: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        numbers = ", ".join(f"{k}={v:.4g}" for k, v in self.metrics.items() if isinstance(v, float))
        return f"Run({self.name!r}, {self.status}, {numbers}, folder={str(self.folder)!r})"
