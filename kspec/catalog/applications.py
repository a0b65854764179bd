"""Measured facts about the models of `keras.applications`; reading them does not import TensorFlow."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from kspec.catalog.reader import APPLICATION_LAYERS, APPLICATION_SIZES, find

STRIDE = 32
"""The factor by which each of them downsamples an image."""
Count = tuple[int, int]
"""A number of parameters: in total, and non-trainable."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """The numbers that determine an application's shapes and parameters.

    Args:
        smallest: The minimum height and width, in pixels.
        features: The channels of its output without the classifier.
        rows: A height or width of n becomes `(n + rows) // 32`.
        rows_of_unknown: The same for a model built for images of any size; None if that is another network, which
            accepts few sizes.
        parameters: Parameters without the classifier, except `per_channel`.
        per_channel: Parameters for each channel of the image.
        three_channels: Whether other numbers of channels require a model without its own preprocessing.
        size_without_top: The default height and width without the classifier; None for any.
        size: The default height and width with the classifier; None for any.
        imagenet: The heights and widths that the classifier's imagenet weights require; empty for any.
        top: The classifier's parameters, except `per_class` and `per_position`.
        per_class: Parameters for each class.
        per_position: Parameters for each position of the classifier's input.
    """

    smallest: int
    features: int
    rows: int
    rows_of_unknown: int | None
    parameters: Count
    per_channel: Count
    three_channels: bool
    size_without_top: int | None
    size: int | None
    imagenet: tuple[int, ...]
    top: Count
    per_class: Count
    per_position: Count


OTHER_NETWORK = frozenset({"alpha", "depth_multiplier", "minimalistic"})
"""Arguments that change the widths of the layers."""


def variant(name: str, **arguments: Any) -> str:
    """The name of an application whose layers have other widths.

    >>> variant("MobileNetV2", alpha=0.5), variant("MobileNetV2")
    ('MobileNetV2 alpha=0.5', 'MobileNetV2')
    """
    return " ".join([name, *(f"{key}={value}" for key, value in sorted(arguments.items()))])


@cache
def sizes(name: str) -> Sizes | None:
    """The numbers of an application, or of a `variant` of it; None if it has not been measured."""
    raw = _load().get(name)
    if raw is None:
        return None
    numbers: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()}
    return Sizes(**numbers)


class InnerLayer(NamedTuple):
    """A layer of an application that has weights.

    Args:
        name: Its name in Keras, in the first model of a session.
        trained: Its trainable parameters, for images of 3 channels; None if they depend on other arguments.
    """

    name: str
    trained: int | None


@cache
def _inner_layers(name: str, top: bool) -> tuple[InnerLayer, ...]:
    raw = _layers().get(name)
    if raw is None:
        return ()
    counted = [*raw["layers"], *([] if top else raw["without_top"])]
    return (*(InnerLayer(*row) for row in counted), *(InnerLayer(layer, None) for layer in raw["top"] if top))


def inner_layers(name: str, arguments: Mapping[str, Any]) -> tuple[InnerLayer, ...]:
    """The layers of an application that have weights, in Keras's order; none if it has not been measured."""
    top = bool(arguments.get("include_top", True))
    height, _, channels = image_shape(name, arguments)
    known = sizes(name)
    is_another_network = height is None and known is not None and known.rows_of_unknown is None
    layers = _inner_layers(variant(name, **other_widths(name, arguments)), top)
    if layers and channels == 3 and not is_another_network:
        return layers
    return tuple(layer._replace(trained=None) for layer in layers or _inner_layers(name, top))


def other_widths(name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that change the widths of an application's layers from Keras's default."""
    entry = find("application", name)
    widths = {key: arguments[key] for key in sorted(OTHER_NETWORK & arguments.keys())}
    return {key: value for key, value in widths.items() if entry and value != entry.parameters[key].default}


def features_of(name: str, alpha: float) -> int | None:
    """The channels of a MobileNet's output without the classifier, at any width; None for other applications.

    Source: Howard et al. 2017, Sandler et al. 2018, Howard et al. 2019; rounded as `keras.applications` does.

    >>> features_of("MobileNetV2", 1.4), features_of("MobileNetV2", 0.35), features_of("MobileNet", 0.25)
    (1792, 1280, 256)
    """
    if name == "MobileNet":
        return int(1024 * alpha)
    if name == "MobileNetV2":
        return _divisible(1280 * alpha) if alpha > 1 else 1280
    last = {"MobileNetV3Small": 96, "MobileNetV3Large": 160}.get(name)
    return None if last is None else _divisible(6 * _divisible(last * alpha))


def _divisible(channels: float) -> int:
    """The nearest multiple of 8, but at least nine tenths of the number."""
    nearest = max(8, int(channels + 4) // 8 * 8)
    return nearest + 8 if nearest < 0.9 * channels else nearest


def image_shape(name: str, arguments: Mapping[str, Any]) -> list[int | None]:
    """The height, width and channels of an application's images: from its arguments, or Keras's default."""
    shape = arguments.get("input_shape")
    if isinstance(shape, list) and len(shape) == 3 and all(axis is None or isinstance(axis, int) for axis in shape):
        return [*shape]
    known = sizes(name)
    if known is None:
        return [None, None, 3]
    side = known.size if arguments.get("include_top", True) else known.size_without_top
    return [side, side, 3]


@cache
def _load() -> dict[str, dict[str, Any]]:
    applications: dict[str, dict[str, Any]] = json.loads(APPLICATION_SIZES.read_bytes())
    return applications


@cache
def _layers() -> dict[str, dict[str, Any]]:
    applications: dict[str, dict[str, Any]] = json.loads(APPLICATION_LAYERS.read_bytes())
    return applications
