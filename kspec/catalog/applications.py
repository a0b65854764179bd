"""What was measured of the models of `keras.applications`; reading it needs no TensorFlow."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from kspec.catalog.reader import APPLICATION_LAYERS, APPLICATION_SIZES, find

STRIDE = 32
"""What a picture comes down by, in all of them."""
Count = tuple[int, int]
"""Parameters: all of them, and those that are not trained."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """The numbers that an application's shapes and parameters follow from.

    Args:
        smallest: The least height and width that it takes.
        features: Channels of what it gives without its classifier.
        rows: A height or width of n comes to `(n + rows) // 32`.
        rows_of_unknown: The same where the model was built for pictures of any size; None where it then is another
            network, which takes few of them.
        parameters: Without the classifier, but for `per_channel`.
        per_channel: For each channel of the picture.
        three_channels: Whether it takes other numbers of channels only without its own preprocessing.
        size_without_top: Height and width by default, without the classifier; None for any.
        size: The same with the classifier; None where any will do.
        imagenet: Heights and widths that the classifier's imagenet weights are for; empty where any will do.
        top: The classifier's parameters, but for `per_class` and `per_position`.
        per_class: For each class.
        per_position: For each position of what comes before the classifier.
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
"""Arguments that give the layers other widths."""


def variant(name: str, **arguments: Any) -> str:
    """What an application is called whose layers have other widths.

    >>> variant("MobileNetV2", alpha=0.5), variant("MobileNetV2")
    ('MobileNetV2 alpha=0.5', 'MobileNetV2')
    """
    return " ".join([name, *(f"{key}={value}" for key, value in sorted(arguments.items()))])


@cache
def sizes(name: str) -> Sizes | None:
    """The numbers of an application, or of a `variant` of it; None where it has not been measured."""
    raw = _load().get(name)
    if raw is None:
        return None
    numbers: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()}
    return Sizes(**numbers)


class InnerLayer(NamedTuple):
    """A layer of an application that has weights.

    Args:
        name: What Keras calls it in a model that is built first.
        trained: Its trained parameters, for pictures of 3 channels; None where they hang on other arguments.
    """

    name: str
    trained: int | None


@cache
def _inner_layers(called: str, top: bool) -> tuple[InnerLayer, ...]:
    raw = _layers().get(called)
    if raw is None:
        return ()
    counted = [*raw["layers"], *([] if top else raw["without_top"])]
    return (*(InnerLayer(*row) for row in counted), *(InnerLayer(name, None) for name in raw["top"] if top))


def inner_layers(name: str, arguments: Mapping[str, Any]) -> tuple[InnerLayer, ...]:
    """The layers of an application that have weights, in Keras's order; none where it has not been looked at."""
    top = bool(arguments.get("include_top", True))
    height, _, channels = stated_shape(name, arguments)
    known = sizes(name)
    another = height is None and known is not None and known.rows_of_unknown is None
    found = _inner_layers(variant(name, **other_widths(name, arguments)), top)
    if found and channels == 3 and not another:
        return found
    return tuple(layer._replace(trained=None) for layer in found or _inner_layers(name, top))


def other_widths(name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that give an application's layers other widths than Keras's default."""
    entry = find("application", name)
    said = {key: arguments[key] for key in sorted(OTHER_NETWORK & arguments.keys())}
    return {key: value for key, value in said.items() if entry and value != entry.parameters[key].default}


def features_of(name: str, alpha: float) -> int | None:
    """Channels of what a MobileNet gives without its classifier, at any width; None of other applications.

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
    """The nearest multiple of 8, but never less than nine tenths of what is asked."""
    nearest = max(8, int(channels + 4) // 8 * 8)
    return nearest + 8 if nearest < 0.9 * channels else nearest


def stated_shape(name: str, arguments: Mapping[str, Any]) -> list[int | None]:
    """Height, width and channels of the pictures that an application takes: as it is told, or Keras's default."""
    given = arguments.get("input_shape")
    if isinstance(given, list) and len(given) == 3 and all(axis is None or isinstance(axis, int) for axis in given):
        return [*given]
    known = sizes(name)
    if known is None:
        return [None, None, 3]
    side = known.size if arguments.get("include_top", True) else known.size_without_top
    return [side, side, 3]


@cache
def _load() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads(APPLICATION_SIZES.read_bytes())
    return found


@cache
def _layers() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads(APPLICATION_LAYERS.read_bytes())
    return found
