"""By how much runs differ in a metric, with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kspec.report.chart import Chart, plot, specification
from kspec.report.numbers.paired import MORE_IS_BETTER, PairedMetric

MOST_RUNS = 60


def difference_chart(
    name: str, metric: str, found: Mapping[tuple[str, str], PairedMetric], references: Sequence[str]
) -> Chart:
    """The difference of each run from another, which the reader chooses, on the examples that both predicted.

    Args:
        name: What the metric is called.
        metric: The metric.
        found: By run and the run that it is compared with, what was found.
        references: The runs that others are compared with; the first is shown.
    """
    import altair as alt

    rows = [
        {
            "run": run, "reference": reference, "difference": each.difference.value,
            "low": each.difference.interval[0], "high": each.difference.interval[1],
            "better": f"{better_share(each):.1%}", "examples": each.examples,
        }
        for (run, reference), each in list(found.items())[: MOST_RUNS * len(references)]
    ]  # fmt: skip
    run = alt.Y("run:N", title=None, sort=None, axis=alt.Axis(labelLimit=140))
    tooltip = [
        "run:N", alt.Tooltip("difference:Q", format="+.4g"), alt.Tooltip("low:Q", format="+.4g"),
        alt.Tooltip("high:Q", format="+.4g"), alt.Tooltip("better:N", title="better on"), "examples:Q",
    ]  # fmt: skip
    parameter = alt.param(name="reference", value=references[0])
    base = plot(rows).transform_filter("datum.reference === reference").encode(y=run, tooltip=tooltip)
    lines = base.mark_rule(strokeWidth=2, color="var(--series-1)").encode(x=alt.X("low:Q"), x2="high:Q")
    points = base.mark_point(filled=True, size=60, opacity=1).encode(
        x=alt.X("difference:Q", title=f"difference in {name}", scale=alt.Scale(zero=True))
    )
    zero = plot([{"x": 0}]).mark_rule(strokeDash=[4, 3], color="var(--soft)").encode(x="x:Q")
    side = "right" if metric in MORE_IS_BETTER else "left"
    other = references[0] if len(references) == 1 else "the run that they are compared with"
    text = f"points to the {side} of the dashed line are better than {other}; lines hold 95% of the resamples"
    height = max(80, min(1200, 24 * len({row["run"] for row in rows}) + 30))
    chart = alt.layer(zero, lines, points).add_params(parameter)
    return Chart(f"Difference in {name}", text, specification(chart, height=height))


def better_share(each: PairedMetric) -> float:
    """On which share of the resamples a run is better."""
    return each.difference.wins / each.difference.resamples
