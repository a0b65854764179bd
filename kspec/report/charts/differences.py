"""By how much runs differ in a metric, with intervals."""

from __future__ import annotations

from collections.abc import Mapping

from kspec.report.chart import Chart, plot, specification
from kspec.report.numbers.paired import MORE_IS_BETTER, PairedMetric

MOST_RUNS = 60


def difference_chart(metric: str, found: Mapping[str, PairedMetric], reference: str) -> Chart:
    """The difference of each run from another, on the examples that both predicted.

    Args:
        metric: The metric.
        found: By run, what was found.
        reference: The run that they are compared with.
    """
    import altair as alt

    rows = [
        {
            "run": run, "difference": each.difference.value, "low": each.difference.interval[0],
            "high": each.difference.interval[1], "better": f"{better_share(each):.1%}", "examples": each.examples,
        }
        for run, each in list(found.items())[:MOST_RUNS]
    ]  # fmt: skip
    order = list(found)[:MOST_RUNS]
    run = alt.Y("run:N", title=None, sort=None, scale=alt.Scale(domain=order), axis=alt.Axis(labelLimit=180))
    tooltip = [
        "run:N", alt.Tooltip("difference:Q", format="+.4g"), alt.Tooltip("low:Q", format="+.4g"),
        alt.Tooltip("high:Q", format="+.4g"), alt.Tooltip("better:N", title="better on"), "examples:Q",
    ]  # fmt: skip
    base = plot(rows).encode(y=run, tooltip=tooltip)
    lines = base.mark_rule(strokeWidth=2, color="var(--series-1)").encode(x=alt.X("low:Q"), x2="high:Q")
    points = base.mark_point(filled=True, size=60, opacity=1).encode(
        x=alt.X("difference:Q", title=f"difference in {metric}", scale=alt.Scale(zero=True))
    )
    zero = plot([{"x": 0}]).mark_rule(strokeDash=[4, 3], color="var(--soft)").encode(x="x:Q")
    side = "right" if metric in MORE_IS_BETTER else "left"
    text = f"points to the {side} of the dashed line are better than {reference}; lines hold 95% of the resamples"
    height = max(80, min(1200, 24 * len(rows) + 30))
    return Chart(f"Difference in {metric}", text, specification(alt.layer(zero, lines, points), height=height))


def better_share(each: PairedMetric) -> float:
    """On which share of the resamples a run is better."""
    return each.difference.wins / each.difference.resamples
