"""Masks as small pictures: over the picture that they divide, or alone where that is not known."""

from __future__ import annotations

from typing import Any

import numpy as np

from kspec.report.pictures import Picture, data_uri, scaled

Array = np.ndarray[Any, Any]
SIDE = 168
"""The larger side, in pixels."""
STRENGTH = 0.55
"""How much of a pixel is the colour of its class; the rest is the picture."""
COLOURS = np.array([
    (0, 0, 0), (43, 108, 176), (226, 110, 20), (47, 160, 90), (140, 90, 225), (214, 55, 140), (200, 165, 0),
    (14, 150, 175), (190, 40, 40), (130, 170, 40), (95, 75, 60), (120, 130, 145),
], "uint8")  # fmt: skip
"""By class; of more classes, all but the first come again."""
UNKNOWN = np.array((200, 200, 200), "uint8")
WRONG = np.array((225, 30, 50), "uint8")


def swatch(at: int, text: str) -> Picture:
    """The colour of a class.

    Args:
        at: Its index.
        text: What it is called.
    """
    from PIL import Image

    return Picture(data_uri(Image.fromarray(np.full((14, 28, 3), _colours(np.array(at)), "uint8"))), text)


def mask_picture(classes: Array, photo: Any, text: str) -> Picture:
    """A mask, each class in its colour; over a picture, the first class is the picture as it is.

    Args:
        classes: Indices of classes, -1 where none is known, shape (h, w).
        photo: A picture of Pillow in RGB; None for the mask alone.
        text: What it shows.
    """
    if photo is None:
        return _alone(_colours(classes), text)
    return _over(photo, _colours(classes), classes > 0, text)


def difference_picture(actual: Array, predicted: Array, photo: Any, text: str) -> Picture:
    """Where two masks differ, in red.

    Args:
        actual: Indices of classes, -1 where none is known, shape (h, w).
        predicted: Likewise.
        photo: A picture of Pillow in RGB; None for the mask alone.
        text: What it shows.
    """
    wrong = (actual >= 0) & (actual != predicted)
    colours = np.where(wrong[..., None], WRONG, np.where(actual[..., None] < 0, UNKNOWN, 0)).astype("uint8")
    if photo is None:
        return _alone(colours, text)
    return _over(photo.convert("L").convert("RGB"), colours, wrong, text)


def _colours(classes: Array) -> Array:
    """A colour for each class, shape (…, 3)."""
    places = np.where(classes < len(COLOURS), classes, (classes - 1) % (len(COLOURS) - 1) + 1)
    return np.where(np.asarray(classes)[..., None] < 0, UNKNOWN, COLOURS[np.maximum(places, 0)])


def _alone(colours: Array, text: str) -> Picture:
    from PIL import Image

    image = Image.fromarray(colours)
    return Picture(data_uri(scaled(image.quantize(256) if max(image.size) > SIDE else image, SIDE)), text)


def _over(photo: Any, colours: Array, is_shown: Array, text: str) -> Picture:
    """Colours over a picture.

    Args:
        photo: The picture, in RGB.
        colours: Shape (h, w, 3).
        is_shown: Where, shape (h, w).
        text: What it shows.
    """
    from PIL import Image

    below = fitted(photo, colours.shape[:2])
    size = below.size
    above = Image.fromarray(colours).resize(size, Image.Resampling.NEAREST)
    alpha = Image.fromarray((is_shown * int(255 * STRENGTH)).astype("uint8")).resize(size, Image.Resampling.NEAREST)
    return Picture(data_uri(Image.composite(above, below, alpha), is_photo=True), text)


def fitted(photo: Any, shape: tuple[int, ...]) -> Any:
    """A picture in the proportions of its mask, in the size that the page shows.

    Args:
        photo: The picture.
        shape: Height and width of the mask.
    """
    height, width = shape
    factor = SIDE / max(height, width)
    return photo.resize((max(1, round(width * factor)), max(1, round(height * factor))))


def photo_picture(photo: Any, shape: tuple[int, ...], text: str) -> Picture:
    """The picture below masks.

    Args:
        photo: The picture.
        shape: Height and width of the mask.
        text: What it shows.
    """
    return Picture(data_uri(fitted(photo, shape), is_photo=True), text)
