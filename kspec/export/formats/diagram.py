"""A graph → a picture of it, or its text in a language of diagrams."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from kspec.diagram.diagram import Format, GraphTooLarge, draw
from kspec.export.formats import ExportContext, UnsupportedByFormat


def write(subject: ExportContext, path: Path) -> str:
    """Draws the graph.

    Raises:
        NoPlaceFor: when it is too large to be laid out.
    """
    try:
        draw(subject.graph, subject.facts, path, cast(Format, subject.target))
    except GraphTooLarge as error:
        raise UnsupportedByFormat(str(error), help="`--to dot` writes every graph") from None
    return ""
