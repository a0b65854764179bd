"""Which engine runs the next steps."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from kspec.language.engine import EngineName, EnginePlan


class Turn(NamedTuple):
    """The engine of the next steps, and for how many of them at most."""

    engine: EngineName
    steps: int


class Choice(Protocol):
    """Decides from step to step; the plan says what was decided so far.

    Args:
        notes: Sentences for the user: what could not be had, and why.
    """

    plan: EnginePlan
    notes: list[str]

    def next(self, step: int, left: int) -> Turn:
        """Who runs from a step on, of so many that are left in all."""

    def traced(self, engine: EngineName, seconds: float) -> None:
        """What tracing, or compiling, an engine's loop took."""

    def ran(self, engine: EngineName, steps: int, seconds: float) -> None:
        """What steps took."""

    def refused(self, step: int, reason: str) -> None:
        """XLA does not take this network: all from this step on is fused."""

    def close(self) -> None:
        """The training is over."""


class Fixed:
    """The engines that the spec states."""

    def __init__(self, plan: EnginePlan) -> None:
        self.plan = plan
        self.notes: list[str] = []

    def next(self, step: int, left: int) -> Turn:
        change = self.plan.next_change(step)
        return Turn(self.plan.at(step), left if change is None else min(left, change - step))

    def traced(self, engine: EngineName, seconds: float) -> None:
        """Does not matter here."""

    def ran(self, engine: EngineName, steps: int, seconds: float) -> None:
        """Does not matter here."""

    def refused(self, step: int, reason: str) -> None:
        self.notes.append(f"fused, not fused_xla: {reason}")
        self.plan = self.plan.with_change(step, "fused")

    def close(self) -> None:
        """Nothing is left to do."""
