"""The curves of several runs in one chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kspec.analysis.monitor import VALIDATION_PREFIX
from kspec.report.chart import MOST_CURVE_POINTS, Chart, plot, records, specification
from kspec.report.charts.training import NOT_METRICS, PARTS, RATES, History, epoch_ticks
from kspec.report.numbers.binary import thinned

MOST_COLOURS = 8
"""Of more runs, all but the best are grey."""
MOST_POINTS = 6_000
"""Of all curves of all charts together: a page stays below 2 MB."""
FEWEST_POINTS = 8
"""Of a curve."""
MOST_CHARTS = 12


def overlay_charts(histories: Mapping[str, History], best: str | None = None) -> list[Chart]:
    """A chart for each loss and metric, with a curve for each run.

    Args:
        histories: By run, a row for each epoch.
        best: The run that is emphasised among many.
    """
    known = {name: history for name, history in histories.items() if history}
    columns = dict.fromkeys(name for history in known.values() for row in history for name in row)
    names = dict.fromkeys(name.removeprefix(VALIDATION_PREFIX) for name in columns if name not in NOT_METRICS)
    ordered = sorted(names, key=lambda name: name != "loss")
    shown = ordered[:MOST_CHARTS]
    return [_chart(name, known, best, MOST_POINTS // len(shown)) for name in shown]


def _chart(name: str, histories: Mapping[str, History], best: str | None, most: int) -> Chart:
    """The curves of a loss or metric.

    Args:
        name: The loss or metric.
        histories: By run, a row for each epoch.
        best: The run that is emphasised among many.
        most: How many points all curves have together.
    """
    import altair as alt

    is_coloured = len(histories) <= MOST_COLOURS
    keys = {PARTS[0]: name, PARTS[1]: f"{VALIDATION_PREFIX}{name}"}
    if not is_coloured and any(keys[PARTS[1]] in row for history in histories.values() for row in history):
        keys = {PARTS[1]: keys[PARTS[1]]}  # one curve for each of many runs
    lines = _lines(keys, histories, most)
    columns = {key: [each[key] for each in lines] for key in ("run", "epoch", "part", "value")}
    dash = alt.StrokeDash("part:N", scale=alt.Scale(domain=PARTS, range=[[4, 3], [1, 0]]), legend=None)
    encoding: dict[str, Any] = {
        "x": alt.X("epoch:Q", title="epoch", axis=epoch_ticks(max(map(len, histories.values())))),
        "y": alt.Y("value:Q", title=None, scale=alt.Scale(zero=False), axis=alt.Axis(format="~g")),
        "detail": ["run:N", "part:N"],
        "tooltip": ["run:N", "part:N", "epoch:Q", alt.Tooltip("value:Q", format=".5g")],
    }
    base = plot(records(**columns))
    if is_coloured:
        legend = alt.Legend(orient="top", columns=2, labelLimit=260)
        colour = alt.Color("run:N", title=None, scale=alt.Scale(domain=list(histories)), legend=legend)
        encoding |= {"color": colour, **({"strokeDash": dash} if len(keys) > 1 else {})}
        chart = alt.layer(base.mark_line(point=_is_single(histories)).encode(**encoding))
    else:
        rest = base.mark_line(strokeWidth=1, opacity=0.45, color="var(--soft)").encode(**encoding)
        own = [line for line in lines if line["run"] == best]
        strong = plot(records(**{key: [each[key] for each in own] for key in columns}))
        chart = alt.layer(rest, *([strong.mark_line(strokeWidth=3).encode(**encoding)] if own else []))
    part = f" ({next(iter(keys))})" if len(keys) == 1 and not is_coloured else ""
    text = f"{name}{part} of {len(histories)} runs by epoch"
    if not is_coloured and best is not None:
        text += f"; the thick line is {best}"
    elif len(keys) > 1:
        text += "; dashed lines are those of the training split"
    has_log_scale = (name.endswith("loss") or name in RATES) and all(each["value"] > 0 for each in lines)
    return Chart(name.replace("_", " "), text, specification(chart, height=220), has_log_scale=has_log_scale)


def _lines(keys: Mapping[str, str], histories: Mapping[str, History], most: int) -> list[dict[str, Any]]:
    """The points of all curves.

    Args:
        keys: By part of the data, the column of the histories.
        histories: By run, a row for each epoch.
        most: How many points there are.
    """
    each = max(FEWEST_POINTS, min(MOST_CURVE_POINTS, most // max(1, len(histories) * len(keys))))
    return [
        {"run": run, "epoch": history[at]["epoch"], "part": part, "value": _rounded(history[at][key])}
        for run, history in histories.items()
        for part, key in keys.items()
        for at in thinned(len(history), each)
        if key in history[at]
    ]


def _rounded(value: float) -> float:
    """A value with six digits: more are no pixels."""
    return float(f"{value:.6g}")


def _is_single(histories: Mapping[str, Sequence[Any]]) -> bool:
    return all(len(history) == 1 for history in histories.values())
