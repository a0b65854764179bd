"""Charts of a sweep: its history, its points, what each parameter brought, and its Pareto front."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kspec.report.chart import Chart, Table, number, plot, specification
from kspec.report.numbers.binary import thinned
from kspec.report.numbers.trials import best_so_far, pareto_front
from kspec.report.sweep_facts import Parameter
from kspec.sweep.result import TrialRecord

STATUSES = ["complete", "pruned", "failed"]
SHAPES = ["circle", "cross", "triangle-down"]
MOST_TRIALS = 500
"""Of more trials, the best have a line, and points of a history do not name their values."""
MOST_POINTS = 1_500
"""Of more trials, so many are points of a history."""
Goal = tuple[str, str]
"""Its name, and `maximize` or `minimize`."""


def history_chart(trials: Sequence[TrialRecord], goals: Sequence[Goal], at: int) -> Chart:
    """The value of each trial, and the best so far.

    Args:
        trials: The trials, by number.
        goals: The goals.
        at: The number of the goal.
    """
    import altair as alt

    name, direction = goals[at]
    values = np.array([_value(trial, at) if trial.status == "complete" else math.nan for trial in trials])
    best = best_so_far(values, more_is_better=direction == "maximize")
    rows = [
        {"trial": trial.number, "value": _finite(_value(trial, at)), "status": _status(trial), **_named(trial, trials)}
        for trial in (trials[at] for at in thinned(len(trials), MOST_POINTS))
    ]
    steps = [
        {"trial": trial.number, "value": float(value)}
        for at, (trial, value) in enumerate(zip(trials, best, strict=True))
        if math.isfinite(value) and (at in (0, len(trials) - 1) or value != best[at - 1])
    ]
    x = alt.X("trial:Q", title="trial", axis=alt.Axis(tickMinStep=1, format="d"))
    y = alt.Y("value:Q", title=name, scale=alt.Scale(zero=False))
    known = [row for row in rows if row["value"] is not None]
    points = plot(known).mark_point(filled=True, size=45, opacity=0.8).encode(
        x=x, y=y, shape=_shape(), color=_colour(), tooltip=_tooltip([alt.Tooltip("value:Q", title=name)], trials)
    )  # fmt: skip
    line = plot(steps).mark_line(interpolate="step-after", color="var(--series-3)").encode(x=x, y=y)
    layers = [line, points]
    lost = [row for row in rows if row["value"] is None]
    if lost:  # at the lower edge
        marks = plot(lost).mark_point(filled=True, size=45)
        layers.append(
            marks.encode(x=x, y=alt.value("height"), shape=_shape(), color=_colour(), tooltip=_tooltip([], trials))
        )
    counts = ", ".join(
        f"{sum(_status(trial) == status for trial in trials)} {status}" for status in STATUSES
        if any(_status(trial) == status for trial in trials)
    )  # fmt: skip
    text = f"{len(trials)} trials: {counts}" + (
        f"; the best so far ends at {number(steps[-1]['value'])}" if steps else ""
    )
    return Chart(f"History of {name}", text, specification(alt.layer(*layers)), is_wide=True)


def parallel_chart(
    trials: Sequence[TrialRecord], parameters: Sequence[Parameter], goals: Sequence[Goal], best: Sequence[int]
) -> Chart:
    """A line for each complete trial over the parameters and goals; the better, the stronger.

    Args:
        trials: The complete trials.
        parameters: What was searched.
        goals: The goals.
        best: The numbers of the best trials.
    """
    import altair as alt

    name, direction = goals[0]
    values = np.array([trial.values[0] for trial in trials])
    ranks = (-values if direction == "maximize" else values).argsort(kind="stable").argsort(kind="stable")
    shown = np.flatnonzero(ranks < MOST_TRIALS).tolist()
    strength = 1 - ranks / max(1, len(trials) - 1)
    columns = [(own.label, own.positions(trials)) for own in parameters]
    for at, (goal, _) in enumerate(goals):
        column = np.array([trial.values[at] for trial in trials])
        low, high = float(column.min()), float(column.max())
        columns.append((goal, (column - low) / (high - low) if high > low else np.full(len(column), 0.5)))
    order = [label for label, _ in columns]
    rows = [
        {"trial": trials[at].number, "value": trials[at].values[0], "axis": label, "at": round(float(places[at]), 4),
         "strength": round(float(strength[at]), 3),
         "best": trials[at].number in best}
        for at in shown for label, places in columns if math.isfinite(places[at])
    ]  # fmt: skip
    x = alt.X("axis:N", title=None, sort=None, scale=alt.Scale(domain=order), axis=alt.Axis(labelAngle=-20, grid=True))
    y = alt.Y("at:Q", title=None, axis=None, scale=alt.Scale(domain=[0, 1]))
    base = plot(rows).encode(x=x, y=y, detail="trial:Q", tooltip=["trial:Q", alt.Tooltip("value:Q", title=name)])
    opacity = alt.Opacity("strength:Q", scale=alt.Scale(domain=[0, 1], range=[0.12, 0.85]), legend=None)
    lines = base.transform_filter("!datum.best").mark_line(strokeWidth=1.5).encode(opacity=opacity)
    top = base.transform_filter("datum.best").mark_line(strokeWidth=3, color="var(--series-2)")
    labels = plot(_axis_labels(trials, parameters, goals)).mark_text(align="left", dx=5, fontSize=11)
    ticks = labels.encode(x=x, y=y, text="text:N")
    text = f"one line for each of {len(shown)} trials; the stronger, the better; the thick one is the best"
    if len(best) > 1:
        text = f"one line for each of {len(shown)} trials; the thick ones are the front"
    return Chart("Parallel coordinates", text, specification(alt.layer(lines, top, ticks), height=320), is_wide=True)


def _axis_labels(
    trials: Sequence[TrialRecord], parameters: Sequence[Parameter], goals: Sequence[Goal]
) -> list[dict[str, Any]]:
    """The texts along the axes: of a choice each value, else both ends.

    Args:
        trials: The complete trials.
        parameters: What was searched.
        goals: The goals.
    """
    rows: list[dict[str, Any]] = []
    for own in parameters:
        if own.choices is not None:
            last = max(1, len(own.choices) - 1)
            places = [at / last if len(own.choices) > 1 else 0.5 for at in range(len(own.choices))]
            rows += [{"axis": own.label, "at": at, "text": text} for at, text in zip(places, own.choices, strict=True)]
        else:
            rows += [{"axis": own.label, "at": at, "text": number(end)} for at, end in enumerate(own.ends)]
    for at, (goal, _) in enumerate(goals):
        column = [trial.values[at] for trial in trials]
        rows += [
            {"axis": goal, "at": 0, "text": number(min(column))},
            {"axis": goal, "at": 1, "text": number(max(column))},
        ]
    return rows


def importance_chart(found: Mapping[str, float], labels: Mapping[str, str], goal: str, share: float) -> Chart:
    """How much each parameter matters for a goal.

    Args:
        found: By address, its importance.
        labels: By address, what it is called.
        goal: The goal.
        share: The share of the trials that count as the best.
    """
    import altair as alt

    rows = [{"parameter": labels[address], "importance": value} for address, value in found.items()]
    bars = plot(rows).mark_bar(color="var(--series-1)").encode(
        y=alt.Y("parameter:N", title=None, sort=None, axis=alt.Axis(labelLimit=200)),
        x=alt.X("importance:Q", title="importance", scale=alt.Scale(domain=[0, 1])),
        tooltip=["parameter:N", alt.Tooltip("importance:Q", format=".3f")],
    )  # fmt: skip
    text = f"what distinguishes the best {share:.0%} of the trials from the others (PED-ANOVA)"
    table = Table(("parameter", "importance"), [[row["parameter"], number(row["importance"])] for row in rows])
    height = max(80, min(600, 28 * len(rows) + 30))
    return Chart(f"Importance for {goal}", text, specification(bars, height=height), table)


def slice_chart(trials: Sequence[TrialRecord], own: Parameter, goals: Sequence[Goal], best: Sequence[int]) -> Chart:
    """The first goal against a parameter.

    Args:
        trials: The trials with a value.
        own: The parameter.
        goals: The goals.
        best: The numbers of the best trials.
    """
    import altair as alt

    name, _ = goals[0]
    rows = [
        {"x": own.text(trial) if own.choices is not None else trial.point.get(own.address), "value": trial.values[0],
         "status": _status(trial), "trial": trial.number, "best": trial.number in best}
        for trial in trials
    ]  # fmt: skip
    if own.choices is not None:
        x = alt.X("x:N", title=own.label, scale=alt.Scale(domain=list(own.choices)), axis=alt.Axis(labelAngle=-20))
    else:
        scale = alt.Scale(type="log", domain=list(own.ends)) if own.is_log else alt.Scale(zero=False)
        x = alt.X("x:Q", title=own.label, scale=scale, axis=alt.Axis(tickCount=5))
    y = alt.Y("value:Q", title=name, scale=alt.Scale(zero=False))
    tooltip = [
        "trial:Q",
        alt.Tooltip(f"x:{'N' if own.choices is not None else 'Q'}", title=own.label),
        alt.Tooltip("value:Q", title=name),
        "status:N",
    ]
    base = plot(rows).encode(x=x, y=y, tooltip=tooltip)
    points = base.mark_point(filled=True, size=40, opacity=0.7).encode(shape=_shape(), color=_colour())
    top = base.transform_filter("datum.best").mark_point(size=150, strokeWidth=2, color="var(--series-3)")
    text = (
        f"{name} of each trial by {own.address}{', on a logarithmic axis' if own.is_log else ''}; the ring is the best"
    )
    return Chart(own.label, text, specification(alt.layer(points, top), height=200))


def pareto_chart(trials: Sequence[TrialRecord], goals: Sequence[Goal], pair: tuple[int, int]) -> Chart:
    """Two goals against each other, with the trials that no other beats in both.

    Args:
        trials: The complete trials.
        goals: The goals.
        pair: The numbers of two goals.
    """
    import altair as alt

    values = np.array([[trial.values[at] for at in pair] for trial in trials])
    on_front = pareto_front(values, [goals[at][1] == "maximize" for at in pair])
    (one, _), (other, _) = (goals[at] for at in pair)
    rows = [
        {"x": float(a), "y": float(b), "trial": trial.number, "front": bool(own), **_named(trial, trials)}
        for (a, b), trial, own in zip(values, trials, on_front, strict=True)
    ]
    x, y = (
        alt.X("x:Q", title=one, scale=alt.Scale(zero=False)),
        alt.Y("y:Q", title=other, scale=alt.Scale(zero=False)),
    )
    tooltip = _tooltip([alt.Tooltip("x:Q", title=one), alt.Tooltip("y:Q", title=other)], trials, status=False)
    base = plot(rows).encode(x=x, y=y, tooltip=tooltip)
    rest = base.transform_filter("!datum.front").mark_point(filled=True, size=40, opacity=0.5, color="var(--soft)")
    front = base.transform_filter("datum.front").mark_point(filled=True, size=70, opacity=1)
    line = base.transform_filter("datum.front").mark_line(strokeWidth=1.5, strokeDash=[4, 3]).encode(order="x:Q")
    text = f"{int(on_front.sum())} of {len(trials)} trials are on the front: no other is better in both"
    return Chart(f"{one} and {other}", text, specification(alt.layer(line, rest, front), height=320), is_wide=True)


def _shape() -> Any:
    import altair as alt

    return alt.Shape(
        "status:N", title=None, scale=alt.Scale(domain=STATUSES, range=SHAPES), legend=alt.Legend(orient="top")
    )


def _colour() -> Any:
    import altair as alt

    colours = ["var(--series-1)", "var(--soft)", "var(--series-2)"]
    return alt.Color("status:N", title=None, scale=alt.Scale(domain=STATUSES, range=colours))


def _tooltip(values: Sequence[Any], trials: Sequence[TrialRecord], *, status: bool = True) -> list[Any]:
    """What is shown of a trial under the pointer.

    Args:
        values: Its values.
        trials: All trials.
        status: Whether its status is shown.
    """
    point = ["point:N"] if len(trials) <= MOST_TRIALS else []
    return ["trial:Q", *values, *(["status:N"] if status else []), *point]


def _status(trial: TrialRecord) -> str:
    return "complete" if trial.status == "repeated" else trial.status


def _value(trial: TrialRecord, at: int) -> float:
    return trial.values[at] if at < len(trial.values) else math.nan


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _named(trial: TrialRecord, trials: Sequence[TrialRecord]) -> dict[str, str]:
    """The values of a trial, unless there are too many trials for that."""
    return {"point": _point(trial)} if len(trials) <= MOST_TRIALS else {}


def _point(trial: TrialRecord) -> str:
    from kspec.sweep.result import point_text

    return point_text(trial.point)
