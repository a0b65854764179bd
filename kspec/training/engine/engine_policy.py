"""Policies decide which engine runs the next steps."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from kspec.language.engine import EngineName, EnginePlan


class Decision(NamedTuple):
    """The engine of the next steps, and for how many steps at most."""

    engine: EngineName
    steps: int


class EnginePolicy(Protocol):
    """Decides from step to step.

    Args:
        plan: The decisions so far.
        notes: Lines for the user: which engine was not possible, and why.
    """

    plan: EnginePlan
    notes: list[str]

    @property
    def settled(self) -> bool:
        """Whether the engine stays until the end of the training."""

    def decide(self, step: int, remaining: int) -> Decision:
        """Chooses the engine from a step on, given the number of steps that remain in all."""

    def record_trace(self, engine: EngineName, seconds: float) -> None:
        """Records how long tracing (or compiling) an engine's loop took."""

    def record_steps(self, engine: EngineName, steps: int, seconds: float) -> None:
        """Records how long some steps took.

        Args:
            engine: The engine that ran them.
            steps: Their number.
            seconds: The time that they took together.
        """

    def reject_xla(self, step: int, reason: str) -> None:
        """XLA cannot compile this network: every step from this one on runs fused."""

    def close(self) -> None:
        """Ends the training."""


def rejection_note(reason: str) -> str:
    """The line for the user about a network that XLA cannot compile."""
    return f"fused instead of fused_xla: {reason}"


class FixedPolicy:
    """Follows the plan in the spec."""

    settled = True

    def __init__(self, plan: EnginePlan) -> None:
        self.plan = plan
        self.notes: list[str] = []

    def decide(self, step: int, remaining: int) -> Decision:
        change = self.plan.next_change(step)
        return Decision(self.plan.at(step), remaining if change is None else min(remaining, change - step))

    def record_trace(self, engine: EngineName, seconds: float) -> None:
        """Ignores timings."""

    def record_steps(self, engine: EngineName, steps: int, seconds: float) -> None:
        """Ignores timings. See `EnginePolicy.record_steps`."""

    def reject_xla(self, step: int, reason: str) -> None:
        self.notes.append(rejection_note(reason))
        self.plan = self.plan.with_change(step, "fused")

    def close(self) -> None:
        """Nothing is left to do."""
