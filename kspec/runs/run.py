"""The result of a run."""

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
        status: `running`, `finished`, `interrupted` or `failed`.
        metrics: The evaluation, `{"split": "test", "examples": …, "loss": …}`; empty without one.
        history: Losses and metrics by epoch.
        model: The trained Keras model.
        predictions: By output, shape (n, …); probabilities or scores for classifiers. Also by node of `predict:
            {nodes}`.
        kept_epoch: The epoch whose weights the model has, counted from 1; None for averages over epochs, and for a
            part of an epoch.
        validation: Losses and metrics of the model on the validation split; empty without one.
        baseline: What always giving the commonest answer of the training split would score, by metric; and that answer
            by output, under `answers`.
        interrupted_by: The signal that ended an interrupted run: `SIGINT` (Ctrl-C), `SIGTERM`, `SIGHUP`.
        members: The runs of the folds or repeats, if the spec has some; metrics are then the means over them.
        deviation: By metric, its standard deviation over the members.
        interval: By metric, the interval in which its mean lies with 95% confidence.
        ensemble: The evaluation of the mean of the members' predictions, where all predict the same examples.
        notes: What the user must know of the data, a sentence each: rows left out, unknown categories.
    """

    name: str
    folder: Path | None
    status: str = "running"
    metrics: dict[str, Any] = field(default_factory=dict)
    history: list[dict[str, float]] = field(default_factory=list)
    model: Any = None
    predictions: dict[str, Any] = field(default_factory=dict)
    kept_epoch: int | None = None
    validation: dict[str, float] = field(default_factory=dict)
    baseline: dict[str, Any] = field(default_factory=dict)
    interrupted_by: str = ""
    members: list[Run] = field(default_factory=list)
    deviation: dict[str, float] = field(default_factory=dict)
    interval: dict[str, tuple[float, float]] = field(default_factory=dict)
    ensemble: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def __repr__(self) -> str:
        numbers = ", ".join(f"{k}={v:.4g}" for k, v in self.metrics.items() if isinstance(v, float))
        folder = None if self.folder is None else str(self.folder)
        return f"Run({self.name!r}, {self.status}, {numbers}, folder={folder!r})"
