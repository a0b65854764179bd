"""Forecasts of a series, beside the naive ones."""

from __future__ import annotations

import numpy as np

from kspec.report.charts.forecast import forecast_chart, step_chart
from kspec.report.numbers.forecast import Forecasts
from kspec.report.predictions import Predictions
from kspec.report.run_facts import RunFacts
from kspec.report.section import Section

MOST_SERIES = 4
MOST_VALUES = 4


def forecast_section(facts: RunFacts, own: Predictions) -> Section | None:
    """Forecasts against time, and their error by step; None where the output forecasts no series.

    Args:
        facts: What is known of the run.
        own: The predictions of one of its outputs.
    """
    spec, table = facts.spec, facts.table
    if spec is None or table is None or own.lines is None or own.kind != "regression" or "step" not in table.columns:
        return None
    window = spec.document.data.window if spec.document.data is not None else None
    if window is None:
        return None
    time, by = window.time or "time", window.by or "series"
    count = len(next(iter(table.columns.values())))
    series = table.texts(by) if by in table.columns else np.full(count, "", object)
    try:
        times = table.numbers(time) if time in table.columns else table.numbers("row")
    except ValueError:
        times = table.texts(time)
    steps = table.numbers("step")
    charts = []
    for at, name in enumerate(own.names[:MOST_VALUES]):
        forecasts = Forecasts(
            series[own.lines].astype(str),
            times[own.lines],
            steps[own.lines].astype("int64"),
            own.values[:, at],
            own.actual[:, at],
        )
        naive = forecasts.naive()
        for place in np.unique(forecasts.series)[:MOST_SERIES]:
            charts.append(forecast_chart(forecasts, naive, str(place), name))
        if len(np.unique(forecasts.steps)) > 1:
            charts.append(step_chart(forecasts, naive))
    note = "The naive forecast is the last value that was known; it is drawn where that is in the table of predictions."
    return Section(f"forecast-{own.output}", f"{own.output}: forecasts", [note], {}, charts)
