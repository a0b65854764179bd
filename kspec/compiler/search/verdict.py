"""Whether a point of a sweep can be trained, as far as compiling it tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from kspec.compiler.search.outcome import Outcome, compile_point
from kspec.compiler.search.points import Point
from kspec.diagnostics import Diagnostic
from kspec.language import Spec
from kspec.language.sweep import CONSTRAINT, limit_of


@dataclass(frozen=True, slots=True)
class Verdict:
    """What compiling a point has shown.

    Args:
        point: The point.
        errors: Why it cannot be trained.
        violated: The constraints that it violates, with the value that does: `parameters <= 100` → 250.
        measures: Parameters, FLOPs for an example, and bytes that training takes, as far as they are known.
        excess: By constraint, how far the value is beyond its limit, as a share of it; negative within.
        form: Equal for points whose trials can train together; None for one whose trial trains alone.
        digest: Equal for points whose trials yield the same.
        program: Equal for points whose trials share what is traced.
    """

    point: Point
    errors: tuple[Diagnostic, ...] = ()
    violated: dict[str, int] = field(default_factory=dict)
    measures: dict[str, int] = field(default_factory=dict)
    excess: dict[str, float] = field(default_factory=dict)
    form: str | None = None
    digest: str = ""
    program: str = ""

    @property
    def is_feasible(self) -> bool:
        """Whether it can be trained, within all constraints that are known."""
        return not self.errors and not self.violated

    @property
    def reasons(self) -> list[str]:
        """Why it cannot be trained: the constraints that it violates, or the code and message of its first error."""
        return [f"{error.code}: {error.message}" for error in self.errors[:1]] or list(self.violated)


def judge(spec: Spec, point: Point, constraints: Sequence[str]) -> Verdict:
    """Compiles a point, without TensorFlow.

    Args:
        spec: The spec of the sweep.
        point: The point.
        constraints: What it must satisfy.
    """
    return weigh(point, compile_point(spec, point), constraints)


def weigh(point: Point, outcome: Outcome, constraints: Sequence[str]) -> Verdict:
    """Compares what a point measures with the constraints.

    Args:
        point: The point.
        outcome: What compiling it has shown.
        constraints: What it must satisfy.
    """
    if outcome.errors:
        return Verdict(point, outcome.errors)
    excess: dict[str, float] = {}
    violated: dict[str, int] = {}
    for text in constraints:
        match = CONSTRAINT.fullmatch(text)
        assert match is not None
        limit, value = limit_of(match[1], match[3]), outcome.measures.get(match[1])
        if limit is None or value is None:
            continue
        sign = 1 if match[2].startswith("<") else -1
        beyond = sign * (value - limit)
        strict = beyond == 0 and match[2] in "<>"
        excess[text] = (beyond or (1.0 if strict else 0.0)) / max(abs(limit), 1.0)
        if excess[text] > 0:
            violated[text] = value
    return Verdict(point, (), violated, outcome.measures, excess, outcome.form, outcome.digest, outcome.program)
