"""A graph → its diagram, as an image or in a diagram language."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from kspec.diagram.diagram import Format, GraphTooLarge, draw
from kspec.export.formats import ExportContext, UnsupportedByFormat


def write(context: ExportContext, path: Path) -> str:
    """Draws the graph.

    Raises:
        UnsupportedByFormat: If the graph is too large for a layout.
    """
    try:
        draw(context.graph, context.info, path, cast(Format, context.format), heading=context.heading)
    except GraphTooLarge as error:
        raise UnsupportedByFormat(str(error), help="`--to dot` has no such limit") from None
    return ""
