"""Small pictures of examples within a page."""

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
    image = image_of(facts, file, SIDE)
    return None if image is None else Picture(data_uri(image), file)


def image_of(facts: RunFacts, file: str, side: int) -> Any:
    """A picture of Pillow from a file that a run has read; None if it is none, or may not be read.

    Args:
        facts: What is known of the run.
        file: The path, as the predictions have it.
        side: Its larger side at most, in pixels.
    """
    policy = PathPolicy(facts.folder, Permissions())
    for path in _places(facts, file):
        try:
            with policy.open_file(path) as stream:
                content = stream.read(MOST_BYTES + 1)
        except (OSError, PathRefused, ValueError):
            continue
        return _decoded(content, side) if len(content) <= MOST_BYTES else None
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


def _decoded(content: bytes, side: int) -> Any:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF")) as image:
            image.draft("RGB", (side, side))
            image.thumbnail((side, side))
            return image.convert("RGB")
    except (OSError, ValueError, SyntaxError, UnidentifiedImageError, Image.DecompressionBombError):
        return None


def array_picture(pixels: Array, text: str) -> Picture:
    """A small picture of an array.

    Args:
        pixels: As for `array_image`.
        text: What it shows.
    """
    return Picture(data_uri(scaled(array_image(pixels), SIDE)), text)


def array_image(pixels: Array) -> Any:
    """An array as a picture of Pillow.

    Args:
        pixels: Shape (h, w) or (h, w, c); from 0 to 255, from 0 to 1, or in a range of their own.
    """
    from PIL import Image

    values = pixels[..., 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels
    values = np.nan_to_num(values[..., :3].astype("float64") if values.ndim == 3 else values.astype("float64"))
    low, high = float(values.min()), float(values.max())
    if low < 0 or high > 255:
        values = (values - low) / max(high - low, 1e-12) * 255
    elif high <= 1 and pixels.dtype.kind == "f":
        values = values * 255
    return Image.fromarray(values.astype("uint8"))


def scaled(image: Any, side: int) -> Any:
    """A picture in a size for the page, its pixels as they are where it is small."""
    from PIL import Image

    scale = max(1, side // max(image.size))
    if scale > 1:
        return image.resize((image.width * scale, image.height * scale), Image.Resampling.NEAREST)
    image.thumbnail((side, side), Image.Resampling.NEAREST if image.mode == "P" else Image.Resampling.BICUBIC)
    return image


def data_uri(image: Any, *, is_photo: bool = False) -> str:
    """A picture of Pillow as a data URI.

    Args:
        image: The picture.
        is_photo: Whether it may lose details, so that it takes little room.
    """
    stream = io.BytesIO()
    if is_photo:
        image.save(stream, "JPEG", quality=78)
    else:
        image.save(stream, "PNG", optimize=True)
    kind = "jpeg" if is_photo else "png"
    return f"data:image/{kind};base64,{base64.b64encode(stream.getvalue()).decode()}"


def pictures_of(facts: RunFacts, files: Iterable[str]) -> list[Picture | str]:
    """A picture for each file, or its name where there is none.

    Args:
        facts: What is known of the run.
        files: The paths, as the predictions have them.
    """
    return [picture_of(facts, file) or file for file in files]
