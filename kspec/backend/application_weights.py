"""The weights that Keras downloads for a model of `keras.applications`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def without_downloads(off: bool = True) -> Iterator[None]:
    """Lets applications be built with random weights in place of those that they download.

    Some of them have other layers with `weights="imagenet"` than without, and a trained model has the weights of those.

    Args:
        off: Whether to do so; else nothing changes.
    """
    if not off:
        yield
        return
    from keras.src.models.model import Model
    from keras.src.utils import file_utils

    get, load = file_utils.get_file, Model.load_weights
    file_utils.get_file = _nothing
    Model.load_weights = _nothing
    try:
        yield
    finally:
        file_utils.get_file, Model.load_weights = get, load


def _nothing(*_: Any, **__: Any) -> None:
    """Neither downloads nor loads."""
