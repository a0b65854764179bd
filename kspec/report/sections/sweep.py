"""The trials of a sweep, what each parameter brought, and the best of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from kspec.report.chart import Cell, Chart, Table, number
from kspec.report.charts.trials import (
    history_chart,
    importance_chart,
    parallel_chart,
    pareto_chart,
    slice_chart,
)
from kspec.report.numbers.binary import thinned
from kspec.report.section import Section
from kspec.report.sweep_facts import Parameter, SweepFacts
from kspec.sweep.parameter_importance import FEWEST_TRIALS, best_share, parameter_importances
from kspec.sweep.result import TrialRecord

MOST_ROWS = 200
"""Of more trials, the best are in the table."""
MOST_SLICES = 16
MOST_POINTS = 4_000
"""Of all slices together."""
MOST_PAIRS = 3


def trials_section(facts: SweepFacts) -> Section:
    """How the search went, and a table of its trials, the best first.

    Args:
        facts: What is known of the sweep.
    """
    result = facts.result
    goals = ", ".join(f"{word} {name}" for name, word in result.goals)
    counts = [f"{sum(trial.status == status for trial in result.trials)} {status}" for status in
              dict.fromkeys(trial.status for trial in result.trials)]  # fmt: skip
    notes = [f"{goals}: {len(result.trials)} of {result.planned} trials ({', '.join(counts)}); {result.status}."]
    if result.ended:
        notes.append(f"{result.ended[0].upper()}{result.ended[1:]}.")
    if result.refused:
        notes.append(f"Refused, since they cannot be trained: {result.refusals_text()}.")
    complete = facts.complete()
    best = [trial.values[0] for trial in complete if trial.number in result.best]
    if len(result.goals) == 1 and best and best[0] != _extreme(facts, complete):
        notes.append("Trials that break a constraint are not the best, whatever their value.")
    if result.trials:
        charts = [history_chart(result.trials, result.goals, at) for at in range(len(result.goals))]
    else:
        charts = []
    return Section("trials", "Trials", notes, {"Trials": _table(facts)}, charts)


def _extreme(facts: SweepFacts, complete: Sequence[TrialRecord]) -> float:
    """The best value of the first goal, whatever the constraints."""
    values = [trial.values[0] for trial in complete]
    return max(values) if facts.result.goals[0][1] == "maximize" else min(values)


def _table(facts: SweepFacts) -> Table:
    result = facts.result
    sign = -1 if result.goals[0][1] == "maximize" else 1
    complete = sorted(facts.complete(), key=lambda trial: sign * trial.values[0])
    numbers = {trial.number for trial in complete}
    rest = [trial for trial in result.trials if trial.number not in numbers]
    ordered = [*complete, *rest] if len(result.goals) == 1 else _front_first(complete, rest, result.best)
    goals, parameters = [name for name, _ in result.goals], [own.label for own in facts.parameters]
    rows = [_row(trial, facts.parameters, len(goals), result.best) for trial in ordered[:MOST_ROWS]]
    note = f"The best {MOST_ROWS} of {len(ordered):,} trials." if len(ordered) > MOST_ROWS else ""
    sort = dict.fromkeys(range(2 + len(goals) + len(parameters) + 2), False)
    sort |= {2 + at: word == "maximize" for at, (_, word) in enumerate(result.goals)}
    headings = ["trial", "status", *goals, *parameters, "epochs", "seconds"]
    return Table(headings, rows, note, sort, 2 if len(goals) == 1 else None)


def _front_first(
    complete: Sequence[TrialRecord], rest: Sequence[TrialRecord], best: Sequence[int]
) -> list[TrialRecord]:
    return [*sorted(complete, key=lambda trial: trial.number not in best), *rest]


def _row(trial: TrialRecord, parameters: Sequence[Parameter], goals: int, best: Sequence[int]) -> list[Cell]:
    """A line of the table.

    Args:
        trial: The trial.
        parameters: What was searched.
        goals: How many goals there are.
        best: The numbers of the best trials.
    """
    status = "best" if trial.number in best else trial.status
    values = [trial.values[at] if at < len(trial.values) else None for at in range(goals)]
    points = []
    for own in parameters:
        value, text = trial.point.get(own.address), own.text(trial)
        points.append(Cell(text, value if type(value) in (int, float) else text))
    text = f"{status}: {trial.message}" if trial.message and status != "best" else status
    return [
        Cell(str(trial.number), trial.number), Cell(text, status, is_long=len(text) > 40),
        *(Cell(number(value), value) for value in values), *points,
        Cell(str(trial.epochs), trial.epochs), Cell(number(trial.seconds, 3), trial.seconds),
    ]  # fmt: skip


def parameters_section(facts: SweepFacts) -> Section | None:
    """What each parameter brought; None without two complete trials.

    Args:
        facts: What is known of the sweep.
    """
    complete, result = facts.complete(), facts.result
    if len(complete) < 2 or not facts.parameters:
        return None
    notes: list[str] = []
    charts = [parallel_chart(complete, facts.parameters, result.goals, result.best)]
    charts += _importances(facts, notes)
    known = [trial for trial in result.trials if trial.values]
    shown = facts.parameters[:MOST_SLICES]
    known = [known[at] for at in thinned(len(known), MOST_POINTS // len(shown))]
    charts += [slice_chart(known, own, result.goals, result.best) for own in shown]
    if not facts.space:
        notes.append("The spec of the sweep cannot be read: axes have the values that were tried.")
    return Section("parameters", "Parameters", notes, charts=charts)


def _importances(facts: SweepFacts, notes: list[str]) -> list[Chart]:
    """A chart of the importances for each goal; why there is none is noted.

    Args:
        facts: What is known of the sweep.
        notes: Where.
    """
    if not facts.space or len(facts.parameters) < 2:
        return []
    labels = {own.address: own.label for own in facts.parameters}
    charts = []
    for at, (goal, _) in enumerate(facts.result.goals):
        try:
            found = parameter_importances(facts.result, facts.space, at)
        except ModuleNotFoundError as error:
            notes.append(f"The importance of parameters needs the package {error.name}: pip install 'kspec[sweep]'.")
            return []
        if found:
            charts.append(importance_chart(found, labels, goal, best_share(len(facts.complete()))))
    if not charts:
        notes.append(f"The importance of parameters is computed from {FEWEST_TRIALS} complete trials on.")
    return charts


def front_section(facts: SweepFacts) -> Section | None:
    """The Pareto front; None with one goal.

    Args:
        facts: What is known of the sweep.
    """
    complete, goals = facts.complete(), facts.result.goals
    if len(goals) < 2 or not complete:
        return None
    pairs = list(combinations(range(len(goals)), 2))[:MOST_PAIRS]
    folder = facts.result.folder
    notes = (
        [f"To take a trial of the front: kspec render {folder} --trial {facts.result.best[0]}."]
        if facts.result.best
        else []
    )
    return Section("front", "Pareto front", notes, charts=[pareto_chart(complete, goals, pair) for pair in pairs])
