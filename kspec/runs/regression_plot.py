"""The plot of a regression: predicted values against actual ones."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from kspec.runs.plots import FAINT, SOFT, TRAIN, VALIDATION, figure

Array = np.ndarray[Any, Any]

MAX_PANELS = 9
"""The most values of an example that have a panel."""
MAX_POINTS = 2_000
"""The most examples that are drawn as points; more are drawn as a density."""


class Pairs(NamedTuple):
    """Actual and predicted values of a regression.

    Args:
        actual: Shape (n,).
        predicted: Shape (n,).
    """

    actual: Array
    predicted: Array

    def errors(self) -> str:
        """The mean absolute error, and the share of the variance that the predictions explain."""
        residuals = self.predicted - self.actual
        text = f"MAE {np.abs(residuals).mean():.4g}"
        variance = float(((self.actual - self.actual.mean()) ** 2).sum())
        return f"{text}, R² {1 - float((residuals**2).sum()) / variance:.3f}" if variance > 0 else text


def regression_plot(pairs: Mapping[str, Pairs], path: Path, title: str) -> None:
    """Draws predicted against actual values, a panel for each output or column; on the diagonal both are equal.

    Args:
        pairs: By the name of the panel; the first nine are drawn.
        path: The file to write; its suffix decides the format.
        title: Which examples are drawn.
    """
    shown = dict(list(pairs.items())[:MAX_PANELS])
    columns = min(3, len(shown))
    rows = math.ceil(len(shown) / columns)
    with figure(path, 3.4 * columns, 3.4 * rows + 0.3) as canvas:
        canvas.suptitle(title, x=0.01, ha="left", fontsize=9, color=SOFT)
        for number, (name, pair) in enumerate(shown.items()):
            _draw(canvas.add_subplot(rows, columns, number + 1), name, pair)


def _draw(axes: Any, name: str, pair: Pairs) -> None:
    finite = np.isfinite(pair.actual) & np.isfinite(pair.predicted)
    pair = Pairs(pair.actual[finite].astype("float64"), pair.predicted[finite].astype("float64"))
    axes.set_title(name)
    axes.set_xlabel("actual")
    axes.set_ylabel("predicted")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color=FAINT, linewidth=0.8)
    axes.set_axisbelow(True)
    if not len(pair.actual):
        axes.text(0.5, 0.5, "no finite values", transform=axes.transAxes, ha="center", color=SOFT)
        return
    low, high = min(map(np.min, pair)), max(map(np.max, pair))
    margin = 0.05 * (high - low) or 1.0
    limits = low - margin, high + margin
    axes.plot(limits, limits, color=VALIDATION, linewidth=1.0)
    if len(pair.actual) <= MAX_POINTS:
        axes.scatter(*pair, s=12, color=TRAIN, alpha=0.7, linewidths=0)
    else:
        axes.hexbin(*pair, gridsize=60, extent=(*limits, *limits), bins="log", mincnt=1, cmap="Blues", linewidths=0)
    axes.set(xlim=limits, ylim=limits, aspect="equal")
    axes.text(0.03, 0.97, pair.errors(), transform=axes.transAxes, ha="left", va="top", fontsize=8.5, color=SOFT)
