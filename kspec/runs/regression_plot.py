"""The plot of a regression: predicted values against actual ones."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from kspec.runs.plots import FAINT, SOFT, TRAIN, VALIDATION, figure

Array = np.ndarray[Any, Any]

MAX_PANELS = 9
"""The most values of an example that have a panel."""
MAX_POINTS = 2_000
"""The most examples that are drawn as points; more are drawn as a density."""
GRID = 60
"""The hexagons of a density from left to right."""
PIECE = 1 << 18
"""The examples that are looked at together."""


class Pairs(NamedTuple):
    """Actual and predicted values of a regression.

    Args:
        actual: Shape (n,).
        predicted: Shape (n,).
    """

    actual: Array
    predicted: Array

    def finite(self) -> Iterator[Pairs]:
        """The pairs of finite values, as float64, piece by piece."""
        for start in range(0, len(self.actual), PIECE):
            actual, predicted = (values[start : start + PIECE] for values in self)
            both = np.isfinite(actual) & np.isfinite(predicted)
            if both.any():
                yield Pairs(actual[both].astype("float64"), predicted[both].astype("float64"))

    def errors(self) -> str:
        """The mean absolute error, and the share of the variance that the predictions explain, of finite values."""
        sums = [(len(a), a.sum(), np.abs(p - a).sum(), ((p - a) ** 2).sum()) for a, p in self.finite()]
        count, total, absolute, squares = map(sum, zip(*sums, strict=True))
        mean, text = total / count, f"MAE {absolute / count:.4g}"
        variance = float(sum(((actual - mean) ** 2).sum() for actual, _ in self.finite()))
        return f"{text}, R² {1 - float(squares) / variance:.3f}" if variance > 0 else text


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
    axes.set_title(name)
    axes.set_xlabel("actual")
    axes.set_ylabel("predicted")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color=FAINT, linewidth=0.8)
    axes.set_axisbelow(True)
    ranges = [(len(each.actual), np.minimum(*each).min(), np.maximum(*each).max()) for each in pair.finite()]
    if not ranges:
        axes.text(0.5, 0.5, "no finite values", transform=axes.transAxes, ha="center", color=SOFT)
        return
    counts, lows, highs = zip(*ranges, strict=True)
    low, high = min(lows), max(highs)
    margin = 0.05 * (high - low) or 1.0
    limits = low - margin, high + margin
    axes.plot(limits, limits, color=VALIDATION, linewidth=1.0)
    if sum(counts) <= MAX_POINTS:
        points = [np.concatenate(values) for values in zip(*pair.finite(), strict=True)]
        axes.scatter(*points, s=12, color=TRAIN, alpha=0.7, linewidths=0)
    else:
        _draw_density(axes, pair, (*limits, *limits))
    axes.set(xlim=limits, ylim=limits, aspect="equal")
    axes.text(0.03, 0.97, pair.errors(), transform=axes.transAxes, ha="left", va="top", fontsize=8.5, color=SOFT)


def _draw_density(axes: Any, pair: Pairs, extent: tuple[float, float, float, float]) -> None:
    """Draws how many examples each hexagon of a grid has.

    Args:
        axes: Where to draw.
        pair: The actual and predicted values.
        extent: The least and largest value of each axis.
    """
    from matplotlib.figure import Figure

    aside: Any = Figure().add_subplot()
    grids = [aside.hexbin(*each, gridsize=GRID, extent=extent) for each in pair.finite()]
    counts: Array = np.sum([grid.get_array() for grid in grids], axis=0)
    places: Array = grids[0].get_offsets()
    own = {"C": counts[counts > 0], "reduce_C_function": np.sum, "bins": "log", "cmap": "Blues", "linewidths": 0}
    axes.hexbin(*places[counts > 0].T, gridsize=GRID, extent=extent, **own)
