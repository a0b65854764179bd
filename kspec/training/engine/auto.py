"""The engine `auto`: begins fused, measures, and goes to XLA where the steps still to come save more than it costs."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace

from kspec.language.engine import EngineName, EnginePlan
from kspec.training.engine.engine_policy import Turn
from kspec.training.engine.timing_cache import Measured

GUESSED_GAIN, GUESSED_GAIN_OF_LONG_STEPS, LONG_STEP = 3.0, 1.2, 1e-3
"""How many times as fast XLA is taken to be where nobody has tried: it is the way between small operations that it
spares, and steps of more seconds than this are taken to have few of these."""
GUESSED_COMPILE = 2.5
"""How many times as long as tracing compiling is taken to be, likewise."""
LEAST_COMPILE = 1.5
"""Seconds; compiling is not taken to be faster, where nobody has tried."""
MEASURED_SECONDS = 0.3
"""Seconds of fused steps before anything is decided."""
TRIAL_STEPS, TRIAL_SECONDS = 3, 0.1
"""A first trial of XLA: at least so many steps, or as many as the fused engine does in that time."""
WORTH_A_LOOK = 0.02
"""The part of the time still to come that finding out may cost, whatever is expected."""
STOPS_EARLY = 0.5
"""The part of the epochs that is reckoned with where a callback may end the training."""


class Auto:
    """Decides from what steps take.

    Args:
        known: What was measured before.
        expected: How many times as fast XLA is expected to be, where it is not known; None to guess by the steps.
        keep: Called with what was measured, whenever XLA has been tried, and by `close`.
        may_stop: Whether a callback may end the training before its last epoch.
        plan: What ran before, when other layers were frozen.
        first: The step from which on this one decides.
    """

    def __init__(
        self,
        known: Measured,
        *,
        expected: float | None = None,
        keep: Callable[[Measured], None] = lambda _: None,
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
        self.part = STOPS_EARLY if may_stop else 1.0
        self._steps: defaultdict[EngineName, int] = defaultdict(int)
        self._seconds: defaultdict[EngineName, float] = defaultdict(float)
        self._best: dict[EngineName, float] = {}
        self._state = "fused"
        self._compiled = 0.0

    def next(self, step: int, left: int) -> Turn:
        """Who runs from a step on, of so many that are left in all."""
        if self._state == "fused" and self._worthwhile(left):
            self._state = "trial"
            self._change(step, "fused_xla")
        elif self._state == "trial" and self._tried():
            self._state = "settled"
            if self._pace("fused_xla") >= self._pace("fused"):
                self._change(step, "fused")
            self._keep()
        engine = self.plan.at(step)
        if self._state != "trial":
            return Turn(engine, left)
        return Turn(engine, min(left, max(1, self._trial() - self._steps["fused_xla"])))

    def traced(self, engine: EngineName, seconds: float) -> None:
        """What tracing, or compiling, an engine's loop took."""
        if engine == "fused_xla":
            self.known.compile = self._compiled = seconds
        else:
            self.known.trace = seconds

    def ran(self, engine: EngineName, steps: int, seconds: float) -> None:
        """What steps took."""
        self._steps[engine] += steps
        self._seconds[engine] += seconds
        # the best call counts: what others of the machine's work took is not the engine's
        self._best[engine] = min(self._best.get(engine, math.inf), max(seconds, 1e-9) / steps)

    def refused(self, step: int, reason: str) -> None:
        """XLA does not take this network: all from this step on is fused."""
        self._state = "settled"
        self._change(step, "fused")
        self.notes.append(f"fused, not fused_xla: {reason}")

    def close(self) -> None:
        """What there is to say at the end; what was measured is kept."""
        self._keep()
        changes = [(start, engine) for start, engine in self.plan.changes if start >= self.first]
        tried = next((start for start, engine in changes if engine == "fused_xla"), None)
        if tried is None:
            return
        times = self._pace("fused") / self._pace("fused_xla")
        start = f"from step {tried:,} on" if tried else "from the first step"
        if self.plan.changes[-1][1] == "fused_xla":
            self.notes.append(f"XLA {start}: {times:.1f} times as fast as fused; compiled in {self._compiled:.1f} s")
        else:
            self.notes.append(f"fused; XLA was tried {start}, and is {1 / times:.1f} times as slow")

    def _worthwhile(self, left: int) -> bool:
        """Whether the steps still to come save more under XLA than compiling costs."""
        fused = self._pace("fused") if self._seconds["fused"] >= MEASURED_SECONDS else self.known.fused
        if fused is None:
            return False
        compile_ = self.known.compile or max(LEAST_COMPILE, GUESSED_COMPILE * (self.known.trace or 0.0))
        guess = GUESSED_GAIN if fused < LONG_STEP else GUESSED_GAIN_OF_LONG_STEPS
        compiled = self.known.fused_xla or fused / (self.expected or guess)
        coming = left * self.part * fused
        if self.known.fused_xla is None and compile_ < WORTH_A_LOOK * coming:
            return True
        return left * self.part * (fused - compiled) > compile_

    def _tried(self) -> bool:
        return self._steps["fused_xla"] >= self._trial()

    def _trial(self) -> int:
        return max(TRIAL_STEPS, int(TRIAL_SECONDS / self._pace("fused")))

    def _pace(self, engine: EngineName) -> float:
        """Seconds a step."""
        known = self.known.fused if engine == "fused" else self.known.fused_xla
        return self._best.get(engine) or known or LONG_STEP

    def _change(self, step: int, engine: EngineName) -> None:
        self.plan = self.plan.with_change(step, engine)

    def _keep(self) -> None:
        self.known.fused = self._best.get("fused", self.known.fused)
        self.known.fused_xla = self._best.get("fused_xla", self.known.fused_xla)
        self.keep(self.known)
