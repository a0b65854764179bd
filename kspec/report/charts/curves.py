"""Charts of a classifier of two classes: ROC, precision-recall, calibration, scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from kspec.report.chart import MOST_CURVE_POINTS, Chart, Table, diagonal, number, plot, records, specification
from kspec.report.numbers.binary import Calibration, Curves, thinned

Array = np.ndarray[Any, Any]
BINS = 30
TICKS = {"tickCount": 5}
"""An axis whose labels do not touch in a narrow chart."""
MOST_CURVES = 8
"""Of more classes, a chart shows the worst."""


def worst(curves: Mapping[str, Curves]) -> dict[str, Curves]:
    """Of many classes, the curves of those that are told apart worst, in their order.

    Args:
        curves: By name, each with both kinds of examples.
    """
    areas = {name: each.roc_area() for name, each in curves.items()}
    chosen = set(sorted(areas, key=areas.__getitem__)[:MOST_CURVES])
    return {name: each for name, each in curves.items() if name in chosen}


def roc_chart(curves: Mapping[str, Curves]) -> Chart:
    """The ROC curves of several classes, or of one.

    Args:
        curves: By name.
    """
    points = {name: each.roc() for name, each in curves.items()}
    text = ", ".join(f"{name}: area {number(each.roc_area())}" for name, each in curves.items())
    return _lines("ROC", text, points, "false positive rate", "true positive rate", chance=True)


def precision_recall_chart(curves: Mapping[str, Curves]) -> Chart:
    """The precision-recall curves of several classes, or of one.

    Args:
        curves: By name.
    """
    points = {name: tuple(reversed(each.precision_recall())) for name, each in curves.items()}
    text = ", ".join(f"{name}: average precision {number(each.average_precision())}" for name, each in curves.items())
    return _lines("Precision and recall", text, points, "recall", "precision", chance=False)


def _lines(title: str, text: str, points: Mapping[str, Any], x: str, y: str, *, chance: bool) -> Chart:
    """Curves from 0 to 1.

    Args:
        title: Of the chart.
        text: What one sees.
        points: By class, the values along both axes.
        x: The title of the axis.
        y: Likewise.
        chance: Whether the diagonal is what chance would give.
    """
    import altair as alt

    rows = []
    for name, (across, up) in points.items():
        for at in thinned(len(across), MOST_CURVE_POINTS // max(1, len(points) // 3)):
            rows.append({"class": name, "x": float(across[at]), "y": float(up[at]), "order": int(at)})
    unit = alt.Scale(domain=[0, 1])
    encoding: dict[str, Any] = {
        "x": alt.X("x:Q", title=x, scale=unit, axis=TICKS),
        "y": alt.Y("y:Q", title=y, scale=unit),
        "order": "order:Q",
        "tooltip": ["class:N", alt.Tooltip("x:Q", title=x, format=".3f"), alt.Tooltip("y:Q", title=y, format=".3f")],
    }
    if len(points) > 1:
        legend = alt.Legend(orient="top", columns=3)
        encoding["color"] = alt.Color("class:N", title=None, scale=alt.Scale(domain=list(points)), legend=legend)
    curve = plot(rows).mark_line().encode(**encoding)
    return Chart(title, text, specification(alt.layer(diagonal(), curve) if chance else curve))


def calibration_chart(found: Calibration, what: str) -> Chart:
    """How often predictions come true.

    Args:
        found: The calibration.
        what: What was predicted.
    """
    import altair as alt

    unit = alt.Scale(domain=[0, 1])
    base = plot(records(predicted=found.predicted, observed=found.observed, examples=found.counts)).encode(
        x=alt.X("predicted:Q", title=f"predicted probability of {what}", scale=unit, axis=TICKS),
        y=alt.Y("observed:Q", title="share that it is true of", scale=unit),
        tooltip=[alt.Tooltip("predicted:Q", format=".3f"), alt.Tooltip("observed:Q", format=".3f"), "examples:Q"],
    )
    points = base.mark_point(filled=True).encode(size=alt.Size("examples:Q", legend=None))
    rows = [[number(float(a)), number(float(b)), int(n)] for a, b, n in zip(*found, strict=True)]
    text = f"mean distance from the diagonal {number(found.expected_error())}"
    table = Table(("predicted", "observed", "examples"), rows)
    return Chart("Calibration", text, specification(alt.layer(diagonal(), base.mark_line(), points)), table)


def score_chart(scores: Array, actual: Array, names: tuple[str, str], threshold: float, kind: str) -> Chart:
    """How scores are distributed in each class.

    Args:
        scores: Shape (n,).
        actual: 0 or 1, shape (n,).
        names: Of the two classes.
        threshold: The score above which the second is predicted.
        kind: `probability` or `score`.
    """
    import altair as alt

    low, high = (0.0, 1.0) if kind == "probability" else (float(scores.min()), float(scores.max()))
    edges = np.linspace(low, high if high > low else low + 1, BINS + 1)
    values: list[dict[str, Any]] = []
    for place, name in enumerate(names):
        counts, _ = np.histogram(scores[actual == place], edges)
        values += records(start=edges[:-1], end=edges[1:], examples=counts, actual=[name] * BINS)
    legend = alt.Legend(orient="top", title="actual")
    bars = plot(values).mark_bar(opacity=0.6).encode(
        x=alt.X(
            "start:Q", bin="binned", title=kind, scale=alt.Scale(domain=[float(edges[0]), float(edges[-1])]), axis=TICKS
        ),
        x2="end:Q",
        y=alt.Y("examples:Q", title="examples", stack=None),
        color=alt.Color("actual:N", scale=alt.Scale(domain=list(names)), legend=legend),
        tooltip=["actual:N", alt.Tooltip("start:Q", format=".3g"), alt.Tooltip("end:Q", format=".3g"), "examples:Q"],
    )  # fmt: skip
    rule = plot([{"at": threshold}]).mark_rule(strokeDash=[4, 3], color="var(--ink)").encode(x="at:Q")
    text = f"the {kind} of each example by its actual class; the threshold is {number(threshold)}"
    return Chart("Scores", text, specification(alt.layer(bars, rule)))
