"""A diagram drawn by matplotlib, where Graphviz does not run: it needs no system libraries."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from kspec.diagram.labels import FAMILIES, FRAME, LINE, SOFT, Row, Sketch
from kspec.diagram.layout import Item, Layout, lay_out
from kspec.diagram.layout import Line as Wire

_HEAD = 6.0
"""The length of an arrow's head, in points."""


def draw_matplotlib(
    sketch: Callable[[bool], Sketch],
    path: Path,
    format: Literal["svg", "png"],
    resolution: Callable[[float, float], float],
) -> None:
    """Draws with matplotlib, in kspec's own layout.

    Args:
        sketch: `framed → diagram`; blocks are not framed if a frame would enclose other nodes too.
        path: The file to write.
        format: Its format.
        resolution: `(width, height) → dots per inch` of a PNG, sizes in inches.
    """
    import matplotlib

    ours = {name: value for name, value in matplotlib.rcParamsDefault.items() if not name.startswith("backend")}
    style = {
        "font.family": "sans-serif",
        "font.sans-serif": FAMILIES[:-1],
        "svg.fonttype": "none",
        "svg.hashsalt": "kspec",
        "path.simplify": False,
    }
    with matplotlib.rc_context({**ours, **style}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # characters missing from all fonts become squares
        layout = lay_out(sketch(True), _measure)
        if not layout.clear:
            layout = lay_out(sketch(False), _measure)
        figure = _figure(layout, sketch(True).heading)
        dpi = resolution(*figure.get_size_inches()) if format == "png" else 72
        figure.savefig(path, format=format, dpi=dpi, metadata={"Date": None} if format == "svg" else None)


def _font(row: Row) -> Any:
    from matplotlib.font_manager import FontProperties

    return FontProperties(
        size=row.points, weight="bold" if row.bold else "normal", style="italic" if row.italic else "normal"
    )


def _measure(row: Row) -> float:
    from matplotlib.textpath import text_to_path

    width: float = text_to_path.get_text_width_height_descent(row.text or " ", _font(row), ismath=False)[0]
    return width


def _cut(row: Row, width: float) -> Row:
    """A text cut to a width, in points."""
    letters = len(row.text)
    while letters > 1 and _measure(row) > width:
        letters -= 1
        row = row._replace(text=f"{row.text[:letters]}…")
    return row


def _figure(layout: Layout, heading: Sequence[Row]) -> Any:
    """The figure; one unit of its axes is a point, with y downwards as in the layout, and the heading above 0."""
    from matplotlib.collections import PathCollection, PolyCollection
    from matplotlib.figure import Figure

    top = sum(_line_height(row) for row in heading) + _HEAD * bool(heading)
    width = max([layout.width, *(_measure(row) + 28 for row in heading)])
    figure = Figure(figsize=(width / 72, (layout.height + top) / 72), facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(layout.height, -top))
    axes.set_axis_off()
    y = _HEAD - top
    for row in heading:
        _write(axes, row, 14, y + _line_height(row) / 2, "left")
        y += _line_height(row)
    for frame in layout.frames:
        axes.add_patch(_rounded(frame.left, frame.top, frame.right, frame.bottom, facecolor="none", edgecolor=FRAME))
        _write(
            axes,
            _cut(Row(frame.title, 10, SOFT), frame.right - frame.left - 14),
            frame.left + 7,
            frame.top + 9,
            "left",
            facecolor="white",
            edgecolor="none",
            pad=1,
        )
    curves = [_curve(line) for line in layout.lines]
    tips = [line.points[-1] for line in layout.lines if line.head]
    heads = [[(x, y), (x - _HEAD / 2, y - _HEAD), (x + _HEAD / 2, y - _HEAD)] for x, y in tips]
    if layout.sideways:
        for curve in curves:
            curve.vertices = curve.vertices[:, ::-1]
        heads = [[(y, x) for x, y in head] for head in heads]
    axes.add_collection(PathCollection(curves, facecolors="none", edgecolors=LINE, linewidths=1.1))
    axes.add_collection(PolyCollection(heads, facecolors=LINE, edgecolors="none"))
    for item in layout.items:
        _draw_item(axes, item)
    return figure


def _line_height(row: Row) -> float:
    return 1.2 * row.points + 3


def _draw_item(axes: Any, item: Item) -> None:
    left, right, top = item.x - item.width / 2, item.x + item.width / 2, item.y - item.height / 2
    if item.box is not None:
        box = item.box
        border = {"facecolor": box.fill, "edgecolor": box.border, "linewidth": box.line}
        axes.add_patch(
            _rounded(left, top, right, top + item.height, linestyle=(0, (4, 2.5)) if box.dashed else "-", **border)
        )
    y = item.y - sum(map(_line_height, item.rows)) / 2
    for row in item.rows:
        height = _line_height(row)
        _write(axes, row, item.x, y + height / 2, "center")
        y += height


def _write(axes: Any, row: Row, x: float, y: float, align: str, **ground: Any) -> None:
    """Writes a line of text around a vertical middle; matplotlib's own middle depends on the letters.

    Args:
        axes: The axes to write on.
        row: The text.
        x: The horizontal position, in points.
        y: The middle of the line, in points.
        align: The horizontal alignment at `x`.
        ground: The style of a background, for text that may cross lines.
    """
    y += 0.36 * row.points
    style = {"font": _font(row), "color": row.colour, "ha": align, "va": "baseline"}
    axes.text(x, y, row.text, parse_math=False, bbox=ground or None, **style)


def _rounded(left: float, top: float, right: float, bottom: float, **style: Any) -> Any:
    from matplotlib.patches import FancyBboxPatch

    return FancyBboxPatch((left, top), right - left, bottom - top, boxstyle="round,pad=0,rounding_size=6", **style)


def _curve(line: Wire) -> Any:
    from matplotlib.path import Path as Curve

    (x, y), *rest = line.points
    if line.head:
        rest[-1] = (rest[-1][0], rest[-1][1] - _HEAD / 2)
    points, codes = [(x, y)], [Curve.MOVETO]
    for index, (next_x, next_y) in enumerate(rest):
        if index % 2:
            middle = (y + next_y) / 2
            points += [(x, middle), (next_x, middle), (next_x, next_y)]
            codes += [Curve.CURVE4] * 3
        else:
            points.append((next_x, next_y))
            codes.append(Curve.LINETO)
        x, y = next_x, next_y
    return Curve(points, codes)
