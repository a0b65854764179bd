"""The confusion matrix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kspec.report.chart import Chart, Table, plot, specification

Array = np.ndarray[Any, Any]
MOST_CLASSES = 40
"""Of more classes, the matrix shows those that are confused most."""
MOST_NUMBERED = 15
"""The most classes for which the cells show their counts."""
MOST_TABULATED = 12
CHOICES = {"counts": "count", "by row": "row", "by column": "column"}


def confusion_chart(matrix: Array, names: Sequence[str]) -> Chart:
    """The confusion matrix, as counts and as shares of its rows and columns.

    Args:
        matrix: Counts, shape (k, k): a row for each actual class.
        names: Of the classes.
    """
    import altair as alt

    shown = _shown(matrix)
    by_row = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    by_column = matrix / np.maximum(matrix.sum(axis=0, keepdims=True), 1)
    order = [names[each] for each in shown]
    cells = [
        {
            "actual": names[a],
            "predicted": names[p],
            "count": int(matrix[a, p]),
            "row": float(by_row[a, p]),
            "column": float(by_column[a, p]),
        }
        for a in shown
        for p in shown
    ]
    scale = alt.Scale(domain=order)
    parameter = alt.param(name="shown", value="count")
    share = "shown == 'column' ? datum.column : datum.row"
    cell = plot(cells).transform_calculate(
        share=share, text=f"shown == 'count' ? format(datum.count, ',') : format({share}, '.0%')"
    )
    base = cell.encode(
        x=alt.X("predicted:N", title="predicted", axis=alt.Axis(labelAngle=-40 if len(order) > 4 else 0), scale=scale),
        y=alt.Y("actual:N", title="actual", scale=scale),
        tooltip=[
            "actual:N",
            "predicted:N",
            "count:Q",
            alt.Tooltip("row:Q", title="of the actual", format=".1%"),
            alt.Tooltip("column:Q", title="of the predicted", format=".1%"),
        ],
    )
    shade = alt.Opacity("share:Q", scale=alt.Scale(domain=[0, 1], range=[0.04, 0.95]), legend=None)
    layers = [base.mark_rect(color="var(--series-1)").encode(opacity=shade)]
    if len(order) <= MOST_NUMBERED:
        ink = alt.condition("datum.share > 0.5", alt.value("var(--on-series)"), alt.value("var(--ink)"))
        layers.append(base.mark_text(fontSize=13).encode(text="text:N", color=ink))
    text = f"{int(np.diagonal(matrix).sum()):,} of {int(matrix.sum()):,} are right"
    if len(order) < len(names):
        text += f"; the {len(order)} of {len(names)} classes that are confused most"
    height = max(200, min(720, 34 * len(order) + 60))
    table = _table(matrix, by_row, by_column, order) if len(names) <= MOST_TABULATED else None
    chart = specification(alt.layer(*layers).add_params(parameter), height=height)
    is_wide = len(order) > MOST_TABULATED
    return Chart("Confusion", text, chart, table, is_wide=is_wide, choices=CHOICES)


def _shown(matrix: Array) -> list[int]:
    """The classes to show, in their order."""
    if len(matrix) <= MOST_CLASSES:
        return list(range(len(matrix)))
    wrong = matrix.sum(axis=0) + matrix.sum(axis=1) - 2 * np.diagonal(matrix)
    return sorted(np.argsort(-wrong, kind="stable")[:MOST_CLASSES].tolist())


def _table(matrix: Array, by_row: Array, by_column: Array, order: Sequence[str]) -> Table:
    """The counts, each with its shares.

    Args:
        matrix: Counts, shape (k, k).
        by_row: Shares of the rows.
        by_column: Shares of the columns.
        order: The names of the classes.
    """
    rows = [
        [name, *(f"{matrix[a, p]:,} ({by_row[a, p]:.1%}, {by_column[a, p]:.1%})" for p in range(len(order)))]
        for a, name in enumerate(order)
    ]
    note = "In brackets: the share of the actual class, and of the predicted one."
    return Table(("actual", *(f"predicted {name}" for name in order)), rows, note)
