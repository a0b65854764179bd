"""The engine `auto`: starts fused, measures, and switches to XLA if that saves more time than compiling takes."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace

from kspec.language.engine import EngineName, EnginePlan
from kspec.training.engine.engine_policy import Decision, rejection_note
from kspec.training.engine.timing_cache import Timings

DEFAULT_SPEEDUP, LONG_STEP_SPEEDUP, LONG_STEP = 3.0, 1.2, 1e-3
"""The speedup assumed of XLA before it is measured. XLA saves the overhead between small operations; steps longer than
`LONG_STEP` seconds are assumed to have little of it."""
COMPILE_FACTOR = 2.5
"""How many times as long as tracing compiling is assumed to take before it is measured."""
MIN_COMPILE_SECONDS = 1.5
"""The shortest compile time assumed before it is measured."""
MIN_MEASURED_SECONDS = 0.3
"""Seconds of fused steps to measure before deciding."""
TRIAL_STEPS, TRIAL_SECONDS = 3, 0.1
"""A first trial of XLA runs at least so many steps, or as many as the fused engine runs in that time."""
TRIAL_BUDGET = 0.02
"""The fraction of the remaining time that a trial may cost, whatever speedup is expected."""
EARLY_STOP_FRACTION = 0.5
"""The fraction of the epochs expected to run if a callback may stop training early."""


class AutoPolicy:
    """Decides by measured times.

    Args:
        known: Times measured in earlier runs.
        expected: The expected speedup of XLA if it has not been measured; None to guess it from the steps.
        keep: Called with the times whenever XLA has been tried, and by `close`.
        may_stop: Whether a callback may stop training before its last epoch.
        plan: The decisions of the stages before.
        first: The first step to decide about.
    """

    def __init__(
        self,
        known: Timings,
        *,
        expected: float | None = None,
        keep: Callable[[Timings], None] = lambda _: None,
        may_stop: bool = False,
        plan: EnginePlan | None = None,
        first: int = 0,
    ) -> None:
        self.plan = EnginePlan.of("fused") if plan is None else plan.with_change(first, "fused")
        self.first = first
        self.notes: list[str] = []
        self.known = replace(known)
        self.keep = keep
        self.expected = expected
        self.fraction = EARLY_STOP_FRACTION if may_stop else 1.0
        self._steps: defaultdict[EngineName, int] = defaultdict(int)
        self._seconds: defaultdict[EngineName, float] = defaultdict(float)
        self._best: dict[EngineName, float] = {}
        self._state = "fused"
        self._compiled = 0.0

    @property
    def settled(self) -> bool:
        """Whether XLA has been tried, or refused."""
        return self._state == "decided"

    def decide(self, step: int, remaining: int) -> Decision:
        """Chooses the engine from a step on, given the number of steps that remain in all."""
        if self._state == "fused" and self._is_trial_worthwhile(remaining):
            self._state = "trial"
            self._change(step, "fused_xla")
        elif self._state == "trial" and self._steps["fused_xla"] >= self._trial_steps():
            self._state = "decided"
            if self._step_seconds("fused_xla") >= self._step_seconds("fused"):
                self._change(step, "fused")
            self._keep()
        engine = self.plan.at(step)
        if self._state != "trial":
            return Decision(engine, remaining)
        return Decision(engine, min(remaining, max(1, self._trial_steps() - self._steps["fused_xla"])))

    def record_trace(self, engine: EngineName, seconds: float) -> None:
        """Records how long tracing (or compiling) an engine's loop took."""
        if engine == "fused_xla":
            self.known.compile = self._compiled = seconds
        else:
            self.known.trace = seconds

    def record_steps(self, engine: EngineName, steps: int, seconds: float) -> None:
        """See `EnginePolicy.record_steps`."""
        self._steps[engine] += steps
        self._seconds[engine] += seconds
        # the fastest call counts: other work on the machine slows the rest
        self._best[engine] = min(self._best.get(engine, math.inf), max(seconds, 1e-9) / steps)

    def reject_xla(self, step: int, reason: str) -> None:
        """XLA cannot compile this network: every step from this one on runs fused."""
        self._state = "decided"
        self._change(step, "fused")
        self.notes.append(rejection_note(reason))

    def close(self) -> None:
        """Keeps the times, and notes for the user what XLA brought."""
        self._keep()
        changes = [(start, engine) for start, engine in self.plan.changes if start >= self.first]
        trial = next((start for start, engine in changes if engine == "fused_xla"), None)
        if trial is None:
            return
        speedup = self._step_seconds("fused") / self._step_seconds("fused_xla")
        start = f"from step {trial:,} on" if trial else "from the first step"
        if self.plan.changes[-1][1] == "fused_xla":
            self.notes.append(f"XLA {start}: {speedup:.1f} times as fast as fused; compiled in {self._compiled:.1f} s")
        else:
            self.notes.append(f"fused; XLA was tried {start} and is {1 / speedup:.1f} times as slow")

    def _is_trial_worthwhile(self, remaining: int) -> bool:
        """Whether XLA saves more on the remaining steps than compiling costs."""
        measured = self._seconds["fused"] >= MIN_MEASURED_SECONDS
        fused = self._step_seconds("fused") if measured else self.known.fused
        if fused is None:
            return False
        compile_ = self.known.compile or max(MIN_COMPILE_SECONDS, COMPILE_FACTOR * (self.known.trace or 0.0))
        speedup = DEFAULT_SPEEDUP if fused < LONG_STEP else LONG_STEP_SPEEDUP
        compiled = self.known.fused_xla or fused / (self.expected or speedup)
        steps = remaining * self.fraction
        if self.known.fused_xla is None and compile_ < TRIAL_BUDGET * steps * fused:
            return True
        return steps * (fused - compiled) > compile_

    def _trial_steps(self) -> int:
        return max(TRIAL_STEPS, int(TRIAL_SECONDS / self._step_seconds("fused")))

    def _step_seconds(self, engine: EngineName) -> float:
        known = self.known.fused if engine == "fused" else self.known.fused_xla
        return self._best.get(engine) or known or LONG_STEP

    def _change(self, step: int, engine: EngineName) -> None:
        self.plan = self.plan.with_change(step, engine)

    def _keep(self) -> None:
        self.known.fused = self._best.get("fused", self.known.fused)
        self.known.fused_xla = self._best.get("fused_xla", self.known.fused_xla)
        self.keep(self.known)
