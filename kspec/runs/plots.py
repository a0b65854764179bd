"""Plots of results: the training history, and confusion matrices.

They use matplotlib's figures directly: pyplot would look for a window system, and keep every figure alive.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

TRAIN, VALIDATION = "#7FA8D1", "#D1661A"
"""Distinguishable with any colour vision, by lightness as well as hue."""
INK, SOFT, FAINT = "#1F2A37", "#5B6B7C", "#E3E8EE"
_SHADES = [
    (0.0, "#FFFFFF"),
    (0.001, "#EFF5FB"),
    (0.25, "#BDD4EC"),
    (0.5, "#6F9FD0"),
    (0.8, "#2B5F9E"),
    (1.0, "#1A4478"),
]
"""Shades of one hue for shares from 0 to 1; even the smallest share differs from none."""
_COLUMNS = 3
_DPI = 160
_LARGEST_NUMBERED = 30
"""The most classes for which a confusion matrix shows numbers."""
_LONGEST = 22
"""The most characters of a class name; longer names are cut."""
_LONGEST_TITLE = 38
"""The most characters of a panel's title."""

_STYLE = {
    "font.family": ["DejaVu Sans"],
    "font.size": 9.0,
    "text.color": INK,
    "text.parse_math": False,
    "axes.edgecolor": "#B8C3CE",
    "axes.labelcolor": SOFT,
    "axes.linewidth": 0.8,
    "axes.titlesize": 10.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelsize": 8.0,
    "ytick.labelsize": 8.0,
    "svg.fonttype": "none",
    "svg.hashsalt": "kspec",
}


class _Line(NamedTuple):
    """A quantity by epoch: epochs and values of shape (n,), infinite values replaced by NaN."""

    epochs: np.ndarray[Any, Any]
    values: np.ndarray[Any, Any]


def history_plot(history: list[dict[str, float]], path: Path, best: int | None) -> None:
    """Draws losses and metrics by epoch, a panel for each, with training and validation.

    Args:
        history: A row for each epoch, `{"epoch": 1, "loss": …, "val_loss": …}`; rows may lack metrics.
        path: The file to write; its suffix decides the format.
        best: The epoch to mark, whose weights are kept; None to mark none.
    """
    names = _panels(history)
    stages = _stage_bounds(history)
    columns = min(_COLUMNS, max(1, len(names)))
    rows = max(1, math.ceil(len(names) / columns))
    with figure(path, 3.6 * columns + 0.4, 2.6 * rows + 0.45) as canvas:
        for number, name in enumerate(names):
            axes = canvas.add_subplot(rows, columns, number + 1)
            _draw_panel(axes, name, _line(history, name), _line(history, f"val_{name}"), best)
            for epoch in stages:
                axes.axvline(epoch, color=SOFT, linewidth=0.7, alpha=0.6, zorder=1)
            if number + columns >= len(names):
                axes.set_xlabel("epoch")
        _add_legend(canvas, any(f"val_{name}" in row for row in history for name in names), best, bool(stages))


_NUMBERS = ("epoch", "stage")
"""Columns of the history that are no metrics."""


def _stage_bounds(history: list[dict[str, float]]) -> list[float]:
    """The boundaries between stages, halfway between two epochs."""
    return [after["epoch"] - 0.5 for before, after in pairwise(history) if before.get("stage") != after.get("stage")]


def _panels(history: list[dict[str, float]]) -> list[str]:
    """The metrics in order: the loss first, the learning rate last; `val_` metrics share their panel."""
    names = dict.fromkeys(name.removeprefix("val_") for row in history for name in row if name not in _NUMBERS)
    order = {"loss": 0, "learning_rate": 2, "lr": 2}
    return sorted(names, key=lambda name: order.get(name, 1))


def _line(history: list[dict[str, float]], name: str) -> _Line:
    """The values of a metric, infinite ones replaced by NaN."""
    points = [
        (float(row.get("epoch", number + 1)), float(row[name])) for number, row in enumerate(history) if name in row
    ]
    both = np.array(points, dtype="float64").reshape(-1, 2)
    return _Line(both[:, 0], np.where(np.isfinite(both[:, 1]), both[:, 1], np.nan))


def _draw_panel(axes: Any, name: str, train: _Line, validation: _Line, best: int | None) -> None:
    from matplotlib.ticker import FuncFormatter, NullFormatter

    title = name.replace("_", " ")
    axes.grid(axis="y", color=FAINT, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    epochs = np.unique(np.concatenate([train.epochs, validation.epochs]))
    axes.set_xticks(_epoch_ticks(epochs))
    if _needs_log_scale(name, [train, validation]):
        title += "  (log scale)"
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
    if len(title) > _LONGEST_TITLE:  # the end of a title is the metric
        title = f"{title[: _LONGEST_TITLE // 3]}…{title[1 - _LONGEST_TITLE + _LONGEST_TITLE // 3 :]}"
    axes.set_title(title, pad=16 if best is not None else 6)
    for line, colour in ((train, TRAIN), (validation, VALIDATION)):
        axes.plot(line.epochs, line.values, color=colour, linewidth=1.7 if len(epochs) <= 500 else 0.7)
        _draw_lone_points(axes, line, colour)
    if not (np.isfinite(train.values).any() or np.isfinite(validation.values).any()):
        axes.text(0.5, 0.5, "not a number in any epoch", transform=axes.transAxes, ha="center", color=SOFT)
        axes.set_xticks([])
        axes.set_yticks([])
        return
    if len(epochs) == 1:
        axes.margins(y=0.5)
    elif best is not None:
        _mark_best(axes, *((validation, VALIDATION) if len(validation.epochs) else (train, TRAIN)), best)


def _epoch_ticks(epochs: np.ndarray[Any, Any]) -> list[int]:
    """At most about seven epochs to number, the first among them."""
    from matplotlib.ticker import MaxNLocator

    if not len(epochs):
        return []
    first, last = int(epochs[0]), int(epochs[-1])
    ticks = [int(tick) for tick in MaxNLocator(nbins=6, integer=True).tick_values(first, last) if first < tick <= last]
    step = ticks[1] - ticks[0] if len(ticks) > 1 else 1
    return [first, *(tick for tick in ticks if tick - first > 0.3 * step)]


def _needs_log_scale(name: str, lines: Sequence[_Line]) -> bool:
    """Whether a loss falls more than a hundredfold: on a linear scale all but its start would lie on the axis."""
    values = np.concatenate([line.values for line in lines])
    values = values[np.isfinite(values)]
    return name.endswith("loss") and len(values) > 1 and values.min() > 0 and values.max() > 100 * values.min()


def _draw_lone_points(axes: Any, line: _Line, colour: str) -> None:
    """Draws values between two NaNs: a line alone would not show them."""
    finite = np.isfinite(line.values)
    padded = np.concatenate([[False], finite, [False]])
    lone = finite & ~padded[:-2] & ~padded[2:]
    axes.plot(line.epochs[lone], line.values[lone], linestyle="none", marker="o", markersize=4, color=colour)


def _mark_best(axes: Any, line: _Line, colour: str, best: int) -> None:
    """Marks an epoch by a line and a dot, with its value below the title."""
    axes.axvline(best, color=SOFT, linewidth=0.8, linestyle=(0, (3, 3)), zorder=1)
    at = np.flatnonzero(line.epochs == best)
    if len(at) and np.isfinite(value := line.values[at[0]]):
        axes.plot([best], [value], marker="o", markersize=5.5, color=colour, markeredgecolor="white", zorder=5)
        note = {"xy": (0, 1), "xycoords": "axes fraction", "xytext": (0, 4), "textcoords": "offset points"}
        axes.annotate(f"epoch {best}: {value:.4g}", fontsize=8.5, color=SOFT, **note)


def _add_legend(canvas: Any, validated: bool, best: int | None, stages: bool) -> None:
    """Adds one legend for all panels, above them."""
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], color=TRAIN, linewidth=1.6, label="training")]
    if validated:
        handles.append(Line2D([], [], color=VALIDATION, linewidth=1.8, label="validation"))
    if best is not None:
        handles.append(Line2D([], [], color=SOFT, linewidth=0.8, linestyle=(0, (3, 3)), label=f"kept epoch: {best}"))
    if stages:
        handles.append(Line2D([], [], color=SOFT, linewidth=0.7, alpha=0.6, label="stages"))
    canvas.legend(handles=handles, loc="outside upper left", ncols=4, frameon=False, fontsize=8.5, labelcolor=INK)


def confusion_plot(matrix: np.ndarray[Any, Any], labels: list[str], path: Path, title: str) -> None:
    """Draws a confusion matrix: counts, and shares of each row.

    Args:
        matrix: Counts, shape (k, k): a row for each true class, a column for each predicted one.
        labels: The names of the k classes.
        path: The file to write; its suffix decides the format.
        title: The output, and which examples are counted.
    """
    count = len(labels)
    rows = matrix.sum(axis=1, keepdims=True)
    shares = np.divide(matrix, rows, out=np.zeros(matrix.shape, dtype="float64"), where=rows > 0)
    names = [_cut(label, _LONGEST) for label in labels]
    numbered = count <= _LARGEST_NUMBERED
    cell = 0.95 if count <= 4 else 0.7 if count <= 12 else 0.55 if numbered else max(0.06, 11 / count)
    side = cell * count + 1.2 + 0.06 * max(map(len, names), default=0)
    with figure(path, max(side + 0.9 * (not numbered), 3.2), max(side, 2.6)) as canvas:
        from matplotlib.colors import LinearSegmentedColormap

        axes = canvas.add_subplot()
        colours = LinearSegmentedColormap.from_list("kspec", _SHADES, N=1024)
        edges = np.arange(count + 1) - 0.5
        lines = {"edgecolor": FAINT if numbered else "none", "linewidth": 0.8, "rasterized": not numbered}
        image = axes.pcolormesh(edges, edges, shares, cmap=colours, vmin=0, vmax=1, **lines)
        axes.set_aspect("equal")
        axes.invert_yaxis()
        _name_axes(axes, names, title, cell)
        if numbered:
            _write_numbers(axes, matrix, shares, cell)
        else:
            bar = canvas.colorbar(
                image, ax=axes, shrink=0.5, aspect=24, pad=0.03, format=lambda value, _: f"{value:.0%}"
            )
            bar.outline.set_visible(False)
            bar.set_label("share of the actual class")


def _name_axes(axes: Any, names: list[str], title: str, cell: float) -> None:
    """Labels the axes; of very many classes, only some at even steps."""
    step = max(1, math.ceil(len(names) / 60))
    places = list(range(0, len(names), step))
    size = 8 if len(names) <= _LARGEST_NUMBERED else 6
    slanted = max(map(len, names), default=0) * size * 0.0085 > cell * step
    slant = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if slanted else {}
    axes.set_xticks(places, [names[place] for place in places], fontsize=size, **slant)
    axes.set_yticks(places, [names[place] for place in places], fontsize=size)
    axes.set_xlabel("predicted")
    axes.set_ylabel("actual")
    axes.set_title(title, pad=8)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def _write_numbers(axes: Any, matrix: np.ndarray[Any, Any], shares: np.ndarray[Any, Any], cell: float) -> None:
    """Writes each count with its share of the row below; a faint 0 for none."""
    from matplotlib.transforms import ScaledTranslation

    longest = len(_count(int(matrix.max(initial=0))))
    size = min(11.0, cell * 15, cell * 95 / max(longest, 4))
    above, below = (
        axes.transData + ScaledTranslation(0, points / 72, axes.figure.dpi_scale_trans)
        for points in (size * 0.62, -size * 0.66)
    )
    for row, column in np.ndindex(*matrix.shape):
        value, share = int(matrix[row, column]), float(shares[row, column])
        style = {"ha": "center", "va": "center", "color": "white" if share > 0.5 else INK, "in_layout": False}
        if value:
            axes.text(column, row, _count(value), fontsize=size, transform=above, **style)
            axes.text(column, row, _percent(share), fontsize=size * 0.76, transform=below, **style)
        else:
            axes.text(column, row, "0", fontsize=size, **{**style, "color": "#A9B5C1"})


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _count(value: int) -> str:
    return f"{value:,}" if value < 1_000_000 else f"{value / 1e6:.3g} M"


def _percent(share: float) -> str:
    """A whole percentage; few is not 0%, and almost all is not 100%."""
    return "<1%" if share < 0.01 else ">99%" if 0.99 < share < 1 else f"{share:.0%}"


@contextmanager
def figure(path: Path, width: float, height: float) -> Iterator[Any]:
    """Yields a figure and saves it; the same results give the same file, without the user's settings or a date.

    Args:
        path: The file to write.
        width: In inches.
        height: In inches.
    """
    import matplotlib
    from matplotlib.figure import Figure

    ours = {name: value for name, value in matplotlib.rcParamsDefault.items() if not name.startswith("backend")}
    with matplotlib.rc_context({**ours, **_STYLE}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        canvas = Figure(figsize=(width, height), facecolor="white", dpi=_DPI, layout="constrained")
        yield canvas
        engine = canvas.get_layout_engine()
        if engine is not None and canvas.axes:  # lays out now: laying out while saving would draw twice
            engine.execute(canvas)
            canvas.set_layout_engine("none")
        kind = path.suffix.lower().removeprefix(".") or "png"
        undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {"Software": None}}
        canvas.savefig(path, format=kind, dpi=_DPI, metadata=undated.get(kind))
