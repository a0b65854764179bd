"""`summary.json`: what the members of a run have in common, with mean, deviation and confidence by metric."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kspec.runs.member_plan import MemberPlan
from kspec.runs.run import Run

LEVEL = 0.95
"""The confidence of intervals."""


@dataclass(frozen=True, slots=True)
class Spread:
    """A metric over several runs.

    Args:
        values: Its value in each run.
        mean: Their mean.
        deviation: Their standard deviation, with n - 1 degrees of freedom; None for a single value.
        interval: The interval in which the mean of many such runs lies with 95% confidence, by Student's t; None for a
            single value.
    """

    values: tuple[float, ...]
    mean: float
    deviation: float | None
    interval: tuple[float, float] | None

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """The spread of some values."""
        import numpy

        mean = float(numpy.mean(values))
        if len(values) < 2:
            return cls(tuple(values), mean, None, None)
        deviation = float(numpy.std(values, ddof=1))
        reach = student_quantile(len(values) - 1) * deviation / math.sqrt(len(values))
        return cls(tuple(values), mean, deviation, (mean - reach, mean + reach))

    def to_json(self) -> dict[str, Any]:
        return {
            "mean": self.mean,
            "deviation": self.deviation,
            "interval": None if self.interval is None else list(self.interval),
            "values": list(self.values),
        }


def student_quantile(freedom: int, level: float = LEVEL) -> float:
    """The value that a variable of Student's t distribution exceeds in size with the probability `1 - level`.

    Args:
        freedom: The degrees of freedom, at least 1.
        level: The probability of smaller sizes.
    """
    low, high = 0.0, 1.0
    while _student_share(high, freedom) < level:
        high *= 2
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if _student_share(middle, freedom) < level else (low, middle)
    return (low + high) / 2


def _student_share(size: float, freedom: int) -> float:
    """The probability that a variable of Student's t distribution lies between `-size` and `size`.

    Args:
        size: At least 0.
        freedom: The degrees of freedom, a whole number, for which the distribution is a finite sum.
    """
    angle = math.atan(size / math.sqrt(freedom))
    sine, cosine = math.sin(angle), math.cos(angle)
    is_odd = freedom % 2 == 1
    term, total = (cosine, 0.0) if is_odd else (1.0, 0.0)
    for power in range(1 if is_odd else 0, freedom - 1, 2):
        total += term
        term *= cosine**2 * (power + 1) / (power + 2)
    return 2 / math.pi * (angle + sine * total) if is_odd else sine * total


def numbers_of(metrics: Mapping[str, Any]) -> dict[str, float]:
    """The losses and metrics among the values of an evaluation."""
    return {name: value for name, value in metrics.items() if isinstance(value, float)}


def spreads(evaluations: Sequence[Mapping[str, float]]) -> dict[str, Spread]:
    """By metric, its spread over several evaluations; of metrics that all of them have."""
    if not evaluations:
        return {}
    shared = [name for name in evaluations[0] if all(name in each for each in evaluations)]
    return {name: Spread.of([each[name] for each in evaluations]) for name in shared}


def finished(run: Run) -> list[Run]:
    """The members that have finished, with an evaluation."""
    return [member for member in run.members if member.status == "finished" and member.metrics]


def summarize(run: Run, plan: MemberPlan) -> None:
    """Writes means and deviations over the finished members into the run of all.

    Args:
        run: The run of all members.
        plan: What they are.
    """
    members = finished(run)
    if not members:
        return
    evaluated = spreads([numbers_of(member.metrics) for member in members])
    examples = [member.metrics["examples"] for member in members]
    split = members[0].metrics["split"]
    count = examples[0] if plan.shares(split) else sum(examples)
    run.metrics = {"split": split, "examples": count, **{name: each.mean for name, each in evaluated.items()}}
    run.deviation = {name: each.deviation for name, each in evaluated.items() if each.deviation is not None}
    run.interval = {name: each.interval for name, each in evaluated.items() if each.interval is not None}
    validated = spreads([member.validation for member in members])
    run.validation = {name: each.mean for name, each in validated.items()}


def metrics_json(run: Run) -> dict[str, Any]:
    """`metrics.json`: the means over the members, as those of any run, and their deviations."""
    return {
        "evaluate": run.metrics,
        "deviation": run.deviation,
        "interval": {name: list(each) for name, each in run.interval.items()},
        "validation": run.validation,
        **({"ensemble": run.ensemble} if run.ensemble else {}),
    }


def summary_json(run: Run, plan: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """`summary.json`: by metric, its spread over the finished members; and a row for each member.

    Args:
        run: The run of all members.
        plan: What the members are, as plain values.
        names: The name of each member.
    """
    members = finished(run)
    values: dict[str, Any] = {
        "members": dict(plan),
        "finished": len(members),
        "level": LEVEL,
        "split": members[0].metrics["split"] if members else None,
        "metrics": {
            name: each.to_json() for name, each in spreads([numbers_of(each.metrics) for each in members]).items()
        },
        "validation": {name: each.to_json() for name, each in spreads([each.validation for each in members]).items()},
        "table": [
            {
                "member": name,
                "status": member.status,
                "epochs": len(member.history),
                "kept_epoch": member.kept_epoch,
                "evaluate": member.metrics,
                "validation": member.validation,
            }
            for name, member in zip(names, run.members, strict=False)
        ],
    }
    return values | ({"ensemble": run.ensemble} if run.ensemble else {})
