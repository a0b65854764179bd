"""The layers with which a new spec reads images and sounds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

FILTERS = (16, 32, 64)
SMALLEST = 8
"""Images are not made smaller than this before their positions are averaged."""
BYTE = 0.00392156862745098
"""1 / 255."""


class NewLayer(NamedTuple):
    """A layer of a new spec.

    Args:
        head: The layer.
        arguments: Its arguments in YAML; empty for none.
        comment: What stands behind it.
        name: Its name; empty if no other layer needs it.
    """

    head: str
    arguments: str = ""
    comment: str = ""
    name: str = ""


def file_layers(content: str, shape: Sequence[int]) -> list[NewLayer]:
    """The layers that turn an image or a sound into a vector.

    Args:
        content: `image` or `audio`.
        shape: The shape of the input.
    """
    if content == "audio":
        layers = [NewLayer("Reshape", f"{{target_shape: [{shape[0]}, 1]}}")]
        for filters in FILTERS:
            arguments = f"{{filters: {filters}, kernel_size: 16, strides: 8, padding: same, activation: relu}}"
            layers.append(NewLayer("Conv1D", arguments))
        return [*layers, NewLayer("GlobalAveragePooling1D")]
    layers = [NewLayer("Rescaling", f"{{scale: {BYTE}}}", "from 0 to 255 to from 0 to 1")]
    side = min(shape[:2])
    for filters in FILTERS:
        layers.append(NewLayer("Conv2D", f"{{filters: {filters}, kernel_size: 3, padding: same, activation: relu}}"))
        if side >= 2 * SMALLEST:
            layers.append(NewLayer("MaxPooling2D"))
            side //= 2
    return [*layers, NewLayer("GlobalAveragePooling2D", comment="one vector for all positions")]
