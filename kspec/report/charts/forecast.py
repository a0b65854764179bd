"""Charts of forecasts."""

from __future__ import annotations

from typing import Any

import numpy as np

from kspec.report.chart import MOST_POINTS, Chart, Table, number, plot, records, specification
from kspec.report.numbers.binary import thinned
from kspec.report.numbers.forecast import Forecasts

Array = np.ndarray[Any, Any]
LINES = ["actual", "forecast", "naive"]


def forecast_chart(own: Forecasts, naive: Array, series: str, unit: str) -> Chart:
    """The forecasts of one step ahead against time, beside the actual values and the naive forecast.

    Args:
        own: The forecasts.
        naive: The naive ones, shape (n,).
        series: The series to show.
        unit: The name of the value.
    """
    import altair as alt

    shown = np.flatnonzero((own.series == series) & (own.steps == own.steps.min()))
    shown = shown[np.argsort(own.times[shown], kind="stable")]
    shown = shown[thinned(len(shown), MOST_POINTS // len(LINES))]
    values: list[dict[str, Any]] = []
    for line, numbers in zip(LINES, (own.actual, own.predicted, naive), strict=True):
        values += records(time=own.times[shown], value=numbers[shown], line=[line] * len(shown))
    kind, across = "T", alt.X("time:T", title=None)
    if own.times.dtype.kind not in "OU":  # years, or the number of the row
        kind, across = "Q", alt.X("time:Q", title=None, axis=alt.Axis(format="d"), scale=alt.Scale(zero=False))
    chart = plot(values).mark_line().encode(
        x=across,
        y=alt.Y("value:Q", title=unit, scale=alt.Scale(zero=False)),
        color=alt.Color("line:N", title=None, scale=alt.Scale(domain=LINES), legend=alt.Legend(orient="top")),
        tooltip=["line:N", alt.Tooltip(f"time:{kind}"), alt.Tooltip("value:Q", format=".5g")],
    )  # fmt: skip
    error = float(np.abs(own.predicted[shown] - own.actual[shown]).mean())
    text = f"one step ahead: mean absolute error {number(error)}"
    known = np.isfinite(naive[shown])
    if known.any():
        other = float(np.abs(naive[shown] - own.actual[shown])[known].mean())
        text += f", of the naive forecast {number(other)}"
    return Chart(f"Forecast{f' of {series}' if series else ''}", text, specification(chart, height=280), is_wide=True)


def step_chart(own: Forecasts, naive: Array) -> Chart:
    """The error of each step of the horizon.

    Args:
        own: The forecasts.
        naive: The naive ones, shape (n,).
    """
    import altair as alt

    legend = alt.Legend(orient="top", values=LINES[1:])
    values: list[dict[str, Any]] = []
    columns: dict[str, dict[int, float]] = {}
    for line, forecast in zip(LINES[1:], (own.predicted, naive), strict=True):
        steps, errors = own.error_by_step(forecast)
        values += records(step=steps, error=errors, line=[line] * len(steps))
        columns[line] = dict(zip(steps.tolist(), errors.tolist(), strict=True))
    chart = plot(values).mark_line(point=True).encode(
        x=alt.X("step:Q", title="rows ahead", axis=alt.Axis(tickMinStep=1, format="d")),
        y=alt.Y("error:Q", title="mean absolute error"),
        color=alt.Color("line:N", title=None, scale=alt.Scale(domain=LINES), legend=legend),
        tooltip=["line:N", "step:Q", alt.Tooltip("error:Q", format=".5g")],
    )  # fmt: skip
    rows = [[step, *(number(columns[line].get(step)) for line in columns)] for step in columns["forecast"]]
    text = "how the error grows with the distance"
    return Chart("Error by step", text, specification(chart), Table(("rows ahead", *columns), rows))
