"""Losses and metrics by epoch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from kspec.analysis.monitor import VALIDATION_PREFIX
from kspec.report.chart import MOST_CURVE_POINTS, Chart, Table, number, plot, records, specification
from kspec.report.numbers.binary import thinned

History = Sequence[dict[str, float]]
NOT_METRICS = ("epoch", "stage")
RATES = ("learning_rate", "lr")
PARTS = ["training", "validation"]


def training_charts(history: History, kept: int | None) -> list[Chart]:
    """A chart for each loss and metric, training and validation in one.

    Args:
        history: A row for each epoch.
        kept: The epoch whose weights the model has; None to mark none.
    """
    names = dict.fromkeys(n.removeprefix(VALIDATION_PREFIX) for row in history for n in row if n not in NOT_METRICS)
    ordered = sorted(names, key=lambda name: (name != "loss", name in RATES))
    return [_chart(name, history, kept) for name in ordered if _is_known(name, history)]


def _is_known(name: str, history: History) -> bool:
    """Whether a loss or metric was a number in any epoch."""
    values = (row.get(key) for row in history for key in (name, f"{VALIDATION_PREFIX}{name}"))
    return any(value is not None and math.isfinite(value) for value in values)


def epoch_ticks(epochs: int) -> dict[str, Any]:
    """An axis of epochs, with a label for whole numbers alone."""
    return {"tickCount": max(1, min(10, epochs - 1)), "tickMinStep": 1, "format": "d"}


def _chart(name: str, history: History, kept: int | None) -> Chart:
    import altair as alt

    shown = [history[at] for at in thinned(len(history), MOST_CURVE_POINTS)]
    keys = {"training": name, "validation": f"{VALIDATION_PREFIX}{name}"}
    lines = [
        {"epoch": row["epoch"], "part": part, "value": row[key]}
        for part, key in keys.items() for row in shown if key in row
    ]  # fmt: skip
    columns = {key: [each[key] for each in lines] for key in ("epoch", "part", "value")}
    base = plot(records(**columns))
    curve = base.mark_line(point=len(shown) == 1).encode(
        x=alt.X("epoch:Q", title="epoch", axis=epoch_ticks(len(history))),
        y=alt.Y("value:Q", title=None, scale=alt.Scale(zero=False), axis=alt.Axis(format="~g")),
        color=alt.Color("part:N", title=None, scale=alt.Scale(domain=PARTS), legend=alt.Legend(orient="top")),
        tooltip=["part:N", "epoch:Q", alt.Tooltip("value:Q", format=".5g")],
    )
    layers = [curve]
    stages = [after["epoch"] - 0.5 for before, after in pairwise(history) if before.get("stage") != after.get("stage")]
    for epochs, dash in (([kept] if kept is not None else [], [4, 3]), (stages, [1, 0])):
        if epochs:
            rule = plot([{"epoch": epoch} for epoch in epochs])
            layers.append(rule.mark_rule(strokeDash=dash, color="var(--soft)").encode(x="epoch:Q"))
    text = [f"{name} over {len(history)} epoch{'s' * (len(history) != 1)}"]
    for part, key in keys.items():
        own = [row for row in history if key in row]
        if own:
            text.append(f"{part} from {number(own[0][key])} to {number(own[-1][key])}")
    if kept is not None:
        text.append(f"epoch {kept} is kept")
    rows = [[row["epoch"], *(number(row.get(key)) for key in keys.values())] for row in shown]
    is_loss = name.endswith("loss") or name in RATES
    positive = all(each["value"] > 0 for each in lines)
    return Chart(
        name.replace("_", " "), "; ".join(text), specification(alt.layer(*layers), height=200),
        Table(("epoch", *PARTS), rows), has_log_scale=is_loss and positive,
    )  # fmt: skip
