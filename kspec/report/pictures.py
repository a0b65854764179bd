"""Small pictures within a page: of examples that are files, and of masks."""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from kspec.language import Permissions
from kspec.language.files import input_places
from kspec.report.run_facts import RunFacts
from kspec.syntax.path_policy import PathPolicy, PathRefused

Array = np.ndarray[Any, Any]
SIDE = 96
"""The larger side of a small picture, in pixels."""
MOST_BYTES = 20 << 20
"""A larger file is not shown."""
PALETTE = ((0, 0, 0), (43, 108, 176), (194, 87, 12), (47, 133, 90), (128, 90, 213), (184, 50, 128), (138, 109, 0))


class Picture(NamedTuple):
    """A picture within the page.

    Args:
        uri: A data URI.
        text: What it shows, for those who do not see it.
    """

    uri: str
    text: str


def picture_of(facts: RunFacts, file: str) -> Picture | None:
    """A small picture of a file that a run has read; None if it is none, or may not be read.

    Args:
        facts: What is known of the run.
        file: The path, as the predictions have it.
    """
    policy = PathPolicy(facts.folder, Permissions())
    for path in _places(facts, file):
        try:
            with policy.open_file(path) as stream:
                content = stream.read(MOST_BYTES + 1)
        except (OSError, PathRefused, ValueError):
            continue
        return _small(content, file) if len(content) <= MOST_BYTES else None
    return None


def _places(facts: RunFacts, file: str) -> Iterator[Path]:
    """Where the file may be: below the folders of the data, by the whole of its path or by its end."""
    if facts.spec is None:
        return
    parts = Path(file).parts
    for holder, key, _ in input_places(facts.spec.values):
        root = facts.folder / str(holder[key])
        for folder in (root, root.parent):
            for start in range(len(parts)):
                path = Path(os.path.normpath(folder.joinpath(*parts[start:])))
                if path.is_file():
                    yield path


def _small(content: bytes, text: str) -> Picture | None:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF")) as image:
            image.draft("RGB", (SIDE, SIDE))
            image.thumbnail((SIDE, SIDE))
            return Picture(_uri(image.convert("RGB")), text)
    except (OSError, ValueError, SyntaxError, UnidentifiedImageError, Image.DecompressionBombError):
        return None


def mask_picture(classes: Array, text: str) -> Picture:
    """A mask, each class in its colour.

    Args:
        classes: Indices of classes, -1 where none is known, shape (h, w).
        text: What it shows.
    """
    from PIL import Image

    colours = np.array([*PALETTE, (200, 200, 200)], "uint8")
    places = np.where(classes < 0, len(PALETTE), classes % len(PALETTE))
    image = Image.fromarray(colours[places])
    scale = max(1, SIDE // max(image.size))
    if scale > 1:
        image = image.resize((image.width * scale, image.height * scale), Image.Resampling.NEAREST)
    else:
        image.thumbnail((2 * SIDE, 2 * SIDE), Image.Resampling.NEAREST)
    return Picture(_uri(image), text)


def _uri(image: Any) -> str:
    stream = io.BytesIO()
    image.save(stream, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(stream.getvalue()).decode()}"


def pictures_of(facts: RunFacts, files: Iterable[str]) -> list[Picture | str]:
    """A picture for each file, or its name where there is none.

    Args:
        facts: What is known of the run.
        files: The paths, as the predictions have them.
    """
    return [picture_of(facts, file) or file for file in files]
