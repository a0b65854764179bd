"""Whether a point of a sweep can be trained, as far as compiling it tells."""

from __future__ import annotations

from dataclasses import dataclass, field

from kspec.analysis.program import Analysis
from kspec.analysis.training_memory import training_memory
from kspec.compiler.compile import compile_spec
from kspec.compiler.search.points import Point, overrides_of
from kspec.diagnostics import Diagnostic, Severity
from kspec.diagnostics.budget import Budget, limited, stop_if_cancelled
from kspec.language import Spec
from kspec.language.sweep import CONSTRAINT, limit_of
from kspec.summary.summary import summarise


@dataclass(frozen=True, slots=True)
class Verdict:
    """What compiling a point has shown.

    Args:
        point: The point.
        errors: Why it cannot be trained.
        violated: The constraints that it violates, with the value that does: `parameters <= 100` → 250.
        measures: Parameters, FLOPs for an example, and bytes that training takes, as far as they are known.
        excess: By constraint, how far the value is beyond its limit, as a share of it; negative within.
    """

    point: Point
    errors: tuple[Diagnostic, ...] = ()
    violated: dict[str, int] = field(default_factory=dict)
    measures: dict[str, int] = field(default_factory=dict)
    excess: dict[str, float] = field(default_factory=dict)

    @property
    def is_feasible(self) -> bool:
        """Whether it can be trained, within all constraints that are known."""
        return not self.errors and not self.violated


def judge(spec: Spec, point: Point, constraints: list[str]) -> Verdict:
    """Compiles a point, without TensorFlow.

    Args:
        spec: The spec of the sweep.
        point: The point.
        constraints: What it must satisfy.
    """
    stop_if_cancelled()
    with limited(Budget()):  # each point may be as large as a spec
        compiled = compile_spec(spec.source, (*spec.overrides, *overrides_of(point)), permissions=spec.permissions)
    errors = tuple(each for each in compiled.report.sorted() if each.severity is Severity.ERROR)
    if errors or compiled.spec is None or compiled.analysis is None:
        return Verdict(point, errors)
    measures = measure(compiled.spec, compiled.analysis)
    excess: dict[str, float] = {}
    violated: dict[str, int] = {}
    for text in constraints:
        match = CONSTRAINT.fullmatch(text)
        assert match is not None
        limit, value = limit_of(match[1], match[3]), measures.get(match[1])
        if limit is None or value is None:
            continue
        sign = 1 if match[2].startswith("<") else -1
        beyond = sign * (value - limit)
        strict = beyond == 0 and match[2] in "<>"
        excess[text] = (beyond or (1.0 if strict else 0.0)) / max(abs(limit), 1.0)
        if excess[text] > 0:
            violated[text] = value
    return Verdict(point, (), violated, measures, excess)


def measure(spec: Spec, analysis: Analysis) -> dict[str, int]:
    """Parameters, FLOPs for an example, and bytes of weights, gradients, optimizer and a batch's activations.

    Args:
        spec: A spec without errors.
        analysis: Its analysis.

    Returns:
        What does not depend on the data.
    """
    summary = summarise(spec.name, analysis.graph, analysis.types)
    training = training_memory(analysis, spec.document.dtype_policy)
    found = {"parameters": summary.parameters, "flops": summary.flops}
    if training is not None and isinstance(summary.memory, int):
        found["memory"] = training.total + summary.memory * spec.document.fit.batch_size
    return {name: value for name, value in found.items() if isinstance(value, int)}
