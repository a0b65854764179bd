"""Measures the models of `keras.applications`: their output shapes and their numbers of parameters.

All of them take half an hour, so this is a separate command: `python -m kspec.catalog.generator.applications [NAME …]`.
It writes the few numbers that determine the rest; each is verified on models it was not computed from.
"""

from __future__ import annotations

import argparse
import functools
import gc
import inspect
import json
import math
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kspec.catalog.applications import variant
from kspec.catalog.generator.__main__ import render
from kspec.catalog.reader import APPLICATION_SIZES

_STRIDE = 32
"""The total downsampling of every network of `keras.applications`."""
_SIZES = (*range(8 * _STRIDE, 10 * _STRIDE), 75, 97, 224, 299, 331, 480, 600, 777, 1024)
"""Sizes that verify a measured rule."""

_SIDES = (96, 128, 160, 192, 224)
"""Image sizes that MobileNet has weights for."""

WIDTHS: dict[str, list[dict[str, Any]]] = {
    "MobileNet": [{"alpha": alpha} for alpha in (0.25, 0.5, 0.75)],
    "MobileNetV2": [{"alpha": alpha} for alpha in (0.35, 0.5, 0.75, 1.3, 1.4)],
    "MobileNetV3Small": [{"alpha": 0.75}, {"minimalistic": True}],
    "MobileNetV3Large": [{"alpha": 0.75}, {"minimalistic": True}],
}
"""Other widths that Keras has weights for."""

Shape = tuple[int | None, ...]


class _Model:
    """One model, built."""

    def __init__(self, build: Callable[..., Any], **arguments: Any) -> None:
        import keras

        keras.backend.clear_session()
        gc.collect()
        self.model = build(weights=None, **arguments)
        self.output: Shape = tuple(self.model.output.shape)

    @property
    def total(self) -> int:
        return int(self.model.count_params())

    @property
    def fixed(self) -> int:
        """The number of non-trainable parameters."""
        return sum(math.prod(weight.shape) for weight in self.model.non_trainable_weights)

    def counts(self) -> tuple[int, int]:
        return self.total, self.fixed


def measure(name: str, **widths: Any) -> dict[str, Any]:
    """The numbers of one application; see `kspec.catalog.applications.Sizes`.

    Args:
        name: The application.
        **widths: Arguments that change the widths of its layers.
    """
    import keras

    build = functools.partial(getattr(keras.applications, name), **widths)
    smallest, small = _smallest(build)
    features = small.output[-1]
    assert isinstance(features, int)
    any_channels = _builds(build, include_top=False, input_shape=(smallest, smallest, 4))
    bare = {"include_preprocessing": False} if "include_preprocessing" in inspect.signature(build).parameters else {}
    plain = {} if any_channels else bare
    one = _Model(build, include_top=False, input_shape=(smallest, smallest, 1), pooling="max", **plain)
    four = _Model(build, include_top=False, input_shape=(97, 331, 4), **plain)
    assert one.output == (None, features)
    per_channel = [(b - a) // 3 for a, b in zip(one.counts(), four.counts(), strict=True)]
    parameters = [a - b for a, b in zip(one.counts(), per_channel, strict=True)]
    assert [a + 3 * b for a, b in zip(parameters, per_channel, strict=True)] == list(small.counts())
    offset = _offset(lambda h, w: _Model(build, include_top=False, input_shape=(h, w, 3)).output)
    for model, sizes in ((small, (smallest, smallest)), (four, (97, 331))):
        assert model.output == (None, *((size + offset) // _STRIDE for size in sizes), features)
    open_ended = default = _Model(build, include_top=False, **bare)
    size = default.model.input_shape[1]
    if size is not None:
        open_ended = _Model(build, include_top=False, input_shape=(None, None, 3), **bare)
    assert size is None or default.counts() == small.counts()
    same = open_ended.counts() == small.counts()  # without a size, NASNet is another network
    raw: dict[str, Any] = {
        "smallest": smallest,
        "features": features,
        "rows": offset,
        "rows_of_unknown": _offset_of_unknown(open_ended.model) if same else None,
        "parameters": parameters,
        "per_channel": per_channel,
        "three_channels": not any_channels,
        "size_without_top": size,
    }
    return raw | _top(build, small.counts(), smallest, offset)


def _smallest(build: Callable[..., Any]) -> tuple[int, _Model]:
    """The minimum height and width, and a model of that size."""
    try:
        build(include_top=False, weights=None, input_shape=(1, 1, 3))
        message = ""
    except ValueError as error:
        message = str(error)
    minimum = re.search(r"at least (\d+)x", message)
    assert minimum
    size = int(minimum[1])
    assert not _builds(build, include_top=False, input_shape=(size - 1, size, 3))
    return size, _Model(build, include_top=False, input_shape=(size, size, 3))


def _builds(build: Callable[..., Any], **arguments: Any) -> bool:
    try:
        _Model(build, **arguments)
    except ValueError:
        return False
    return True


def _offset(output_shape: Callable[[int, int], Shape]) -> int:
    """The offset `a` of the rule that an axis of size `n` becomes `(n + a) // 32`.

    Each convolution and pooling maps `n` to `(n + b) // s`, and a chain of them is such a map again. So the rule is
    known once the size is known at which the output grows by one row.

    Args:
        output_shape: Maps a height and a width to the shape of the output.
    """
    low, high = _STRIDE * 8, _STRIDE * 9  # high has one row more than low
    rows = output_shape(low, high)[1]
    assert rows is not None
    assert output_shape(low, high)[2] == rows + 1
    for likely in (high, low + 1):
        here, below = output_shape(likely, likely - 1)[1:3]
        if here == rows + 1 and below == rows:
            return _STRIDE * (rows + 1) - likely
    while high - low > 1:  # one model measures two sizes
        one = low + max(1, (high - low) // 3)
        two = max(one, high - max(1, (high - low) // 3))
        at_one, at_two = output_shape(one, two)[1:3]
        low, high = (low, one) if at_one == rows + 1 else (one, two) if at_two == rows + 1 else (two, high)
    return _STRIDE * (rows + 1) - high


def _offset_of_unknown(model: Any) -> int | None:
    """The offset of a model built without a size; None if it accepts only some sizes."""
    try:
        offset = _offset(lambda h, w: tuple(model.compute_output_shape((1, h, w, 3))))
        for size in _SIZES:
            rows = model.compute_output_shape((1, size, 256, 3))[1]
            assert rows == (size + offset) // _STRIDE, (size, rows, offset)
    except ValueError:
        return None
    return offset


def _top(build: Callable[..., Any], without: tuple[int, int], smallest: int, offset: int) -> dict[str, Any]:
    """The classifier's parameters: a constant, a number per class, and a number per position that it flattens."""
    default = _Model(build)
    size = default.model.input_shape[1]
    side, other = size or 224, max(smallest, 96) + 5
    thousand, ten = default.counts(), _Model(build, classes=10).counts()
    odd = _Model(build, classes=10, input_shape=(other, side, 3))
    assert odd.output == (None, 10)
    per_class = [(a - b) // 990 for a, b in zip(thousand, ten, strict=True)]
    positions = [((n + offset) // _STRIDE) * ((side + offset) // _STRIDE) for n in (side, other)]
    per_position = [(a - b) // (positions[0] - positions[1]) for a, b in zip(ten, odd.counts(), strict=True)]
    top = [
        count - base - 10 * each - positions[0] * place
        for count, base, each, place in zip(ten, without, per_class, per_position, strict=True)
    ]
    for model, classes, count in ((default, 1000, positions[0]), (odd, 10, positions[1])):
        total = [
            b + t + classes * c + count * p for b, t, c, p in zip(without, top, per_class, per_position, strict=True)
        ]
        assert total == list(model.counts())
    return {
        "size": size,
        "imagenet": _imagenet_sides(build, size),
        "top": top,
        "per_class": per_class,
        "per_position": per_position,
    }


def _imagenet_sides(build: Callable[..., Any], size: int | None) -> list[int]:
    """The image sizes that Keras accepts for its weights with the classifier; empty if it accepts all.

    For an accepted size, Keras would download the weights, which is prevented.
    """
    from unittest.mock import patch

    def accepts(side: int) -> bool:
        with patch("keras.src.utils.file_utils.get_file", side_effect=ConnectionAbortedError):
            try:
                build(weights="imagenet", input_shape=(side, side, 3))
            except ConnectionAbortedError:
                return True
            except ValueError:
                return False
        raise AssertionError("nothing was downloaded")

    if accepts(232):
        return []
    return [side for side in _SIDES if accepts(side)] if accepts(160) else [size or 224]


def write_measured(path: Path, about: str, measured: Callable[[str], dict[str, Any]]) -> int:
    """Runs a command that measures applications and updates a file.

    Args:
        path: The file.
        about: What is measured, for `--help`.
        measured: Measures an application; returns entries of the file by name.

    Returns:
        The exit status: 1 if `--check` finds the file stale.
    """
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("name", nargs="*", help="the applications to measure; by default all")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if the data is stale")
    options = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from kspec.catalog import names

    stale = False
    for name in options.name or names("application"):
        for key, entry in measured(name).items():
            print(f"{key}: {entry}", flush=True)
            data = json.loads(path.read_bytes()) if path.exists() else {}
            stale = stale or data.get(key) != json.loads(json.dumps(entry))
            if not options.check:
                path.write_text(render(dict(sorted({**data, key: entry}.items()))), encoding="utf-8")
    return 1 if options.check and stale else 0


def measure_all_widths(name: str) -> dict[str, Any]:
    """The numbers of an application, and of the other widths that Keras has weights for."""
    return {key: measure(name, **widths) for key, widths in all_widths(name).items()}


def all_widths(name: str) -> dict[str, dict[str, Any]]:
    """The names of an application at each width that Keras has weights for → the arguments."""
    return {variant(name, **widths): widths for widths in ({}, *WIDTHS.get(name, []))}


if __name__ == "__main__":
    sys.exit(write_measured(APPLICATION_SIZES, __doc__ or "", measure_all_widths))
