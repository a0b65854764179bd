"""Charts of a regression."""

from __future__ import annotations

from typing import Any

import numpy as np

from kspec.report.chart import MOST_POINTS, Chart, diagonal, number, plot, records, specification

Array = np.ndarray[Any, Any]
_ZERO = {"strokeDash": [4, 3], "color": "var(--soft)"}


def actual_chart(actual: Array, predicted: Array, rows: Array, name: str) -> Chart:
    """Predicted against actual values.

    Args:
        actual: Shape (n,), at most `MOST_POINTS`.
        predicted: Likewise.
        rows: The row of each in the data.
        name: Of the value.
    """
    import altair as alt

    low, high = float(min(actual.min(), predicted.min())), float(max(actual.max(), predicted.max()))
    scale = alt.Scale(domain=[low, high if high > low else low + 1], nice=True, zero=False)
    points = plot(records(actual=actual, predicted=predicted, row=rows)).mark_circle(size=24, opacity=_opacity(actual))
    points = points.encode(
        x=alt.X("actual:Q", title=f"actual {name}", scale=scale),
        y=alt.Y("predicted:Q", title="predicted", scale=scale),
        tooltip=["row:Q", alt.Tooltip("actual:Q", format=".5g"), alt.Tooltip("predicted:Q", format=".5g")],
    )
    text = f"{len(actual):,} examples; the closer to the diagonal, the better"
    return Chart(f"{name}: predicted and actual", text, specification(alt.layer(diagonal(low, high), points)))


def residual_chart(actual: Array, predicted: Array, rows: Array, name: str) -> Chart:
    """Residuals (predicted - actual) against predictions.

    Args:
        actual: Shape (n,), at most `MOST_POINTS`.
        predicted: Likewise.
        rows: The row of each in the data.
        name: Of the value.
    """
    import altair as alt

    residual = predicted - actual
    values = records(predicted=predicted, residual=residual, row=rows)
    points = plot(values).mark_circle(size=24, opacity=_opacity(actual)).encode(
        x=alt.X("predicted:Q", title="predicted", scale=alt.Scale(zero=False)),
        y=alt.Y("residual:Q", title="predicted - actual"),
        tooltip=["row:Q", alt.Tooltip("predicted:Q", format=".5g"), alt.Tooltip("residual:Q", format=".5g")],
    )  # fmt: skip
    zero = plot([{"y": 0}]).mark_rule(**_ZERO).encode(y="y:Q")
    text = f"mean residual {number(float(residual.mean()))}; a pattern around zero is what the network has not learned"
    return Chart(f"{name}: residuals", text, specification(alt.layer(zero, points)))


def error_chart(actual: Array, predicted: Array, name: str) -> Chart:
    """How residuals are distributed.

    Args:
        actual: Shape (n,).
        predicted: Shape (n,).
        name: Of the value.
    """
    import altair as alt

    residual = predicted - actual
    counts, edges = np.histogram(residual, min(40, max(5, len(residual) // 10)))
    values = records(start=edges[:-1], end=edges[1:], examples=counts)
    bars = plot(values).mark_bar(color="var(--series-1)").encode(
        x=alt.X("start:Q", bin="binned", title="predicted - actual", scale=alt.Scale(zero=False)),
        x2="end:Q",
        y=alt.Y("examples:Q", title="examples"),
        tooltip=[alt.Tooltip("start:Q", format=".4g"), alt.Tooltip("end:Q", format=".4g"), "examples:Q"],
    )  # fmt: skip
    low, high = np.quantile(residual, [0.05, 0.95])
    text = f"nine of ten residuals lie between {number(float(low))} and {number(float(high))}"
    return Chart(f"{name}: distribution of residuals", text, specification(bars))


def _opacity(values: Array) -> float:
    return 0.7 if len(values) <= MOST_POINTS // 5 else 0.35
