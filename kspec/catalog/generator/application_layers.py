"""The layers with weights in the models of `keras.applications`, which training stages can freeze by name.

All of them take ten minutes: `python -m kspec.catalog.generator.application_layers [NAME …]`.
"""

from __future__ import annotations

import gc
import math
import sys
from itertools import takewhile
from typing import Any

from kspec.catalog.generator.applications import all_widths, write_measured
from kspec.catalog.reader import APPLICATION_LAYERS

Row = tuple[str, int]


def layers_of(name: str, **widths: Any) -> dict[str, Any]:
    """The layers of an application; see `kspec.catalog.applications.inner_layers`."""
    whole, shape = _rows(name, **widths)
    sized = {} if None in shape else {"input_shape": shape}  # without a size, NASNet is another network
    bare, _ = _rows(name, include_top=False, **sized, **widths)
    common = [row for row, _ in takewhile(lambda pair: pair[0] == pair[1], zip(bare, whole, strict=False))]
    count = len(common)
    return {"layers": common, "without_top": bare[count:], "top": [layer for layer, _ in whole[count:]]}


def _rows(name: str, **arguments: Any) -> tuple[list[Row], tuple[int | None, ...]]:
    """The layers' names in a new Keras session with their trainable parameters; and the shape of an image."""
    import keras

    keras.backend.clear_session()
    gc.collect()
    model = getattr(keras.applications, name)(weights=None, **arguments)
    rows = [
        (layer.name, sum(math.prod(weight.shape) for weight in layer.trainable_weights))
        for layer in model.layers
        if layer.weights
    ]
    return rows, tuple(model.input_shape[1:])


def _at_all_widths(name: str) -> dict[str, Any]:
    return {key: layers_of(name, **widths) for key, widths in all_widths(name).items()}


if __name__ == "__main__":
    sys.exit(write_measured(APPLICATION_LAYERS, __doc__ or "", _at_all_widths))
