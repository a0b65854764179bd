"""Charts of an explanation: importance and dependence of columns, slices, residuals along columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from kspec.report.chart import Chart, Table, number, plot, records, specification

_SOFT = {"strokeDash": [4, 3], "color": "var(--soft)"}
_BAR = 20
"""The height of a row, in pixels."""


class Row(NamedTuple):
    """A value with its interval, which may be unknown.

    Args:
        name: What it is of.
        value: The value.
        low: Where its interval begins.
        high: Where it ends.
        note: What is to be known of it.
    """

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    note: str = ""


class Line(NamedTuple):
    """A curve within a band, by the values of a column.

    Args:
        name: Of the curve.
        grid: The values, numbers or texts.
        middle: The curve.
        low: The lower edge of the band.
        high: The upper edge.
    """

    name: str
    grid: Sequence[Any]
    middle: Sequence[float | None]
    low: Sequence[float | None]
    high: Sequence[float | None]


def interval_chart(title: str, text: str, rows: Sequence[Row], axis: str, reference: float, heading: str) -> Chart:
    """Values with their intervals, one below the other.

    Args:
        title: Of the chart.
        text: What one sees.
        rows: The values, in their order.
        axis: The title of the axis.
        reference: Where a line marks what they are compared with.
        heading: What the rows are.
    """
    import altair as alt

    names = [row.name for row in rows]
    base = plot(records(**{key: [getattr(row, key) for row in rows] for key in Row._fields})).encode(
        y=alt.Y("name:N", sort=names, title=None, axis=alt.Axis(labelLimit=220)),
        tooltip=["name:N", *(alt.Tooltip(f"{key}:Q", format=".4g") for key in ("value", "low", "high")), "note:N"],
    )
    across = alt.X("value:Q", title=axis, scale=alt.Scale(zero=False))
    layers = [
        plot([{"at": reference}]).mark_rule(**_SOFT).encode(x="at:Q"),
        base.transform_filter("isValid(datum.low)").mark_rule(strokeWidth=2, color="var(--series-1)").encode(
            x=alt.X("low:Q", title=axis), x2="high:Q"
        ),
        base.mark_point(filled=True, size=60, color="var(--series-1)", opacity=1).encode(x=across),
    ]  # fmt: skip
    table = Table(
        (heading, axis, "from", "to", ""),
        [[row.name, number(row.value), number(row.low), number(row.high), row.note] for row in rows],
    )
    height = max(90, _BAR * len(rows) + 30)
    return Chart(title, text, specification(alt.layer(*layers), height=height), table, is_wide=len(rows) > _BAR)


def band_chart(
    title: str,
    text: str,
    lines: Sequence[Line],
    axes: tuple[str, str],
    deciles: Sequence[float | None] = (),
    *,
    zero: bool = False,
    order: Sequence[str] = (),
) -> Chart:
    """Curves within bands along a column: lines for numbers, points for categories.

    Args:
        title: Of the chart.
        text: What one sees.
        lines: The curves.
        axes: The titles of both axes.
        deciles: The deciles of the column, drawn below; none for categories.
        zero: Whether a line marks zero.
        order: The categories, in their order; empty for numbers.
    """
    import altair as alt

    values: list[dict[str, Any]] = []
    for line in lines:
        count = len(line.grid)
        values += records(x=line.grid, middle=line.middle, low=line.low, high=line.high, of=[line.name] * count)
    kind = "N" if order else "Q"
    scale = alt.Undefined if order else alt.Scale(zero=False)
    color = alt.Color("of:N", title=None, scale=alt.Scale(domain=[line.name for line in lines]),
                      legend=alt.Legend(orient="top") if len(lines) > 1 else None)  # fmt: skip
    across = alt.X(f"x:{kind}", title=axes[0], sort=list(order) if order else "ascending", scale=scale)
    shown = [alt.Tooltip(f"x:{kind}", title=axes[0]), "of:N"]
    shown += [alt.Tooltip(f"{key}:Q", format=".4g") for key in ("middle", "low", "high")]
    base = plot(values).encode(x=across, color=color, tooltip=shown)
    up = alt.Y("middle:Q", title=axes[1], scale=alt.Scale(zero=False))
    edges = {"y": alt.Y("low:Q", title=axes[1], scale=alt.Scale(zero=False)), "y2": "high:Q"}
    layers = [plot([{"y": 0}]).mark_rule(**_SOFT).encode(y="y:Q")] if zero else []
    if order:
        offset = {"xOffset": "of:N"} if len(lines) > 1 else {}
        layers.append(base.mark_rule(strokeWidth=2).encode(**edges, **offset))
        layers.append(base.mark_point(filled=True, size=60, opacity=1).encode(y=up, **offset))
    else:
        if len(lines) == 1:  # the bands of several would hide each other; the table has them
            layers.append(base.mark_area(opacity=0.25).encode(**edges))
        layers.append(base.mark_line(point={"size": 18}).encode(y=up))
    if deciles:
        within = [each for each in deciles if each is not None and line_reach(lines[0], each)]
        ticks = plot([{"decile": each} for each in within]).mark_tick(color="var(--soft)", thickness=1, size=10)
        layers.append(ticks.encode(x="decile:Q", y=alt.value(232), tooltip=["decile:Q"]))
    rows = [
        [value if isinstance(value, str) else number(value), line.name, number(middle), number(low), number(high)]
        for line in lines
        for value, middle, low, high in zip(line.grid, line.middle, line.low, line.high, strict=True)
    ]
    return Chart(title, text, specification(alt.layer(*layers)), Table((axes[0], "", axes[1], "from", "to"), rows))


def line_reach(line: Line, value: float) -> bool:
    """Whether a value lies within those of a line."""
    return bool(min(line.grid) <= value <= max(line.grid))
