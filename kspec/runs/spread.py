"""The spread of metrics over several runs: mean, deviation, confidence."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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


def spreads(evaluations: Sequence[Mapping[str, float]]) -> dict[str, Spread]:
    """By metric, its spread over several evaluations; of metrics that all of them have."""
    if not evaluations:
        return {}
    shared = [name for name in evaluations[0] if all(name in each for each in evaluations)]
    return {name: Spread.of([each[name] for each in evaluations]) for name in shared}
