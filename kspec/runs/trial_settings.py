"""How a trial of a sweep differs from a run: it is trained and validated, and that is all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kspec.training.fit import History


@dataclass(frozen=True, slots=True)
class TrialSettings:
    """How a trial runs.

    Args:
        is_hopeless: Called after each epoch with the history so far; whether the trial ends there.
        keeps_model: Whether the trained model is saved.
    """

    is_hopeless: Callable[[History], bool]
    keeps_model: bool = False
