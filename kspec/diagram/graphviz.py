"""A diagram in Graphviz's language, and drawn by Graphviz."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Literal

from kspec.diagnostics.descriptors import redirect_descriptor
from kspec.diagram.labels import FAMILIES, FRAME, INK, LINE, SOFT, Box, Row, Sketch

_LARGE = 40
"""Above so many nodes, rows are closer and Graphviz stops improving the layout early, in a tenth of the time."""


def draw_graphviz(
    sketch: Sketch, path: Path, format: Literal["svg", "png"], resolution: Callable[[float, float], float]
) -> None:
    """Draws with Graphviz.

    Args:
        sketch: The diagram.
        path: The file to write.
        format: Its format.
        resolution: `(width, height) → dots per inch` of a PNG, sizes in inches.

    Raises:
        ImportError: If Graphviz cannot be loaded; some of its wheels need system libraries.
        OSError: Likewise.
    """
    import pygraphviz

    with _own_font():
        graph = pygraphviz.AGraph(string=dot_text(sketch))
        graph.layout("dot")
        if format == "png":
            left, bottom, right, top = (float(edge) / 72 for edge in graph.graph_attr["bb"].split(","))
            graph.graph_attr["dpi"] = f"{resolution(right - left + 0.5, top - bottom + 0.5):.2f}"
        path.write_bytes(graph.draw(format=format))


def dot_text(sketch: Sketch) -> str:
    """A diagram in Graphviz's language, without a layout."""
    font = f'fontname="{",".join(FAMILIES)}"'
    closer = "ranksep=0.22 nslimit=2 mclimit=0.5" if len(sketch.boxes) > _LARGE else "ranksep=0.32"
    lines = [
        "digraph {",
        f'graph [bgcolor=white pad=0.2 nodesep=0.28 {closer} {font} fontsize=10 fontcolor="{SOFT}"];',
        f'node [shape=box style="rounded,filled" margin="0.1,0.05" height=0.1 {font} fontsize=11 fontcolor="{INK}"];',
        *(["rankdir=LR;"] if sketch.sideways else []),
        *([f"label={_table(list(sketch.heading), 'LEFT')} labelloc=t labeljust=l;"] if sketch.heading else []),
        f'edge [color="{LINE}" arrowsize=0.6 penwidth=1.1 {font} fontsize=9 fontcolor="{SOFT}"];',
        *(_node(name, box) for name, box in sketch.boxes.items()),
        *(_arrow(*edge) for edge in sketch.edges),
        *(_frames(sketch, list(sketch.boxes), "") if sketch.framed else []),
        "}",
    ]
    return "\n".join(lines) + "\n"


def _node(name: str, box: Box) -> str:
    label = _text(box.rows[0].text) if len(box.rows) == 1 else _table(box.rows)
    style = ' style="rounded,filled,dashed"' if box.dashed else ""
    return (
        f"{_quoted(name)} [label={label} tooltip={_quoted(name)} width={box.width / 72:g}"
        f' fillcolor="{box.fill}" color="{box.border}" penwidth={box.line:g}{style}];'
    )


def _arrow(source: str, target: str, label: str) -> str:
    attributes = f" [label={_text(f' {label} ')}]" if label else ""
    return f"{_quoted(source)} -> {_quoted(target)}{attributes};"


def _table(rows: list[Row], align: str = "CENTER") -> str:
    cells = "".join(f'<TR><TD ALIGN="{align}">{_cell(row)}</TD></TR>' for row in rows)
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1.5">{cells}</TABLE>>'


def _cell(row: Row) -> str:
    text = f'<FONT POINT-SIZE="{row.points}" COLOR="{row.colour}">{_escaped(row.text)}</FONT>'
    return f"<B>{text}</B>" if row.bold else f"<I>{text}</I>" if row.italic else text


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _text(text: str) -> str:
    return f"<{_escaped(text)}>"


def _escaped(text: str) -> str:
    """Literal text: Graphviz would replace `\\N` by the node's name, and rejects an empty text."""
    return escape(text).replace("\\", "\\\\") or " "


def _frames(sketch: Sketch, names: list[str], prefix: str) -> Iterator[str]:
    """A frame around the nodes of each use of a block (`use/inner`), with frames for inner uses inside."""
    uses: dict[str, list[str]] = {}
    for name in names:
        use, slash, _ = name[len(prefix) :].partition("/")
        if slash:
            uses.setdefault(prefix + use, []).append(name)
    for use, inside in uses.items():
        yield f"subgraph {_quoted(f'cluster {use}')} {{"
        yield f'label={_text(sketch.title(use))} labeljust=l style=rounded color="{FRAME}" margin=10;'
        yield " ".join(f"{_quoted(name)};" for name in inside)
        yield from _frames(sketch, inside, f"{use}/")
        yield "}"


@contextmanager
def _own_font() -> Iterator[None]:
    """Points Graphviz to matplotlib's fonts: without fonts it draws empty squares, and system fonts vary in width.

    Graphviz reads the variable once, when it first measures a text, and only if it uses fontconfig.
    """
    from importlib.util import find_spec

    package = find_spec("matplotlib")
    if package is None or not package.submodule_search_locations:
        yield
        return
    fonts = Path(next(iter(package.submodule_search_locations)), "mpl-data", "fonts", "ttf")
    before = os.environ.get("FONTCONFIG_FILE")
    with tempfile.TemporaryDirectory(prefix="kspec-") as folder:
        settings = Path(folder, "fonts.conf")
        settings.write_text(
            '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
            f'<dir>{escape(str(fonts))}</dir><cachedir prefix="xdg">fontconfig</cachedir></fontconfig>',
            encoding="utf-8",
        )
        os.environ["FONTCONFIG_FILE"] = str(settings)
        try:
            with _without_font_warnings(Path(folder, "stderr")):
                yield
        finally:
            if before is None:
                del os.environ["FONTCONFIG_FILE"]
            else:
                os.environ["FONTCONFIG_FILE"] = before


@contextmanager
def _without_font_warnings(path: Path) -> Iterator[None]:
    """Hides the warnings of the wheel's fontconfig about newer system settings, which do no harm.

    Args:
        path: A temporary file for standard error; everything else in it is printed at the end.
    """
    try:
        with path.open("wb") as file, redirect_descriptor(2, file.fileno()):
            yield
    finally:
        for line in path.read_bytes().splitlines(keepends=True):
            if sys.stderr is not None and not line.startswith(b"Fontconfig warning"):
                sys.stderr.write(line.decode(errors="replace"))
