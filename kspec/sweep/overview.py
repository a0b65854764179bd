"""What a sweep has found, as text: the best trials, or the Pareto front of several goals."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from kspec.language.sweep import MEASURES
from kspec.summary.columns import aligned
from kspec.sweep.result import SweepResult, TrialRecord, short

SHOWN = 5
"""How many of the best trials are shown."""


def overview(result: SweepResult) -> str:
    """The best trials in a table, and the command that writes the spec of one.

    Args:
        result: What the sweep has found.
    """
    if not any(trial.status == "complete" for trial in result.trials):
        return "no trial was completed\n"
    folder = shlex.quote(str(result.folder))
    if len(result.goals) == 1:
        return f"{_table(result, result.ranked()[:SHOWN])}\nits spec: kspec render {folder} --best -o best.yaml\n"
    front = [trial for trial in result.ranked() if trial.number in result.best]
    if not front:
        return "no trial satisfies the constraints\n"
    complete = sum(trial.status == "complete" for trial in result.trials)
    return (
        f"Pareto front: {len(front)} of {complete} trials; better in one goal is worse in another\n"
        f"{_table(result, front)}\n"
        f"take one: kspec render {folder} --trial {front[0].number} -o best.yaml && kspec run best.yaml\n"
    )


def _table(result: SweepResult, trials: Sequence[TrialRecord]) -> str:
    """A row for each trial: its number, its goals, its point.

    Args:
        result: What the sweep has found.
        trials: The trials, the best first.
    """
    names = [name for name, _ in result.goals]
    columns = {"trial": [str(trial.number) for trial in trials]}
    columns |= {name: [value_text(name, trial.values[place]) for trial in trials] for place, name in enumerate(names)}
    columns |= {address: [short(trial.point[address]) for trial in trials] for address in trials[0].point}
    return "".join(f"  {line.rstrip()}\n" for line in aligned(columns, right={"trial", *names}))


def value_text(name: str, value: float) -> str:
    """A goal's value: four digits after the point, or none of what is counted.

    >>> value_text("val_loss", 0.25), value_text("parameters", 15705.0), value_text("seconds", 2.5)
    ('0.2500', '15,705', '2.5000')
    """
    return f"{value:,.0f}" if name in MEASURES and name != "seconds" else f"{value:.4f}"
