"""The metrics of folds or repeats, one point for each."""

from __future__ import annotations

from collections.abc import Mapping

from kspec.report.chart import Chart, number, plot, specification
from kspec.runs.spread import Spread


def member_chart(metric: str, spread: Spread, names: Mapping[str, float]) -> Chart:
    """A metric of each member, with their mean and deviation.

    Args:
        metric: The metric.
        spread: Its mean and deviation.
        names: By member, its value.
    """
    import altair as alt

    order = list(names)
    rows = [{"member": name, "value": value} for name, value in names.items()]
    y = alt.Y("value:Q", title=None, scale=alt.Scale(zero=False))
    points = plot(rows).mark_point(filled=True, size=70, opacity=1).encode(
        x=alt.X("member:N", title=None, scale=alt.Scale(domain=order), axis=alt.Axis(labelAngle=-40)),
        y=y,
        tooltip=["member:N", alt.Tooltip("value:Q", format=".5g")],
    )  # fmt: skip
    layers = [points]
    mean = plot([{"value": spread.mean}]).mark_rule(strokeDash=[4, 3], color="var(--ink)").encode(y=y)
    text = f"mean {number(spread.mean)}"
    if spread.deviation is not None:
        ends = [{"value": spread.mean - spread.deviation, "high": spread.mean + spread.deviation}]
        band = plot(ends).mark_rect(opacity=0.18, color="var(--series-1)").encode(y=y, y2="high:Q")
        layers = [band, mean, points]
        text += f", standard deviation {number(spread.deviation, 2)}"
    if spread.interval is not None:
        text += f"; the mean of many such runs lies between {number(spread.interval[0])} and "
        text += f"{number(spread.interval[1])} with 95% confidence"
    return Chart(metric.replace("_", " "), text, specification(alt.layer(*layers), height=200))
