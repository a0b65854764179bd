"""What a sweep has found, and `sweep.json`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from kspec.compiler.search.points import Point
from kspec.runs.run import Run
from kspec.syntax.yaml_flow import abbreviate


@dataclass(slots=True)
class TrialRecord:
    """A trial that has ended.

    Args:
        number: Its number, from 0; that of its folder, and that of Optuna.
        status: `complete`, `pruned` or `failed`; `repeated` if an earlier trial had the same point.
        point: A value for each address.
        values: A value for each goal; empty without one.
        validation: Losses and metrics of its model on the validation split.
        seconds: How long it took.
        epochs: Epochs trained.
        message: Why it failed, or was pruned.
    """

    number: int
    status: str
    point: dict[str, Any]
    values: list[float] = field(default_factory=list)
    validation: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    epochs: int = 0
    message: str = ""


@dataclass(slots=True)
class Refusal:
    """A point that was chosen and cannot be trained.

    Args:
        number: Its number, among those of the trials.
        point: A value for each address.
        reasons: The constraints that it violates, or the code and message of its first error.
    """

    number: int
    point: dict[str, Any]
    reasons: list[str] = field(default_factory=list)


@dataclass(slots=True)
class SweepResult:
    """What a sweep has found.

    Args:
        name: The spec's name.
        folder: Its folder.
        goals: Each goal with `maximize` or `minimize`.
        planned: How many trials were asked for.
        status: `finished`, `interrupted` or `running`.
        trials: The trials that have ended.
        refusals: The points that were chosen and cannot be trained; no trial was spent on them.
        best: The number of the best trial, or those of the Pareto front of several goals; empty without one.
        run: The best point trained again, evaluated on the test split; None if there is none.
        ended: Why there are fewer trials than planned; empty if there are not.
    """

    name: str
    folder: Path
    goals: Sequence[tuple[str, str]]
    planned: int
    status: str = "running"
    trials: list[TrialRecord] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    best: list[int] = field(default_factory=list)
    run: Run | None = None
    ended: str = ""

    @property
    def best_trials(self) -> list[TrialRecord]:
        """The best trial, or those of the Pareto front."""
        return [trial for trial in self.trials if trial.number in self.best]

    def ranked(self) -> list[TrialRecord]:
        """The complete trials, the best first by the first goal."""
        sign = -1 if self.goals[0][1] == "maximize" else 1
        complete = [trial for trial in self.trials if trial.status == "complete"]
        return sorted(complete, key=lambda trial: sign * trial.values[0])

    @property
    def refused(self) -> int:
        """How many points were refused."""
        return len(self.refusals)

    def refusals_text(self) -> str:
        """How many points were refused, by reason: `3 points: parameters <= 100 (2), KS305 (1)`; empty if none was."""
        if not self.refusals:
            return ""
        counts = Counter(reason.partition(":")[0] for refusal in self.refusals for reason in refusal.reasons)
        reasons = ", ".join(f"{reason} ({count})" for reason, count in counts.most_common())
        return f"{self.refused} point{'s' * (self.refused != 1)}{reasons and ': '}{reasons}"

    def to_json(self) -> dict[str, Any]:
        """Plain values for `sweep.json`."""
        return {
            "goals": [{"name": name, "direction": word} for name, word in self.goals],
            "planned": self.planned,
            "status": self.status,
            "ended": self.ended,
            "refused": self.refused,
            "refusals": [asdict(refusal) for refusal in self.refusals],
            "best": self.best,
            "trials": [asdict(trial) for trial in self.trials],
        }


def point_text(point: Point | Mapping[str, Any]) -> str:
    """A point in one line.

    >>> point_text({"fit.epochs": 3, "layers.drop.rate": 0.123456789})
    'fit.epochs=3  layers.drop.rate=0.1235'
    """
    return "  ".join(f"{address}={short(value)}" for address, value in point.items())


def short(value: Any) -> str:
    """A value in one line; fractions with four digits."""
    return f"{value:.4g}" if isinstance(value, float) else abbreviate(value)
