"""Pictures of results: how training went, and which classes were taken for which.

Drawn on matplotlib's figures directly, without pyplot, whose import costs half as much again and picks a window system.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

_TRAIN, _VALIDATION = "#7FA8D1", "#D1661A"
"""Apart for every eye, in lightness as well as in hue."""
_INK, _SOFT, _FAINT = "#1F2A37", "#5B6B7C", "#E3E8EE"
_COLUMNS = 3
_LARGEST_NUMBERED = 30
"""Classes up to which a confusion matrix bears numbers."""
_LONGEST = 22
"""Letters of a class's name; what is longer is cut."""

_STYLE = {
    "font.family": ["DejaVu Sans"],
    "font.size": 9.0,
    "text.color": _INK,
    "text.parse_math": False,
    "axes.edgecolor": "#B8C3CE",
    "axes.labelcolor": _SOFT,
    "axes.linewidth": 0.8,
    "axes.titlesize": 10.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "xtick.color": _SOFT,
    "ytick.color": _SOFT,
    "xtick.labelsize": 8.0,
    "ytick.labelsize": 8.0,
    "svg.fonttype": "none",
    "svg.hashsalt": "kspec",
}


class _Line(NamedTuple):
    """A quantity by epoch: epochs shape (n,), values shape (n,); NaN where it was no number."""

    epochs: np.ndarray[Any, Any]
    values: np.ndarray[Any, Any]


def history_plot(history: list[dict[str, float]], path: Path, best: int | None) -> None:
    """Draws losses and metrics by epoch, a panel each, with training and validation in it.

    Args:
        history: By epoch, `{"epoch": 1, "loss": …, "val_loss": …}`; rows may lack some. Without `epoch` they count from 1.
        path: The file to write; its ending decides the format.
        best: The epoch to mark.
    """
    names = _panels(history)
    columns = min(_COLUMNS, max(1, len(names)))
    rows = max(1, math.ceil(len(names) / columns))
    with _figure(path, 3.6 * columns + 0.4, 2.6 * rows + 0.45) as figure:
        for number, name in enumerate(names):
            axes = figure.add_subplot(rows, columns, number + 1)
            _draw_panel(axes, name, _line(history, name), _line(history, f"val_{name}"), best)
            if number + columns >= len(names):
                axes.set_xlabel("epoch")
        _add_legend(figure, any(f"val_{name}" in row for row in history for name in names), best)


def _panels(history: list[dict[str, float]]) -> list[str]:
    """The quantities: the loss first, the learning rate last, `val_` ones with those of training."""
    found = dict.fromkeys(name.removeprefix("val_") for row in history for name in row if name != "epoch")
    order = {"loss": 0, "learning_rate": 2, "lr": 2}
    return sorted(found, key=lambda name: order.get(name, 1))


def _line(history: list[dict[str, float]], name: str) -> _Line:
    """What is there of a quantity; infinite values count as no numbers."""
    there = [
        (float(row.get("epoch", number + 1)), float(row[name])) for number, row in enumerate(history) if name in row
    ]
    both = np.array(there, dtype="float64").reshape(-1, 2)
    return _Line(both[:, 0], np.where(np.isfinite(both[:, 1]), both[:, 1], np.nan))


def _draw_panel(axes: Any, name: str, train: _Line, validation: _Line, best: int | None) -> None:
    from matplotlib.ticker import MaxNLocator

    title = name.replace("_", " ")
    if _wants_logarithm(name, [train, validation]):
        axes.set_yscale("log")
        title += "  (log scale)"
    axes.set_title(title)
    axes.grid(axis="y", color=_FAINT, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True, min_n_ticks=1))
    for line, colour, width in ((train, _TRAIN, 1.6), (validation, _VALIDATION, 1.8)):
        axes.plot(line.epochs, line.values, color=colour, linewidth=width, marker="o" if len(line.values) < 2 else None)
        _draw_lone_points(axes, line, colour)
    if not (np.isfinite(train.values).any() or np.isfinite(validation.values).any()):
        axes.text(0.5, 0.5, "not a number in any epoch", transform=axes.transAxes, ha="center", color=_SOFT)
        axes.set_yticks([])
    if len(train.epochs) == 1 or len(validation.epochs) == 1 == len(train.epochs):
        axes.set_xlim(train.epochs[0] - 1, train.epochs[0] + 1)
        axes.set_xticks([train.epochs[0]])
    if best is not None and max(len(train.epochs), len(validation.epochs)) > 1:
        _mark_best(axes, validation if len(validation.epochs) else train, best)


def _wants_logarithm(name: str, lines: Sequence[_Line]) -> bool:
    """Losses, where they fall by more than a hundredfold: on a plain scale all but the start would lie on the axis."""
    values = np.concatenate([line.values for line in lines])
    values = values[np.isfinite(values)]
    return name.endswith("loss") and len(values) > 1 and values.min() > 0 and values.max() > 100 * values.min()


def _draw_lone_points(axes: Any, line: _Line, colour: str) -> None:
    """Values between two that are no numbers: a line alone would not show them."""
    there = np.isfinite(line.values)
    padded = np.concatenate([[False], there, [False]])
    lone = there & ~padded[:-2] & ~padded[2:]
    axes.plot(line.epochs[lone], line.values[lone], linestyle="none", marker="o", markersize=3, color=colour)


def _mark_best(axes: Any, line: _Line, best: int) -> None:
    axes.axvline(best, color=_SOFT, linewidth=0.8, linestyle=(0, (3, 3)), zorder=1)
    at = np.flatnonzero(line.epochs == best)
    if not len(at) or not np.isfinite(value := line.values[at[0]]):
        return
    colour = _VALIDATION if axes.lines and axes.lines[0].get_xdata() is not line.epochs else _TRAIN
    axes.plot([best], [value], marker="o", markersize=5, color=colour, markeredgecolor="white", zorder=5)
    late = best > (line.epochs[0] + line.epochs[-1]) / 2
    high = value > sum(axes.get_ylim()) / 2
    axes.annotate(
        f"{value:.4g}", (best, value), (-6 if late else 6, -6 if high else 6), textcoords="offset points",
        ha="right" if late else "left", va="top" if high else "bottom", fontsize=8,
        bbox={"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.8},
    )  # fmt: skip


def _add_legend(figure: Any, validated: bool, best: int | None) -> None:
    """One for all panels, above them."""
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], color=_TRAIN, linewidth=1.6, label="training")]
    if validated:
        handles.append(Line2D([], [], color=_VALIDATION, linewidth=1.8, label="validation"))
    if best is not None:
        handles.append(Line2D([], [], color=_SOFT, linewidth=0.8, linestyle=(0, (3, 3)), label=f"best epoch: {best}"))
    figure.legend(handles=handles, loc="outside upper left", ncols=3, frameon=False, fontsize=8.5, labelcolor=_INK)


def confusion_plot(matrix: np.ndarray[Any, Any], labels: list[str], path: Path, title: str) -> None:
    """Draws how often each class was answered as each: counts, and shares of the row.

    Args:
        matrix: Counts, shape (k, k): a row for each true class, a column for each answer.
        labels: The classes' names, k of them.
        path: The file to write; its ending decides the format.
        title: What was classified.
    """
    count = len(labels)
    rows = matrix.sum(axis=1, keepdims=True)
    shares = np.divide(matrix, rows, out=np.zeros(matrix.shape, dtype="float64"), where=rows > 0)
    names = [label if len(label) <= _LONGEST else f"{label[: _LONGEST - 1]}…" for label in labels]
    cell = 0.95 if count <= 4 else 0.7 if count <= 12 else 0.5 if count <= _LARGEST_NUMBERED else max(0.06, 11 / count)
    room = 1.5 + 0.075 * max(map(len, names), default=0)
    side = cell * count + room
    with _figure(path, max(side + 0.9, 3.8), max(side, 2.8)) as figure:
        axes = figure.add_subplot()
        from matplotlib.colors import LinearSegmentedColormap

        colours = LinearSegmentedColormap.from_list("kspec", ["#FFFFFF", "#C9DCF0", "#6F9FD0", "#2B5F9E", "#12355F"])
        image = axes.imshow(shares, cmap=colours, vmin=0, vmax=1, interpolation="nearest")
        _name_axes(axes, names, title)
        if count <= _LARGEST_NUMBERED:
            _draw_separators(axes, count)
            _write_numbers(axes, matrix, shares, cell)
        bar = figure.colorbar(image, ax=axes, shrink=0.8, aspect=24, pad=0.03, format=lambda value, _: f"{value:.0%}")
        bar.outline.set_visible(False)
        bar.set_label("share of the true class")


def _name_axes(axes: Any, names: list[str], title: str) -> None:
    """Names where they can be read; of very many classes, every so-manieth."""
    step = max(1, math.ceil(len(names) / 60))
    places = list(range(0, len(names), step))
    upright = max(map(len, names), default=0) > 6 or len(names) > 12
    size = 8 if len(names) <= _LARGEST_NUMBERED else 6
    axes.set_xticks(places, [names[place] for place in places], fontsize=size, rotation=45 if upright else 0,
                    ha="right" if upright else "center", rotation_mode="anchor" if upright else None)  # fmt: skip
    axes.set_yticks(places, [names[place] for place in places], fontsize=size)
    axes.set_xlabel("answered")
    axes.set_ylabel("true")
    axes.set_title(title, pad=10)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def _draw_separators(axes: Any, count: int) -> None:
    edges = np.arange(count + 1) - 0.5
    axes.hlines(edges, -0.5, count - 0.5, color=_FAINT, linewidth=0.8)
    axes.vlines(edges, -0.5, count - 0.5, color=_FAINT, linewidth=0.8)


def _write_numbers(axes: Any, matrix: np.ndarray[Any, Any], shares: np.ndarray[Any, Any], cell: float) -> None:
    """The count, and below it its share of the row; a plain 0 where there is nothing to share."""
    large = min(11.0, cell * 15)
    for row, column in np.ndindex(*matrix.shape):
        value, share = int(matrix[row, column]), float(shares[row, column])
        if value == 0:
            axes.text(column, row, "0", ha="center", va="center", fontsize=large * 0.8, color="#B8C3CE")
            continue
        colour = "white" if share > 0.5 else _INK
        text = f"{value:,}" if value < 100_000 or cell > 0.6 else f"{value:.0e}"
        size = large * min(1.0, 5 / len(text)) if cell < 0.9 else large
        axes.text(column, row - 0.14, text, ha="center", va="center", fontsize=size, color=colour)
        axes.text(column, row + 0.24, _percent(share), ha="center", va="center", fontsize=large * 0.68, color=colour)


def _percent(share: float) -> str:
    """Whole percents, without calling few none, or almost all all."""
    return "<1%" if share < 0.01 else ">99%" if 0.99 < share < 1 else f"{share:.0%}"


@contextmanager
def _figure(path: Path, width: float, height: float) -> Iterator[Any]:
    """A figure that is written at the end, the same for the same results: no settings of the user's, no date.

    Args:
        width: In inches, as the height.
    """
    import matplotlib
    from matplotlib.figure import Figure

    ours = {name: value for name, value in matplotlib.rcParamsDefault.items() if not name.startswith("backend")}
    with matplotlib.rc_context({**ours, **_STYLE}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure = Figure(figsize=(width, height), facecolor="white", layout="constrained")
        yield figure
        kind = path.suffix.lower().removeprefix(".") or "png"
        undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {"Software": None}}
        figure.savefig(path, format=kind, dpi=160, metadata=undated.get(kind))
